import { BatchWriteCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { BATCH_WRITE_ITEMS } from '../../contract/limits.ts';
import { HEAD_ID, type HeadRow, type NotificationRow, topicKey } from '../../contract/tables.ts';
import { inParallel } from '../../lambdas/platform/parallel.ts';
import { seconds } from '../../rules/connection.ts';
import { operatorDocuments } from '../../test/support/people.ts';
import type { Place } from '../../test/support/place.ts';
import { until } from '../../test/support/until.ts';

/** Spread, so that several topics are stamped in one batch of the stream. */
const TOPICS = 10;

/** Writes so many messages that nobody listens to, and waits until the fan-out has stamped them all. */
export async function preload(place: Place, tenant: string, messages: number): Promise<void> {
  const documents = operatorDocuments(place);
  const table = place.outputs.NotificationsTableName ?? '';
  const now = Date.now();
  const topics = Array.from({ length: TOPICS }, (_, at) => `older-${at}`);
  const rowAt = (at: number): NotificationRow => {
    const topic = topics[at % TOPICS] ?? '';
    return {
      topic: topicKey(tenant, topic),
      id: `older-${at}`,
      payload: JSON.stringify({ name: 'Rex', price: at }),
      at: new Date(now).toISOString(),
      ttl: seconds(now) + 3600,
      topics: [topic],
    };
  };
  const starts = Array.from({ length: messages / BATCH_WRITE_ITEMS }, (_, at) => at);
  await inParallel(starts, 4, async (start) => {
    const requests = Array.from({ length: BATCH_WRITE_ITEMS }, (_, at) => ({
      PutRequest: { Item: rowAt(start * BATCH_WRITE_ITEMS + at) },
    }));
    await documents.send(new BatchWriteCommand({ RequestItems: { [table]: requests } }));
  });
  const stampedOf = async (topic: string): Promise<number> => {
    const { Items } = await documents.send(
      new QueryCommand({
        TableName: table,
        KeyConditionExpression: 'topic = :topic AND id = :head',
        ExpressionAttributeValues: { ':topic': topicKey(tenant, topic), ':head': HEAD_ID },
      }),
    );
    return (Items?.[0] as HeadRow | undefined)?.head ?? 0;
  };
  const areStamped = async () => {
    const stamped = await Promise.all(topics.map(stampedOf));
    return stamped.reduce((sum, each) => sum + each, 0) === messages || undefined;
  };
  await until(areStamped, `${messages} older messages stamped`, 90_000);
}
