import type { NotificationRow } from '../../contract/tables.ts';
import { seconds } from '../../rules/connection.ts';
import { log } from '../platform/log.ts';
import type { Reaches } from '../platform/reach.ts';
import { queryUnnumbered, scanUnnumbered } from '../stores/notifications.ts';
import { type DeliverReach, deliver } from './deliver.ts';
import { stampAll } from './stamp.ts';

type NumberReach = DeliverReach & Reaches<{ notifications: 'get' | 'update' }>;
export type RedriveReach = NumberReach & Reaches<{ notifications: 'scan' }>;
export type RedriveTopicReach = NumberReach & Reaches<{ notifications: 'query' }>;

/**
 * Numbers and posts every message that no batch ever did [G1]: an acknowledged publish whose record a
 * stream mapping gave up on would reach nobody else. They come after what was numbered meanwhile, in the
 * order in which they were published. Messages that are only just on their way may be among them: whoever
 * is first numbers them, and clients drop what comes twice. Gives how many there were.
 */
export async function redrive(
  reach: RedriveReach,
  now: number,
): Promise<{ readonly numbered: number }> {
  const found: NotificationRow[] = [];
  for await (const rows of scanUnnumbered(reach)) found.push(...rows.filter(isKept(now)));
  const outcomes = await Promise.allSettled(
    [...Map.groupBy(found, (row) => row.topic)].map(([topic, rows]) =>
      numberAndPost(reach, topic, rows, now),
    ),
  );
  log('notifications.redriven', { messages: found.length });
  // One topic's trouble has not stopped the others; the queue brings it again.
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  return { numbered: found.length };
}

/** The same for one topic, by its key: reads all that it has. */
export async function redriveTopic(
  reach: RedriveTopicReach,
  topic: string,
  now: number,
): Promise<number> {
  const found: NotificationRow[] = [];
  for await (const rows of queryUnnumbered(reach, topic)) found.push(...rows.filter(isKept(now)));
  await numberAndPost(reach, topic, found, now);
  return found.length;
}

const isKept =
  (now: number) =>
  ({ ttl }: NotificationRow): boolean =>
    ttl > seconds(now);

async function numberAndPost(
  reach: NumberReach,
  topic: string,
  rows: readonly NotificationRow[],
  now: number,
): Promise<void> {
  if (rows.length === 0) return;
  const inOrder = rows.toSorted((a, b) => a.at.localeCompare(b.at) || a.id.localeCompare(b.id));
  await deliver(reach, topic, await stampAll(reach, topic, inOrder), now);
}
