import type { ExpressMessage } from '../../contract/internal.ts';
import { type NotificationRow, topicKey } from '../../contract/tables.ts';
import { logDefect } from '../platform/log.ts';
import type { Reaches } from '../platform/reach.ts';
import { getNotifications, markTold } from '../stores/notifications.ts';
import { type DeliverReach, deliver } from './deliver.ts';
import { stampAll } from './stamp.ts';

export type ExpressReach = DeliverReach & Reaches<{ notifications: 'get' | 'update' | 'batchGet' }>;

/**
 * Numbers and posts new messages ahead of their stream, which is slower and loses nothing. What was told to
 * all is marked so, and the stream's function leaves it out. Whatever fails here is the stream's to do, so
 * that nothing is tried again and nobody waits for one topic behind another.
 */
export async function express(
  reach: ExpressReach,
  messages: readonly ExpressMessage[],
  now: number,
  stamp: typeof stampAll = stampAll,
): Promise<void> {
  const byTopic = new Map<string, string[]>();
  for (const { tenant, topics, id } of messages) {
    for (const topic of topics) {
      const key = topicKey(tenant, topic);
      byTopic.set(key, [...(byTopic.get(key) ?? []), id]);
    }
  }
  await Promise.all(
    [...byTopic].map(async ([topic, ids]) => {
      try {
        await tell(reach, topic, ids, now, stamp);
      } catch (fault) {
        logDefect('express.failed', fault, { topic, messages: ids.length });
      }
    }),
  );
}

async function tell(
  reach: ExpressReach,
  topic: string,
  ids: readonly string[],
  now: number,
  stamp: typeof stampAll,
): Promise<void> {
  const rows = await getNotifications(reach, topic, ids);
  const untold = ids.flatMap((id) => {
    const row = rows.get(id);
    return row && !row.told ? [row] : [];
  });
  await deliver(reach, topic, await stamp(reach, topic, untold), now);
  await Promise.all(untold.map(({ id }) => markTold(reach, topic, id)));
}

/** Those that no express has told yet, as their rows stand now: a stream brings them as they were written. */
export async function leaveOutTold(
  reach: Reaches<{ notifications: 'batchGet' }>,
  topic: string,
  messages: readonly NotificationRow[],
): Promise<readonly NotificationRow[]> {
  const rows = await getNotifications(
    reach,
    topic,
    messages.map(({ id }) => id),
  );
  return messages.filter(({ id }) => !rows.get(id)?.told);
}
