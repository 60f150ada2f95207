import { QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import {
  type SessionName,
  type SubscriptionRow,
  subscriberKey,
  topicKey,
} from '../../contract/tables.ts';
import type { Reaches } from '../platform/reach.ts';
import type { TransactItem } from '../platform/transact.ts';
import { ex, holds, selecting, updating } from './expression.ts';

type Reach<Rights extends 'query' | 'update' | 'delete'> = Reaches<{
  subscriptions: Rights;
}>;

const keyOf = ({ tenant, userId, sessionId }: SessionName, topic: string) => ({
  topic: topicKey(tenant, topic),
  subscriber: subscriberKey(userId, sessionId),
});

/** An active subscription of this life, whether there was a row before or not; false when a later one has it. */
export const putSubscription = (
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
        ...updating(
          ex`SET #life = ${life} REMOVE #ttl`,
          ex`attribute_not_exists(#life) OR #life <= ${life}`,
        ),
      }),
    ),
  );

export const deleteSubscription = (
  reach: Reach<'delete'>,
  session: SessionName,
  topic: string,
): TransactItem => ({
  Delete: { TableName: reach.tables.subscriptions.name, Key: keyOf(session, topic) },
});

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
