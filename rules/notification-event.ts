import { type BusEvent, NOTIFICATION_SOURCE, NOTIFICATION_TYPE } from '../contract/events.ts';
import { type NotificationRow, topicOfKey } from '../contract/tables.ts';
import { splice } from './frames.ts';

/** [S1-12] A notification as the bus is told of it: one event for each topic that it was published to. */
export function notificationEvent({
  topic: key,
  id,
  at,
  topics,
  payload,
}: NotificationRow): BusEvent {
  const { tenant, topic } = topicOfKey(key);
  return {
    source: NOTIFICATION_SOURCE,
    type: NOTIFICATION_TYPE,
    detail: splice({ tenant, topic, id, at, topics }, payload),
  };
}
