import { TRANSACTION_ITEMS } from '../../contract/limits.ts';
import type { SessionName } from '../../contract/tables.ts';
import { inPieces } from '../platform/parallel.ts';
import type { Reaches } from '../platform/reach.ts';
import { transact } from '../platform/transact.ts';
import { deleteSubscription } from '../stores/subscriptions.ts';
import { removeTopics, type Topics, topicsOf } from '../stores/topics.ts';

/**
 * Ends subscriptions. A topic leaves its session and its row goes at once, so that no `subscribe` beside
 * it comes to stand between. Without a row of topics there is nothing to end.
 */
export async function unsubscribe(
  reach: Reaches<{ sessions: 'update'; subscriptions: 'delete' }>,
  session: SessionName,
  topics: readonly string[],
): Promise<void> {
  // Most sessions have none in a further shard: a guess that saves a read, and a wrong one brings the right one.
  let known: Topics = new Map();
  for (const piece of inPieces([...new Set(topics)], TRANSACTION_ITEMS - 1)) {
    for (;;) {
      const outcome = await transact(reach, [
        removeTopics(reach, session, piece, known),
        ...piece.map((topic) =>
          deleteSubscription(reach, session, { topic, shard: known.get(topic) ?? 0 }),
        ),
      ]);
      const row = outcome.isDone ? undefined : outcome.lost[0]?.row;
      if (row === undefined) break;
      known = topicsOf(row);
    }
  }
}
