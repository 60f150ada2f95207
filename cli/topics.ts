import { GetCommand, paginateQuery, paginateScan } from '@aws-sdk/lib-dynamodb';
import { DEFAULT_TENANT } from '../contract/names.ts';
import { HEAD_ID, type HeadRow, topicKey, topicOfKey } from '../contract/tables.ts';
import { openDocuments } from '../operator/aws.ts';
import type { Place } from '../operator/place.ts';
import type { Command } from './command.ts';

const list: Command = {
  usage: '[--tenant T]',
  says: 'topics that ever had a message, with their newest number; reads the whole table',
  options: ['tenant'],
  async run(place, { options: { tenant } }) {
    const found: { tenant: string; topic: string; head: number; epoch: string }[] = [];
    for await (const row of everyHead(place)) {
      const name = topicOfKey(row.topic);
      if (tenant !== undefined && name.tenant !== tenant) continue;
      found.push({ ...name, head: row.head, epoch: row.epoch });
    }
    found.sort((a, b) => topicKey(a.tenant, a.topic).localeCompare(topicKey(b.tenant, b.topic)));
    return { json: { topics: found }, rows: found, sentence: `${found.length} topics` };
  },
};

async function* everyHead(place: Place): AsyncGenerator<HeadRow> {
  const pages = paginateScan(
    { client: openDocuments(place) },
    {
      TableName: place.output('NotificationsTableName'),
      FilterExpression: '#id = :head',
      ExpressionAttributeNames: { '#id': 'id' },
      ExpressionAttributeValues: { ':head': HEAD_ID },
    },
  );
  for await (const page of pages) yield* (page.Items ?? []) as HeadRow[];
}

const get: Command = {
  usage: 'TOPIC [--tenant T]',
  says: 'its newest number, and how many sessions listen to it',
  options: ['tenant'],
  words: [1, 1],
  async run(place, { words: [topic = ''], options: { tenant = DEFAULT_TENANT } }) {
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
    return { json: { tenant, topic, head, epoch, subscribers: active, dormant } };
  },
};

export async function countSubscribers(place: Place, key: string) {
  const counts = { active: 0, dormant: 0 };
  const pages = paginateQuery(
    { client: openDocuments(place) },
    {
      TableName: place.output('SubscriptionsTableName'),
      KeyConditionExpression: 'topic = :topic',
      ExpressionAttributeValues: { ':topic': key },
    },
  );
  for await (const page of pages) {
    for (const { ttl } of page.Items ?? []) counts[ttl === undefined ? 'active' : 'dormant'] += 1;
  }
  return counts;
}

export const topics = { ls: list, get };
