import { join } from 'node:path';
import { DynamoDBClient, type TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import {
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  TransactWriteCommand,
} from '@aws-sdk/lib-dynamodb';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { createDynamoDb } from '../../local/dynamodb/dynamodb.ts';
import type { Wish } from '../../local/gates/read-gate.ts';
import type { Principal, Service } from '../../local/service.ts';
import {
  eventually,
  type HandMade,
  handMadeContext,
  removeDirectories,
  resource,
} from './fixtures/hand-made-context.ts';
import { functionArn, openSmallStage } from './fixtures/small-stage.ts';

const running: HandMade[] = [];
afterEach(async () => {
  for (const stage of running.splice(0)) await stage.stop();
});
afterAll(removeDirectories);

/** A table `Notes` on the real engine, called with no further tries of the SDK. */
async function start() {
  const stage = await handMadeContext([
    resource('AWS::DynamoDB::Table', 'Notes', {
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
    }),
  ]);
  running.push(stage);
  const { context } = stage;
  await stage.start(createDynamoDb(context));
  const client = new DynamoDBClient({ ...stage.sdk, maxAttempts: 1 });
  const db = DynamoDBDocumentClient.from(client);
  const close = (wish: Omit<Wish, 'at'>) => context.gates.close({ at: 'call', ...wish });
  return {
    context,
    close,
    put: (pk: string) => db.send(new PutCommand({ TableName: 'Notes', Item: { pk } })),
    transact: (...pks: string[]) =>
      db.send(
        new TransactWriteCommand({
          TransactItems: pks.map((pk) => ({ Put: { TableName: 'Notes', Item: { pk } } })),
        }),
      ),
    has: async (pk: string) =>
      (await db.send(new GetCommand({ TableName: 'Notes', Key: { pk } }))).Item !== undefined,
  };
}

describe('a call of DynamoDB', () => {
  it.each([
    { do: 'throttle', name: 'ThrottlingException' },
    { do: 'conflict', name: 'TransactionConflictException' },
    { do: 'error', name: 'InternalServerError' },
  ])('meets $do, in the words of AWS, and is not done', async ({ do: what, name }) => {
    const { close, put, has } = await start();
    close({ do: what, what: 'dynamodb:PutItem' });
    await expect(put('a')).rejects.toMatchObject({ name });
    expect(await has('a')).toBe(false);
    await put('a');
    expect(await has('a')).toBe(true);
  });

  it.each([
    { do: 'conflict', reasons: ['TransactionConflict', 'None'] },
    { do: 'throttle', reasons: ['ThrottlingError', 'ThrottlingError'] },
  ])('cancels a transaction with one reason an item: $do', async ({ do: what, reasons }) => {
    const { close, transact, has } = await start();
    close({ do: what });
    const fault: TransactionCanceledException = await transact('a', 'b').then(
      () => expect.fail('It was done'),
      (error) => error,
    );
    expect(fault.name).toBe('TransactionCanceledException');
    expect(fault.CancellationReasons?.map(({ Code }) => Code)).toEqual(reasons);
    expect(await has('a')).toBe(false);
  });

  it.each(['error', 'cut'])('may be done although it ends in: %s', async (what) => {
    const { close, put, has } = await start();
    close({ do: what, when: 'after' });
    await expect(put('a')).rejects.toThrow();
    expect(await has('a')).toBe(true);
  });

  it('may be done long after its caller has given up', async () => {
    const { context, close, put, has } = await start();
    const { id } = close({ do: 'hold', what: 'dynamodb:PutItem' });
    const given = put('late').catch(() => 'given up');
    await eventually(() => context.gates.list()[0]?.acted === 1);
    expect(await has('late')).toBe(false);
    context.gates.open(id);
    await given;
    expect(await has('late')).toBe(true);
  });

  it('is delayed by the clock of the stage', async () => {
    const { context, close, put } = await start();
    close({ do: 'delay', ms: 3_600_000 });
    let isDone = false;
    const delayed = put('a').then(() => {
      isDone = true;
    });
    await eventually(() => context.gates.list()[0]?.acted === 1);
    await put('b');
    expect(isDone).toBe(false);
    context.clock.advance(3_600_000);
    await delayed;
  });

  it('is met by what it is about, in its body', async () => {
    const { close, put, transact } = await start();
    close({ do: 'error', about: '"b"', times: 'always' });
    await put('a');
    await expect(put('b')).rejects.toThrow();
    await expect(transact('a', 'b')).rejects.toThrow();
  });
});

describe('a function', () => {
  const root = join(import.meta.dirname, '../..');
  const caller: Principal = { kind: 'operator', name: 'operator', arn: '', roleArn: '' };

  it.each(['before', 'after'] as const)(
    'is killed at its nth call, %s it is done; its next invocation has a process of its own',
    async (when) => {
      let done = 0;
      const queues: Service = {
        name: 'queues',
        scopes: ['sqs'],
        start: async () => '',
        stop: async () => {},
        handle: async () => {
          done += 1;
          return { status: 200, body: '{}' };
        },
      };
      const code = `
        import { createRequire } from 'node:module';
        const { SQSClient, ListQueuesCommand } = createRequire('${root}/')('@aws-sdk/client-sqs');
        const client = new SQSClient({});
        export const handler = async ({ calls }) => {
          for (let call = 0; call < calls; call += 1) await client.send(new ListQueuesCommand({}));
          return process.pid;
        };`;
      const stage = await openSmallStage({
        functions: { worker: { code, properties: { Timeout: 20 } } },
        services: () => [queues],
      });
      const { gates } = stage.context;
      const invoke = (calls: number) =>
        stage.functions.invoke(functionArn('worker'), JSON.stringify({ calls }), caller);
      const bystander = invoke(0);
      const { payload: firstPid } = await bystander;

      gates.close({ at: 'call', do: 'kill', when, by: 'worker', what: 'sqs:*', nth: 3 });
      expect(await invoke(5)).toMatchObject({ error: 'Unhandled', errorType: 'Runtime.ExitError' });
      expect(done).toBe(when === 'before' ? 2 : 3);
      const { payload: nextPid, error } = await invoke(5);
      expect(error).toBeUndefined();
      expect(nextPid).not.toBe(firstPid);
      await stage.stop();
    },
  );
});
