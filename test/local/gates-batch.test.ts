import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { createDynamoDb } from '../../local/dynamodb/dynamodb.ts';
import type { Wish } from '../../local/gates/read-gate.ts';
import { createMappings } from '../../local/mappings/mappings.ts';
import { queueOf } from '../../local/sqs/queue-registry.ts';
import { createQueues } from '../../local/sqs/queues.ts';
import {
  arnOf,
  eventually,
  type HandMade,
  handMadeContext,
  removeDirectories,
  resource,
  temporaryDirectory,
} from './fixtures/hand-made-context.ts';

const TABLE = 'AWS::DynamoDB::Table';
const QUEUE = 'AWS::SQS::Queue';
const MAPPING = 'AWS::Lambda::EventSourceMapping';

const running: HandMade[] = [];
afterEach(async () => {
  for (const stage of running.splice(0)) await stage.stop();
});
afterAll(removeDirectories);

// biome-ignore lint/suspicious/noExplicitAny: records of streams and of queues
const nameOf = ({ body, dynamodb }: any): string =>
  body ?? `${dynamodb.Keys.pk.S}${dynamodb.Keys.sk.N}`;

/** A table `Notes` and a queue `Work`, each read by a function of its own. */
async function start(directory?: string) {
  const stage = await handMadeContext(
    [
      resource(TABLE, 'Notes', {
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
        AttributeDefinitions: [
          { AttributeName: 'pk', AttributeType: 'S' },
          { AttributeName: 'sk', AttributeType: 'N' },
        ],
        StreamSpecification: { StreamViewType: 'NEW_IMAGE' },
      }),
      resource(QUEUE, 'Work', { VisibilityTimeout: 30 }),
      resource('AWS::Lambda::Function', 'Reader'),
      resource('AWS::Lambda::Function', 'Worker'),
      resource(MAPPING, 'Stream', {
        EventSourceArn: `${arnOf(TABLE, 'Notes')}/stream/2026-01-01T00:00:00.000`,
        FunctionName: 'Reader',
        StartingPosition: 'TRIM_HORIZON',
        // Time does not pass by itself for this: what was put comes in one batch.
        MaximumBatchingWindowInSeconds: 1,
      }),
      resource(MAPPING, 'Queue', {
        EventSourceArn: arnOf(QUEUE, 'Work'),
        FunctionName: 'Worker',
      }),
    ],
    directory,
  );
  running.push(stage);
  const { context } = stage;
  await stage.start(createDynamoDb(context), createQueues(context), createMappings(context));
  const db = DynamoDBDocumentClient.from(new DynamoDBClient({ ...stage.sdk, maxAttempts: 1 }));
  const queue = queueOf(context, arnOf(QUEUE, 'Work'));
  return {
    stage,
    queue,
    clock: context.clock,
    gates: context.gates,
    close: (wish: Wish) => context.gates.close(wish),
    put: async (pk: string, ...sks: number[]) => {
      for (const sk of sks) {
        await db.send(new PutCommand({ TableName: 'Notes', Item: { pk, sk, n: Math.random() } }));
      }
    },
    /** What the stream's function was handed, an invocation after the other; time moves on meanwhile. */
    handed: async (count: number): Promise<string[][]> => {
      await eventually(() => {
        if (stage.invocations.length >= count) return true;
        context.clock.advance(1_000);
        return false;
      });
      return stage.invocations.map(({ payload }) => payload.Records.map(nameOf));
    },
  };
}

describe('a batch of a stream', () => {
  it('comes again although it has succeeded', async () => {
    const { close, put, handed } = await start();
    close({ at: 'batch', by: 'Reader*', what: 'Notes*', do: 'repeat', more: 2 });
    await put('a', 1, 2);
    expect(await handed(3)).toEqual([
      ['a1', 'a2'],
      ['a1', 'a2'],
      ['a1', 'a2'],
    ]);
    await put('a', 3);
    expect((await handed(4)).slice(3)).toEqual([['a3']]);
  });

  it('comes twice at once', async () => {
    const { stage, close, put, handed } = await start();
    let together = 0;
    let most = 0;
    const both = Promise.withResolvers<void>();
    stage.answer = async () => {
      together += 1;
      most = Math.max(most, together);
      if (together === 2) both.resolve();
      await both.promise;
      together -= 1;
    };
    close({ at: 'batch', do: 'overlap' });
    await put('a', 1);
    expect(await handed(2)).toEqual([['a1'], ['a1']]);
    expect(most).toBe(2);
  });

  it.each([
    { when: 'before', invocations: 1 },
    { when: 'after', invocations: 2 },
  ] as const)('is taken for failed, and tried again: $when', async ({ when, invocations }) => {
    const { close, gates, put, handed } = await start();
    close({ at: 'batch', do: 'error', when });
    await put('a', 1);
    expect(await handed(invocations)).toEqual(Array(invocations).fill(['a1']));
    expect(gates.list()).toMatchObject([{ matched: 2, acted: 1 }]);
  });

  it('waits until its gate is opened', async () => {
    const { stage, clock, close, gates, put, handed } = await start();
    const { id } = close({ at: 'batch', do: 'hold' });
    await put('a', 1);
    await eventually(() => {
      clock.advance(1_000);
      return gates.list()[0]?.acted === 1;
    });
    clock.advance(3_600_000);
    expect(stage.invocations).toEqual([]);
    gates.open(id);
    expect(await handed(1)).toEqual([['a1']]);
  });

  it('comes in another order, which only each item keeps', async () => {
    const { close, put, handed, stage } = await start();
    close({ at: 'batch', do: 'reorder', times: 'always', seed: 3 });
    await put('a', 1, 2, 3, 4);
    await put('b', 1, 2, 3, 4);
    await put('a', 1, 2);
    const [order = []] = await handed(1);
    const records = stage.invocations[0]?.payload.Records;
    expect(order).not.toEqual([...order].sort());
    expect([...order].sort().join()).toBe('a1,a1,a2,a2,a3,a4,b1,b2,b3,b4');
    const sequences = (key: string) =>
      order.flatMap((name, at) => (name === key ? [records[at].dynamodb.SequenceNumber] : []));
    for (const key of ['a1', 'a2']) {
      expect(sequences(key)).toHaveLength(2);
      expect(sequences(key)).toEqual(sequences(key).toSorted());
    }
  });
});

describe('a shard that splits', () => {
  it('has two readers, by item, that do not wait for each other; nothing is lost or doubled', async () => {
    const { stage, close, clock, put, handed } = await start();
    await put('a', 1);
    await handed(1);
    close({ at: 'shard', do: 'split', what: 'Notes*' });
    const held = Promise.withResolvers<void>();
    const first = Promise.withResolvers<void>();
    let batches = 0;
    stage.answer = async () => {
      batches += 1;
      if (batches === 1) return held.promise;
      first.resolve();
    };
    await put('a', 2, 3, 4, 5, 6, 7, 8, 9);
    await eventually(() => {
      clock.advance(1_000);
      return batches === 2;
    });
    await first.promise;
    held.resolve();
    const all = (await handed(3)).flat();
    expect(all.toSorted()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9].map((sk) => `a${sk}`));
  });

  it('is one again at the next start, from where the later half had got', async () => {
    const directory = temporaryDirectory();
    const before = await start(directory);
    before.close({ at: 'shard', do: 'split' });
    await before.put('a', 1, 2, 3, 4);
    await before.handed(2);
    await before.stage.stop();
    running.length = 0;
    const after = await start(directory);
    await after.put('a', 5);
    const handed = (await after.handed(1)).flat();
    expect(handed.at(-1)).toBe('a5');
  });
});

describe('a batch of a queue', () => {
  const message = (body: string) => ({ body, attributes: {}, senderId: '' });

  it('comes again although it has succeeded, and late', async () => {
    const { stage, queue, close, clock, handed } = await start();
    close({ at: 'batch', what: 'Work*', do: 'repeat' });
    queue.send(message('once'));
    expect(await handed(2)).toEqual([['once'], ['once']]);
    close({ at: 'batch', what: 'Work*', do: 'delay', ms: 20_000 });
    queue.send(message('late'));
    await eventually(() => queue.counts().inFlight === 1);
    expect(stage.invocations).toHaveLength(2);
    clock.advance(20_000);
    expect((await handed(3)).at(2)).toEqual(['late']);
    await eventually(() => queue.counts().inFlight === 0);
  });
});
