import type { PlayerRow, SessionRow } from '../../contract/tables.ts';
import { followSession } from '../flows/follow-session.ts';
import { settings } from '../platform/environment.ts';
import { openEventBus } from '../platform/event-bus.ts';
import { openQueues } from '../platform/queues.ts';
import { streamEdge } from '../platform/stream-edge.ts';

const reach = {
  queues: openQueues('session-stream', { isAlwaysUsed: true }),
  bus: openEventBus('session-stream'),
  graceSeconds: settings.GRACE_SECONDS(),
};

/**
 * What follows from the rows of users and sessions. It comes from the table's stream, so that no crash of
 * whoever wrote the row can lose it.
 */
export const handler = streamEdge<PlayerRow | SessionRow>(
  'sessions',
  ({ player, item }) => `${player}\n${item}`,
  ({ changes }) => followSession(reach, changes),
);
