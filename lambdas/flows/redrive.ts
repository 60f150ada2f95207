import type { NotificationRow } from '../../contract/tables.ts';
import { seconds } from '../../rules/connection.ts';
import { log } from '../platform/log.ts';
import type { Reaches } from '../platform/reach.ts';
import { scanUnnumbered } from '../stores/notifications.ts';
import { type DeliverReach, deliver } from './deliver.ts';
import { stampAll } from './stamp.ts';

export type RedriveReach = DeliverReach & Reaches<{ notifications: 'get' | 'update' | 'scan' }>;

/**
 * Numbers and posts every message that no batch ever did [G1]: an acknowledged publish whose record a
 * stream mapping gave up on would reach nobody else. They come after what was numbered meanwhile, in the
 * order in which they were published. Messages that are only just on their way may be among them: whoever
 * is first numbers them, and clients drop what comes twice.
 */
export async function redrive(reach: RedriveReach, now: number): Promise<void> {
  const found: NotificationRow[] = [];
  for await (const rows of scanUnnumbered(reach)) {
    found.push(...rows.filter(({ ttl }) => ttl > seconds(now)));
  }
  found.sort((a, b) => a.at.localeCompare(b.at) || a.id.localeCompare(b.id));
  const outcomes = await Promise.allSettled(
    [...Map.groupBy(found, (row) => row.topic)].map(async ([topic, rows]) =>
      deliver(reach, topic, await stampAll(reach, topic, rows), now),
    ),
  );
  log('notifications.redriven', { messages: found.length });
  // One topic's trouble has not stopped the others; the queue brings it again.
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}
