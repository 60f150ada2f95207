import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { createDynamoDb } from '../../local/dynamodb/dynamodb.ts';
import { createMappings } from '../../local/mappings/mappings.ts';
import { AwsFault } from '../../local/service.ts';
import { queueOf } from '../../local/sqs/queue-registry.ts';
import { createQueues } from '../../local/sqs/queues.ts';
import {
  arnOf,
  eventually,
  type HandMade,
  handMadeContext,
  removeDirectories,
  resource,
  type SeenInvocation,
  temporaryDirectory,
} from './fixtures/hand-made-context.ts';

const TABLE = 'AWS::DynamoDB::Table';
const FUNCTION = 'AWS::Lambda::Function';
const QUEUE = 'AWS::SQS::Queue';
const EventSourceArn = `${arnOf(TABLE, 'Notes')}/stream/2026-01-01T00:00:00.000`;
const FAILURES = arnOf(QUEUE, 'Failures');

const running: HandMade[] = [];

/** A table `Notes` (pk, sk), whose stream goes to `Reader` by a mapping with these properties. */
async function start(properties: object, directory?: string, prepare?: (stage: HandMade) => void) {
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
        StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
      }),
      resource(FUNCTION, 'Reader'),
      resource(QUEUE, 'Failures'),
      resource('AWS::Lambda::EventSourceMapping', 'Mapping', {
        EventSourceArn,
        FunctionName: 'Reader',
        StartingPosition: 'TRIM_HORIZON',
        ...properties,
      }),
    ],
    directory,
  );
  running.push(stage);
  prepare?.(stage);
  const { context } = stage;
  await stage.start(createDynamoDb(context), createQueues(context), createMappings(context));
  const db = DynamoDBDocumentClient.from(new DynamoDBClient({ ...stage.sdk, maxAttempts: 1 }));
  return {
    stage,
    clock: context.clock,
    put: (sk: number, more: object = {}) =>
      db.send(new PutCommand({ TableName: 'Notes', Item: { pk: 'a', sk, ...more } })),
    remove: (sk: number) =>
      db.send(new DeleteCommand({ TableName: 'Notes', Key: { pk: 'a', sk } })),
    parked: () =>
      queueOf(context, FAILURES)
        .receive(10)
        .map(({ body }) => JSON.parse(body)),
  };
}

afterEach(async () => {
  for (const stage of running.splice(0)) await stage.stop();
});
afterAll(removeDirectories);

interface Seen {
  readonly dynamodb: { readonly SequenceNumber: string; readonly Keys: { sk: { N: string } } };
}
const keysOf = ({ payload }: SeenInvocation): number[] =>
  payload.Records.map((record: Seen) => Number(record.dynamodb.Keys.sk.N));
const sequenceOf = ({ payload }: SeenInvocation, key: number): string =>
  payload.Records.find((record: Seen) => Number(record.dynamodb.Keys.sk.N) === key).dynamodb
    .SequenceNumber;
const failing = (...identifiers: string[]) => ({
  batchItemFailures: identifiers.map((itemIdentifier) => ({ itemIdentifier })),
});
const reports = { FunctionResponseTypes: ['ReportBatchItemFailures'] };
const failuresTo = { DestinationConfig: { OnFailure: { Destination: FAILURES } } };

/** Waits for so many invocations; time moves on whenever nothing happens, so that pauses end. */
async function invocations(stage: HandMade, count: number): Promise<number[][]> {
  await eventually(() => {
    if (stage.invocations.length >= count) return true;
    stage.context.clock.advance(1_000);
    return false;
  });
  return stage.invocations.map(keysOf);
}

describe('a stream mapping', () => {
  it('hands records to the function soon after the write, in order', async () => {
    const { stage, put, remove } = await start({});
    await put(1);
    await eventually(() => stage.invocations.length === 1);
    await put(2);
    await remove(1);
    const seen = await eventually(() => {
      const records = stage.invocations.flatMap(({ payload }) => payload.Records);
      return records.length === 3 && records;
    });
    expect(seen.map(({ eventName }) => eventName)).toEqual(['INSERT', 'INSERT', 'REMOVE']);
    expect(seen[0]).toMatchObject({ eventSourceARN: EventSourceArn, eventSource: 'aws:dynamodb' });
    expect(stage.invocations[0]?.caller).toMatchObject({
      kind: 'service',
      name: 'lambda.amazonaws.com',
    });
    const deliveries = stage.context.trace.recent().filter(({ what }) => what === 'stream');
    expect(deliveries[0]).toMatchObject({ by: 'NotesLogical', on: 'ReaderLogical', outcome: 'ok' });
  });

  it('gathers up to its window and its batch size', async () => {
    const { stage, clock, put } = await start({ MaximumBatchingWindowInSeconds: 60, BatchSize: 3 });
    for (const key of [1, 2, 3, 4]) await put(key);
    await eventually(() => stage.invocations.length === 1);
    clock.advance(60_000);
    await eventually(() => stage.invocations.length === 2);
    expect(stage.invocations.map(keysOf)).toEqual([[1, 2, 3], [4]]);
  });

  it('passes over what its filter leaves out, also as numbers that are strings in DynamoDB', async () => {
    const Filters = [
      { Pattern: '{"eventName":["INSERT"],"dynamodb":{"NewImage":{"kind":{"S":["note"]}}}}' },
      { Pattern: '{"dynamodb":{"NewImage":{"size":{"N":[{"numeric":[">",1]}]}}}}' },
    ];
    const { stage, put } = await start({ FilterCriteria: { Filters } });
    await put(1, { kind: 'other', size: 7 });
    await put(2, { kind: 'note' });
    await eventually(() => stage.invocations.length === 1);
    expect(stage.invocations.map(keysOf)).toEqual([[2]]);
  });

  it('begins with what is to come when it starts at LATEST', async () => {
    const directory = temporaryDirectory();
    const first = await start({ Enabled: false }, directory);
    await first.put(1);
    await first.stage.stop();
    const { stage, put } = await start({ StartingPosition: 'LATEST' }, directory);
    await put(2);
    await eventually(() => stage.invocations.length === 1);
    expect(stage.invocations.map(keysOf)).toEqual([[2]]);
  });

  it('delivers a batch again whose function had not ended when the stage did', async () => {
    const directory = temporaryDirectory();
    const first = await start({}, directory);
    first.stage.answer = () => new Promise(() => {});
    await first.put(1);
    await eventually(() => first.stage.invocations.length === 1);
    await first.stage.stop();
    const { stage } = await start({}, directory);
    await eventually(() => stage.invocations.length === 1);
    expect(stage.invocations.map(keysOf)).toEqual([[1]]);
  });

  it('delivers nothing twice that was done when the stage ended', async () => {
    const directory = temporaryDirectory();
    const first = await start({}, directory);
    await first.put(1);
    await eventually(() => first.stage.context.store.get('mappings', 'Mapping') === '1');
    await first.stage.stop();
    const { stage, put } = await start({}, directory);
    await put(2);
    await eventually(() => stage.invocations.length === 1);
    expect(stage.invocations.map(keysOf)).toEqual([[2]]);
  });

  it('keeps the order of each item with several lanes, and runs them side by side', async () => {
    const { stage, put } = await start({ ParallelizationFactor: 4, BatchSize: 1 });
    const written = Promise.withResolvers<void>();
    stage.answer = () => written.promise;
    for (const n of [1, 2, 3]) {
      for (const key of [1, 2, 3, 4, 5, 6, 7, 8]) await put(key, { n });
    }
    expect(await eventually(() => stage.invocations.length > 1)).toBe(true);
    written.resolve();
    await eventually(() => stage.invocations.length === 24);
    for (const key of [1, 2, 3, 4, 5, 6, 7, 8]) {
      const versions = stage.invocations
        .map(({ payload }) => payload.Records[0].dynamodb.NewImage)
        .filter(({ sk }) => Number(sk.N) === key)
        .map(({ n }) => n.N);
      expect(versions).toEqual(['1', '2', '3']);
    }
  });
});

describe('when the function fails', () => {
  const atOnce = { MaximumBatchingWindowInSeconds: 1 };

  it('the batch comes again until it succeeds, and what follows waits', async () => {
    const { stage, put } = await start({ BatchSize: 2, ...atOnce });
    stage.answer = () => {
      if (stage.invocations.length < 3) throw new Error('not yet');
    };
    for (const key of [1, 2, 3]) await put(key);
    expect(await invocations(stage, 4)).toEqual([[1, 2], [1, 2], [1, 2], [3]]);
  });

  it('three retries make four invocations, then the failure queue gets the account of it', async () => {
    const { stage, put, parked } = await start({ MaximumRetryAttempts: 3, ...failuresTo });
    stage.answer = ({ payload }) => {
      if (payload.Records[0].dynamodb.Keys.sk.N === '1') throw new TypeError('poison');
    };
    await put(1);
    await eventually(() => stage.invocations.length === 1);
    await put(2);
    expect(await invocations(stage, 5)).toEqual([[1], [1], [1], [1], [2]]);
    const [first] = stage.invocations;
    const SequenceNumber = first && sequenceOf(first, 1);
    expect(parked()).toEqual([
      {
        version: '1.0',
        timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
        requestContext: {
          requestId: 'request-4',
          functionArn: arnOf(FUNCTION, 'Reader'),
          condition: 'RetryAttemptsExhausted',
          approximateInvokeCount: 4,
        },
        responseContext: {
          statusCode: 200,
          executedVersion: '$LATEST',
          functionError: 'Unhandled',
        },
        DDBStreamBatchInfo: {
          shardId: expect.stringMatching(/^shardId-/),
          startSequenceNumber: SequenceNumber,
          endSequenceNumber: SequenceNumber,
          approximateArrivalOfFirstRecord: expect.stringMatching(/Z$/),
          approximateArrivalOfLastRecord: expect.stringMatching(/Z$/),
          batchSize: 1,
          streamArn: EventSourceArn,
        },
      },
    ]);
  });

  it('bisection finds the one record that is at fault, without using up its retries', async () => {
    const properties = { BisectBatchOnFunctionError: true, MaximumRetryAttempts: 1, BatchSize: 4 };
    const { stage, put, parked } = await start({ ...properties, ...failuresTo, ...atOnce });
    stage.answer = (invocation) => {
      if (keysOf(invocation).includes(3)) throw new Error('poison');
    };
    for (const key of [1, 2, 3, 4]) await put(key);
    expect(await invocations(stage, 6)).toEqual([[1, 2, 3, 4], [1, 2], [3, 4], [3], [3], [4]]);
    expect(parked()).toMatchObject([{ DDBStreamBatchInfo: { batchSize: 1 } }]);
  });

  it('what it reported comes again, with all that followed, from the lowest on', async () => {
    const { stage, put } = await start({ BatchSize: 4, ...reports, ...atOnce });
    stage.answer = (invocation) => {
      if (stage.invocations.length > 1) return {};
      return failing(sequenceOf(invocation, 4), sequenceOf(invocation, 2));
    };
    for (const key of [1, 2, 3, 4]) await put(key);
    expect(await invocations(stage, 2)).toEqual([
      [1, 2, 3, 4],
      [2, 3, 4],
    ]);
  });

  it('reports that fail for good park the rest, without a function error', async () => {
    const properties = { MaximumRetryAttempts: 1, BatchSize: 2 };
    const { stage, put, parked } = await start({
      ...properties,
      ...reports,
      ...failuresTo,
      ...atOnce,
    });
    stage.answer = () => failing('');
    for (const key of [1, 2]) await put(key);
    await invocations(stage, 2);
    expect(await eventually(() => parked()[0])).toMatchObject({
      requestContext: { condition: 'RetryAttemptsExhausted', approximateInvokeCount: 2 },
      responseContext: { functionError: null },
    });
  });

  it('records above the maximum age are given up', async () => {
    const { stage, put, parked, clock } = await start({
      MaximumRecordAgeInSeconds: 60,
      ...failuresTo,
    });
    stage.answer = () => {
      throw new Error('never');
    };
    await put(1);
    await eventually(() => stage.invocations.length === 1);
    const account = await eventually(() => {
      clock.advance(20_000);
      return parked()[0];
    });
    expect(account).toMatchObject({ requestContext: { condition: 'EventAgeExceeded' } });
  });

  it('being throttled uses up no retry', async () => {
    const { stage, put, parked } = await start({ MaximumRetryAttempts: 0, ...failuresTo });
    stage.answer = () => {
      if (stage.invocations.length < 3) {
        throw new AwsFault('TooManyRequestsException', 'Rate Exceeded.', 429);
      }
    };
    await put(1);
    expect(await invocations(stage, 3)).toEqual([[1], [1], [1]]);
    expect(parked()).toEqual([]);
    expect(stage.warnings).toEqual(['Test/Mapping waits: Rate Exceeded.']);
  });
});

describe('a stream mapping stops the start with a sentence', () => {
  it.each([
    `dynamodb:DescribeStream ${EventSourceArn}`,
    `dynamodb:GetRecords ${EventSourceArn}`,
    `dynamodb:GetShardIterator ${EventSourceArn}`,
    `dynamodb:ListStreams ${EventSourceArn}`,
    `sqs:SendMessage ${FAILURES}`,
  ])('when the role lacks %s', async (right) => {
    const starting = start(failuresTo, undefined, ({ denied }) => denied.add(right));
    const [action, arn] = right.split(' ');
    await expect(starting).rejects.toThrow(
      `Mapping Test/Mapping cannot work: the role of ReaderLogical lacks ${action} on ${arn}. Grant it`,
    );
  });

  it.each([
    ['a setting it does not run', { TumblingWindowInSeconds: 9 }, 'TumblingWindowInSeconds'],
    [
      'a filter that AWS refuses',
      { FilterCriteria: { Filters: [{ Pattern: '{"eventName":"INSERT"}' }] } },
      'filter that AWS would refuse',
    ],
    [
      'a stream of no table',
      { EventSourceArn: `${arnOf(TABLE, 'Nowhere')}/stream/x` },
      'No table of the template has the stream',
    ],
    ['a function that is not there', { FunctionName: 'Nobody' }, 'no function of the template'],
    [
      'another kind of failure destination',
      { DestinationConfig: { OnFailure: { Destination: 'arn:aws:sns:us-east-1:0:topic' } } },
      'SQS queues only',
    ],
  ])('when it has %s', async (_, properties, sentence) => {
    await expect(start(properties)).rejects.toThrow(sentence);
  });
});
