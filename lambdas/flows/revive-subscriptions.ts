import { SUBSCRIPTIONS_AT_ONCE } from '../../contract/limits.ts';
import type { SessionName } from '../../contract/tables.ts';
import { inParallel } from '../platform/parallel.ts';
import type { Reaches } from '../platform/reach.ts';
import { markRevived } from '../stores/sessions.ts';
import { reviveSubscription } from '../stores/subscriptions.ts';
import { getTopics, keepTopics } from '../stores/topics.ts';

/**
 * Makes the dormant subscriptions of a session active again, before its client gets a reply [S1-09].
 * Each comes under this life, so that a late end of the last one cannot touch it; one that an
 * `unsubscribe` has ended meanwhile stays ended.
 */
export async function reviveSubscriptions(
  reach: Reaches<{ sessions: 'get' | 'update'; subscriptions: 'update' }>,
  session: SessionName,
  life: number,
): Promise<void> {
  await keepTopics(reach, session, life);
  const topics = await getTopics(reach, session);
  await inParallel([...topics], SUBSCRIPTIONS_AT_ONCE, ([topic, shard]) =>
    reviveSubscription(reach, session, { topic, shard }, life),
  );
  await markRevived(reach, session, life);
}
