import type { SessionName } from '../../contract/tables.ts';
import type { Reaches } from '../platform/reach.ts';
import { markRevived } from '../stores/sessions.ts';
import { putSubscriptions } from '../stores/subscriptions.ts';
import { getTopics, keepTopicsUntil } from '../stores/topics.ts';

/**
 * Makes the dormant subscriptions of a session active again, before its client gets a reply [S1-09].
 * Each is written anew under this life, so that a late end of the last one cannot touch it.
 */
export async function reviveSubscriptions(
  reach: Reaches<{ sessions: 'get' | 'update'; subscriptions: 'batchWrite' }>,
  session: SessionName,
  life: string,
): Promise<void> {
  await keepTopicsUntil(reach, session, undefined);
  const topics = await getTopics(reach, session);
  await putSubscriptions(reach, session, life, [...topics]);
  await markRevived(reach, session, life);
}
