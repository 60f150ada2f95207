import {
  BatchWriteCommand,
  type BatchWriteCommandInput,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { BATCH_WRITE_ITEMS } from '../../contract/limits.ts';
import {
  type SessionName,
  type SubscriptionRow,
  subscriberKey,
  topicKey,
} from '../../contract/tables.ts';
import { inPieces } from '../platform/parallel.ts';
import type { Reaches } from '../platform/reach.ts';
import type { TransactItem } from '../platform/transact.ts';
import { ex, holds, selecting, updating } from './expression.ts';

type Reach<Rights extends 'query' | 'update' | 'delete' | 'batchWrite'> = Reaches<{
  subscriptions: Rights;
}>;

const keyOf = ({ tenant, userId, sessionId }: SessionName, topic: string) => ({
  topic: topicKey(tenant, topic),
  subscriber: subscriberKey(userId, sessionId),
});

/** Active subscriptions of this life, whether there was a row before or not. */
export const putSubscriptions = (
  reach: Reach<'batchWrite'>,
  session: SessionName,
  life: number,
  topics: readonly string[],
): Promise<void> =>
  write(
    reach,
    topics.map((topic) => {
      const Item: SubscriptionRow = { ...keyOf(session, topic), life };
      return { PutRequest: { Item } };
    }),
  );

export const deleteSubscription = (
  reach: Reach<'delete'>,
  session: SessionName,
  topic: string,
): TransactItem => ({
  Delete: { TableName: reach.tables.subscriptions.name, Key: keyOf(session, topic) },
});

type WriteRequest = NonNullable<BatchWriteCommandInput['RequestItems']>[string][number];

async function write(
  { documents, tables }: Reach<'batchWrite'>,
  requests: readonly WriteRequest[],
): Promise<void> {
  const table = tables.subscriptions.name;
  const writePiece = async (piece: WriteRequest[]): Promise<void> => {
    let left: WriteRequest[] | undefined = piece;
    while (left !== undefined && left.length > 0) {
      const { UnprocessedItems }: { UnprocessedItems?: Record<string, WriteRequest[]> } =
        await documents.send(new BatchWriteCommand({ RequestItems: { [table]: left } }));
      left = UnprocessedItems?.[table];
    }
  };
  await Promise.all(inPieces(requests, BATCH_WRITE_ITEMS).map(writePiece));
}

/** Makes a subscription of an ended life, or of one before, dormant; false when a later one has it. */
export const makeDormant = (
  reach: Reach<'update'>,
  session: SessionName,
  topic: string,
  life: number,
  ttl: number,
): Promise<boolean> =>
  holds(() =>
    reach.documents.send(
      new UpdateCommand({
        TableName: reach.tables.subscriptions.name,
        Key: keyOf(session, topic),
        ...updating(ex`SET #ttl = ${ttl}`, ex`#life <= ${life}`),
      }),
    ),
  );

/** Makes a dormant subscription active in this life; false when it is no more, or a later life has it. */
export const reviveSubscription = (
  reach: Reach<'update'>,
  session: SessionName,
  topic: string,
  life: number,
): Promise<boolean> =>
  holds(() =>
    reach.documents.send(
      new UpdateCommand({
        TableName: reach.tables.subscriptions.name,
        Key: keyOf(session, topic),
        ...updating(ex`SET #life = ${life} REMOVE #ttl`, ex`#life <= ${life}`),
      }),
    ),
  );

/** Every subscription to a topic, read consistently: who subscribed before a head was read is among them [G6]. */
export async function* subscribersOf(
  { documents, tables }: Reach<'query'>,
  topic: string,
): AsyncGenerator<SubscriptionRow[]> {
  let from: Record<string, unknown> | undefined;
  do {
    const page = await documents.send(
      new QueryCommand({
        TableName: tables.subscriptions.name,
        ConsistentRead: true,
        ExclusiveStartKey: from,
        ...selecting(ex`#topic = ${topic}`),
      }),
    );
    yield (page.Items ?? []) as SubscriptionRow[];
    from = page.LastEvaluatedKey;
  } while (from);
}
