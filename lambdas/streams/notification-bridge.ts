import type { NotificationRow } from '../../contract/tables.ts';
import { notificationEvent } from '../../rules/notification-event.ts';
import { tell } from '../flows/tell.ts';
import { openEventBus } from '../platform/event-bus.ts';
import { openQueues } from '../platform/queues.ts';
import { streamEdge } from '../platform/stream-edge.ts';

const reach = {
  bus: openEventBus('notification-bridge'),
  queues: openQueues('notification-bridge'),
};

/**
 * [S1-12] New notifications, handed on to the bus. A shard of a stream has room for two readers: the
 * fan-out is one, and this is the other, for everyone else.
 */
export const handler = streamEdge<NotificationRow>(
  'notifications',
  ({ topic }) => topic,
  ({ changes }) =>
    tell(
      reach,
      changes.map(({ row }) => notificationEvent(row)),
    ),
);
