import type { SessionName } from '../../contract/tables.ts';
import type { Reaches } from '../platform/reach.ts';
import { deleteSubscriptions } from '../stores/subscriptions.ts';
import { removeTopics } from '../stores/topics.ts';

/** Ends subscriptions; the delivering rows go first, so that a crash between leaves a topic too many and never one too few. */
export async function unsubscribe(
  reach: Reaches<{ sessions: 'update'; subscriptions: 'batchWrite' }>,
  session: SessionName,
  topics: readonly string[],
): Promise<void> {
  const distinct = new Set(topics);
  await deleteSubscriptions(reach, session, [...distinct]);
  await removeTopics(reach, session, distinct);
}
