import { notificationEnvelope } from '../../contract/events.ts';
import { topicKey } from '../../contract/tables.ts';
import { otherTableName } from '../../lambdas/platform/environment.ts';
import { queueEdge } from '../../lambdas/platform/queue-edge.ts';
import { openDocuments } from '../../lambdas/platform/reach.ts';
import { transact } from '../../lambdas/platform/transact.ts';
import {
  COUNTED_KEPT_SECONDS,
  COUNTS_TABLE_VARIABLE,
  type CountedRow,
  type CountRow,
  countedEntry,
  dayEntry,
} from './rows.ts';

const reach = { documents: openDocuments(), tables: {} };
const TableName = otherTableName(COUNTS_TABLE_VARIABLE);

/**
 * [S1-12] Counts the notifications of each topic by the day. An event may come twice: that it was
 * counted is written in the transaction that counts it, so it never is again.
 */
export const handler = queueEdge('warehouse', notificationEnvelope, async ({ detail }, now) => {
  const topic = topicKey(detail.tenant, detail.topic);
  const counted: CountedRow = {
    topic,
    entry: countedEntry(detail.id),
    ttl: Math.floor(now / 1000) + COUNTED_KEPT_SECONDS,
  };
  await transact(reach, [
    { Put: { TableName, Item: counted, ConditionExpression: 'attribute_not_exists(topic)' } },
    {
      Update: {
        TableName,
        Key: { topic, entry: dayEntry(detail.at) } satisfies Partial<CountRow>,
        UpdateExpression: 'ADD notifications :one',
        ExpressionAttributeValues: { ':one': 1 },
      },
    },
  ]);
});
