import { QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import {
  type SessionName,
  SHARDS_ID,
  type ShardsRow,
  type SubscriptionRow,
  shardKey,
  subscriberKey,
  topicKey,
} from '../../contract/tables.ts';
import { merged } from '../platform/parallel.ts';
import type { Reaches } from '../platform/reach.ts';
import type { TransactItem } from '../platform/transact.ts';
import { batchGet } from './batch-get.ts';
import { type Expression, ex, holds, selecting, updating } from './expression.ts';

type Reach<Rights extends 'batchGet' | 'query' | 'update' | 'delete'> = Reaches<{
  subscriptions: Rights;
}>;

/** Where a subscription stands: in which shard of its topic, as its session's row of topics has it. */
export interface Place {
  readonly topic: string;
  readonly shard: number;
}

const keyOf = ({ tenant, userId, sessionId }: SessionName, { topic, shard }: Place) => ({
  topic: shardKey(topicKey(tenant, topic), shard),
  subscriber: subscriberKey(userId, sessionId),
});

/** An active subscription of this life, whether there was a row before or not; false when a later one has it. */
export const putSubscription = (
  reach: Reach<'update'>,
  session: SessionName,
  place: Place,
  life: number,
): Promise<boolean> =>
  update(
    reach,
    keyOf(session, place),
    ex`SET #life = ${life} REMOVE #ttl`,
    ex`attribute_not_exists(#life) OR #life <= ${life}`,
  );

export const deleteSubscription = (
  reach: Reach<'delete'>,
  session: SessionName,
  place: Place,
): TransactItem => ({
  Delete: { TableName: reach.tables.subscriptions.name, Key: keyOf(session, place) },
});

/** Makes a subscription of an ended life, or of one before, dormant; false when a later one has it. */
export const makeDormant = (
  reach: Reach<'update'>,
  session: SessionName,
  place: Place,
  life: number,
  ttl: number,
): Promise<boolean> =>
  update(reach, keyOf(session, place), ex`SET #ttl = ${ttl}`, ex`#life <= ${life}`);

/** Makes a dormant subscription active in this life; false when it is no more, or a later life has it. */
export const reviveSubscription = (
  reach: Reach<'update'>,
  session: SessionName,
  place: Place,
  life: number,
): Promise<boolean> =>
  update(reach, keyOf(session, place), ex`SET #life = ${life} REMOVE #ttl`, ex`#life <= ${life}`);

const update = (
  { documents, tables }: Reach<'update'>,
  Key: { readonly topic: string; readonly subscriber: string },
  change: Expression,
  condition: Expression,
): Promise<boolean> =>
  holds(() =>
    documents.send(
      new UpdateCommand({
        TableName: tables.subscriptions.name,
        Key,
        ...updating(change, condition),
      }),
    ),
  );

export interface SubscribersPage {
  readonly rows: readonly SubscriptionRow[];
  /** How many shards the topic has, as far as it was read. */
  readonly shards: number;
}

/**
 * Every subscription to a topic, read consistently: who subscribed before a head was read is among them [G6]. The
 * first shard says how many there are, and whoever is in another one knew of it before: so nobody is missed while
 * a topic grows. A topic of one shard costs what it would without.
 */
export async function* subscribersOf(
  reach: Reach<'query'>,
  topic: string,
): AsyncGenerator<SubscribersPage> {
  let shards = 1;
  for await (const items of shardPages(reach, topic)) {
    shards = items.find(isShards)?.shards ?? shards;
    yield { rows: items.filter(isSubscription), shards };
  }
  const further = Array.from({ length: shards - 1 }, (_, at) =>
    shardPages(reach, shardKey(topic, at + 1)),
  );
  for await (const items of merged(further, SHARDS_READ_AT_ONCE)) {
    yield { rows: items.filter(isSubscription), shards };
  }
}

/** Each is a page of a query ahead of whoever takes them. */
const SHARDS_READ_AT_ONCE = 4;

type ShardItem = SubscriptionRow | ShardsRow;
const isShards = (item: ShardItem): item is ShardsRow => item.subscriber === SHARDS_ID;
const isSubscription = (item: ShardItem): item is SubscriptionRow => !isShards(item);

async function* shardPages(
  { documents, tables }: Reach<'query'>,
  shard: string,
): AsyncGenerator<ShardItem[]> {
  let from: Record<string, unknown> | undefined;
  do {
    const page = await documents.send(
      new QueryCommand({
        TableName: tables.subscriptions.name,
        ConsistentRead: true,
        ExclusiveStartKey: from,
        ...selecting(ex`#topic = ${shard}`),
      }),
    );
    yield (page.Items ?? []) as ShardItem[];
    from = page.LastEvaluatedKey;
  } while (from);
}

/** How many shards each of these topics has, by name; maybe a little behind, which a new subscription may be. */
export async function getShards(
  { documents, tables }: Reach<'batchGet'>,
  tenant: string,
  topics: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const keys = topics.map((topic) => ({ topic: topicKey(tenant, topic), subscriber: SHARDS_ID }));
  const rows = await batchGet(documents, tables.subscriptions.name, keys, { isConsistent: false });
  const shards = new Map((rows as unknown as ShardsRow[]).map((row) => [row.topic, row.shards]));
  return new Map(topics.map((topic) => [topic, shards.get(topicKey(tenant, topic)) ?? 1]));
}

/** From now on a topic has so many shards; false when it has as many already. */
export const raiseShards = (
  reach: Reach<'update'>,
  topic: string,
  shards: number,
): Promise<boolean> =>
  update(
    reach,
    { topic, subscriber: SHARDS_ID },
    ex`SET #shards = ${shards}`,
    ex`attribute_not_exists(#shards) OR #shards < ${shards}`,
  );
