import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { HEAD_ID, type NotificationRow } from '../../contract/tables.ts';
import type { EveryReach } from './engine.ts';

/** Every message of a topic as it stands, read consistently. */
export async function notificationsOf(
  { documents, tables }: EveryReach,
  topic: string,
): Promise<NotificationRow[]> {
  const { Items } = await documents.send(
    new QueryCommand({
      TableName: tables.notifications.name,
      ConsistentRead: true,
      KeyConditionExpression: 'topic = :topic',
      ExpressionAttributeValues: { ':topic': topic },
    }),
  );
  return ((Items ?? []) as NotificationRow[]).filter(({ id }) => id !== HEAD_ID);
}
