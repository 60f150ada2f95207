import { GetCommand, paginateQuery, paginateScan } from '@aws-sdk/lib-dynamodb';
import { DEFAULT_TENANT } from '../contract/names.ts';
import {
  HEAD_ID,
  type HeadRow,
  SHARDS_ID,
  shardKey,
  topicKey,
  topicOfKey,
} from '../contract/tables.ts';
import { openDocuments } from './aws.ts';
import type { Place } from './place.ts';

export interface ListedTopic {
  readonly tenant: string;
  readonly topic: string;
  /** Its newest number. */
  readonly head: number;
  readonly epoch: string;
}

/** Topics that ever had a message; reads the whole table of messages. */
export async function listTopics(place: Place, tenant?: string): Promise<ListedTopic[]> {
  const found: ListedTopic[] = [];
  const pages = paginateScan(
    { client: openDocuments(place) },
    {
      TableName: place.output('NotificationsTableName'),
      FilterExpression: '#id = :head',
      ExpressionAttributeNames: { '#id': 'id' },
      ExpressionAttributeValues: { ':head': HEAD_ID },
    },
  );
  for await (const page of pages) {
    for (const { topic, head, epoch } of (page.Items ?? []) as HeadRow[]) {
      const name = topicOfKey(topic);
      if (tenant === undefined || name.tenant === tenant) found.push({ ...name, head, epoch });
    }
  }
  return found.sort((a, b) =>
    topicKey(a.tenant, a.topic).localeCompare(topicKey(b.tenant, b.topic)),
  );
}

export interface TopicFacts extends Omit<ListedTopic, 'epoch'> {
  readonly epoch?: string;
  /** Sessions that listen to it. */
  readonly subscribers: number;
  /** Those that will again when they come back. */
  readonly dormant: number;
}

export async function topicOf(
  place: Place,
  topic: string,
  tenant = DEFAULT_TENANT,
): Promise<TopicFacts> {
  const key = topicKey(tenant, topic);
  const { Item } = await openDocuments(place).send(
    new GetCommand({
      TableName: place.output('NotificationsTableName'),
      Key: { topic: key, id: HEAD_ID },
      ConsistentRead: true,
    }),
  );
  const { head = 0, epoch } = (Item ?? {}) as Partial<HeadRow>;
  const { active, dormant } = await countSubscribers(place, key);
  return {
    ...{ tenant, topic, head },
    ...(epoch !== undefined && { epoch }),
    ...{ subscribers: active, dormant },
  };
}

export async function countSubscribers(place: Place, key: string) {
  const first = await countInShard(place, key);
  const further = Array.from({ length: first.shards - 1 }, (_, at) => shardKey(key, at + 1));
  const all = [first, ...(await Promise.all(further.map((each) => countInShard(place, each))))];
  return {
    active: all.reduce((sum, { active }) => sum + active, 0),
    dormant: all.reduce((sum, { dormant }) => sum + dormant, 0),
  };
}

async function countInShard(place: Place, key: string) {
  const counts = { active: 0, dormant: 0, shards: 1 };
  const pages = paginateQuery(
    { client: openDocuments(place) },
    {
      TableName: place.output('SubscriptionsTableName'),
      KeyConditionExpression: 'topic = :topic',
      ExpressionAttributeValues: { ':topic': key },
    },
  );
  for await (const page of pages) {
    for (const { subscriber, shards, ttl } of page.Items ?? []) {
      if (subscriber === SHARDS_ID) counts.shards = shards;
      else counts[ttl === undefined ? 'active' : 'dormant'] += 1;
    }
  }
  return counts;
}
