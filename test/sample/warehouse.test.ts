import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { topicKey } from '../../contract/tables.ts';
import { notificationEvent } from '../../rules/notification-event.ts';
import type { handler as CountNotification } from '../../sample/warehouse/count-notification.ts';
import { type Engine, startEngine } from '../support/engine.ts';
import { createSampleTable } from '../support/sample-table.ts';

let engine: Engine;
let countNotification: typeof CountNotification;
const COUNTS = `counts-${process.pid}`;

beforeAll(async () => {
  engine = await startEngine();
  await createSampleTable(engine, COUNTS, 'topic', 'entry');
  Object.assign(process.env, {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_DYNAMODB: engine.endpoint,
    COUNTS_TABLE_NAME: COUNTS,
  });
  ({ handler: countNotification } = await import('../../sample/warehouse/count-notification.ts'));
});
afterAll(() => engine.stop());

interface Message {
  readonly topic: string;
  readonly id: string;
  readonly at?: string;
}

/** As the bus hands them on, all at once. */
const deliver = (messages: readonly Message[]) =>
  countNotification({
    Records: messages.map(({ topic, id, at = '2026-01-01T12:00:00.000Z' }, messageId) => {
      const key = topicKey('default', topic);
      const row = { topic: key, id, at, payload: '{}', ttl: 1, topics: [topic] };
      const { type, source, detail } = notificationEvent(row);
      const event = { 'detail-type': type, source, detail: JSON.parse(detail) };
      return { messageId: String(messageId), body: JSON.stringify(event) };
    }),
  });

async function countOf(topic: string, day = '2026-01-01'): Promise<number> {
  const { Item } = await engine.documents.send(
    new GetCommand({
      TableName: COUNTS,
      Key: { topic: topicKey('default', topic), entry: `day#${day}` },
    }),
  );
  return Item?.notifications ?? 0;
}

it('[S1-12] counts every notification by topic and day', async () => {
  const all = Array.from({ length: 20 }, (_, at) => ({ topic: 'Pet', id: `p${at}` }));
  const tomorrow = { topic: 'Pet', id: 'late', at: '2026-01-02T00:00:00.000Z' };
  expect(await deliver([...all, tomorrow, { topic: 'Order', id: 'o' }])).toEqual({
    batchItemFailures: [],
  });
  expect(
    await Promise.all([countOf('Pet'), countOf('Pet', '2026-01-02'), countOf('Order')]),
  ).toEqual([20, 1, 1]);
});

it('[S1-12] counts one that comes twice once, also when both come at the same time', async () => {
  const twice = { topic: 'Twice', id: 'n1' };
  await deliver([twice, twice, twice]);
  await deliver([twice]);
  expect(await countOf('Twice')).toBe(1);
});

it('counts one message on two topics on both', async () => {
  await deliver([
    { topic: 'Both/a', id: 'n1' },
    { topic: 'Both/b', id: 'n1' },
  ]);
  expect(await Promise.all([countOf('Both/a'), countOf('Both/b')])).toEqual([1, 1]);
});
