import { type BusEvent, NOTIFICATION_SOURCE, NOTIFICATION_TYPE } from '../contract/events.ts';
import { type NotificationRow, topicOfKey } from '../contract/tables.ts';
import { splice } from './frames.ts';

/**
 * [S1-12] A notification as the bus is told of it: one event for each topic that it was published to. Of a
 * message by reference it tells how large the payload is; that stands in its row.
 */
export function notificationEvent(row: NotificationRow): BusEvent {
  const { tenant, topic } = topicOfKey(row.topic);
  const { id, at, topics, payload, bytes } = row;
  const envelope = { tenant, topic, id, at, topics };
  return {
    source: NOTIFICATION_SOURCE,
    type: NOTIFICATION_TYPE,
    detail:
      payload === undefined
        ? JSON.stringify({ ...envelope, bytes })
        : splice(envelope, { payload }),
  };
}
