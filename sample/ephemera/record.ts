import { type PublishReach, publish } from '../../lambdas/flows/publish.ts';
import { ONLINE_TOPIC, type OnlineChange } from './operations.ts';
import type { OnlineRow } from './rows.ts';

/**
 * Keeps a row unless a newer one is there, and tells the pages that listen, in one transaction. Events
 * come at least once and in any order: with the version as the guard, repeated and late ones do nothing.
 *
 * True when it was news.
 */
export async function record(
  publisher: PublishReach,
  TableName: string,
  row: OnlineRow,
  now: number,
): Promise<boolean> {
  const { tenant, player, sessionId, isOnline, since, version } = row;
  const payload: OnlineChange = { player, ...(sessionId && { sessionId }), isOnline, since };
  const { isDone } = await publish(publisher, { tenant, topics: [ONLINE_TOPIC], payload, now }, [
    {
      Put: {
        TableName,
        Item: row,
        ConditionExpression: 'attribute_not_exists(version) OR version < :version',
        ExpressionAttributeValues: { ':version': version },
      },
    },
  ]);
  return isDone;
}
