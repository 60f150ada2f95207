import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { ListQueuesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ParkedAnswer, RedriveAnswer } from '../../contract/connection-manager.ts';
import { publish } from '../../lambdas/flows/publish.ts';
import { newPerson, operatorDocuments, operatorOptions } from '../support/people.ts';
import { openSocket } from '../support/socket.ts';
import { startTestStage } from '../support/stage.ts';
import { until } from '../support/until.ts';

/** A stage of its own, since its clock moves and its fan-out fails. */
let running: Awaited<ReturnType<typeof startTestStage>>;
beforeAll(async () => {
  running = await startTestStage();
}, 60_000);
afterAll(() => running.stop());

async function manage<Body>(action: string, request: object = {}): Promise<Body> {
  const lambda = new LambdaClient(operatorOptions(running.place));
  const { Payload } = await lambda.send(
    new InvokeCommand({
      FunctionName: 'connection-manager',
      Payload: JSON.stringify({ action, ...request }),
    }),
  );
  const { statusCode, body } = JSON.parse(Payload?.transformToString() ?? '');
  expect(statusCode, JSON.stringify(body)).toBe(200);
  return body;
}

it('a message that the fan-out fails on is seen without its number, and a redrive brings it to who listens', async () => {
  const { place, stage } = running;
  const { gates, clock } = stage.context;
  const { token } = await newPerson(place);
  const socket = await openSocket(place.outputs.WebSocketUrl ?? '');
  await socket.ask({ action: 'authenticate', token, sessionId: 'tab' });
  await socket.ask({ action: 'subscribe', topics: ['news'] });

  const gate = gates.close({ at: 'batch', by: '*FanOut*', do: 'error', times: 'always' });
  const name = place.outputs.NotificationsTableName ?? '';
  const reach = {
    documents: operatorDocuments(place),
    tables: { notifications: { name, rights: { put: true } } },
    ...{ retentionSeconds: 3600, express: undefined },
  } as const;
  const { notificationId: id } = await publish(reach, {
    ...{ tenant: 'default', topics: ['news'], payload: 'lost', now: clock.now() },
  });
  await until(
    () => gates.list().find((each) => each.id === gate.id && each.acted > 0),
    'a batch that failed',
  );
  clock.advance(61_000);
  const { topics } = await manage<ParkedAnswer>('get_parked', { unnumbered: true });
  expect(topics).toContainEqual(
    expect.objectContaining({ tenant: 'default', topic: 'news', count: 1 }),
  );

  const answer = await manage<RedriveAnswer>('redrive', { scope: { topic: 'news' } });
  expect(answer).toEqual({ numbered: 1, moved: {}, isWhole: true });
  const heard = await socket.next(({ type }) => type === 'notification');
  expect(heard).toMatchObject({ id, seq: 1, payload: 'lost' });
  gates.open(gate.id);
  await socket.close();
});

it('a message that its function cannot take lies there whole, with the reason; all of it goes back, and lies there again', async () => {
  const { place, stage } = running;
  const client = new SQSClient(operatorOptions(place));
  const { QueueUrls = [] } = await client.send(new ListQueuesCommand({}));
  const QueueUrl = QueueUrls.find(
    (url) => url.includes('QueuesBridgedEvents') && !url.includes('Dead'),
  );
  const poison = { id: 'e1', source: 'shop', tenant: 'default', topics: ['no topic'], payload: 1 };
  await client.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(poison) }));

  const parked = () =>
    until(async () => {
      // Over the time in which a message that failed is nobody's.
      stage.context.clock.advance(200_000);
      const { queues } = await manage<ParkedAnswer>('get_parked');
      const bridged = queues.find(({ queue }) => queue === 'bridged-events');
      return bridged?.parked ? bridged : undefined;
    }, 'the parked message');
  expect(await parked()).toMatchObject({
    ...{ parked: 1, waiting: 0 },
    messages: [{ about: { id: 'e1', topics: ['no topic'] }, reason: 'topic-invalid' }],
  });
  const answer = await manage<RedriveAnswer>('redrive', { scope: 'all' });
  expect(answer.moved).toEqual({ 'bridged-events': 1 });
  expect(await parked()).toMatchObject({ parked: 1, messages: [{ reason: 'topic-invalid' }] });
});
