import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { createMappings } from '../../local/mappings/mappings.ts';
import { queueOf } from '../../local/sqs/queue-registry.ts';
import { createQueues } from '../../local/sqs/queues.ts';
import {
  arnOf,
  eventually,
  type HandMade,
  handMadeContext,
  queueUrl,
  removeDirectories,
  resource,
  type SeenInvocation,
} from './fixtures/hand-made-context.ts';

const QUEUE = 'AWS::SQS::Queue';
const EventSourceArn = arnOf(QUEUE, 'Work');
const running: HandMade[] = [];

async function start(properties: object = {}, timeout = 3) {
  const stage = await handMadeContext([
    resource(QUEUE, 'Work', { VisibilityTimeout: 30 }),
    resource('AWS::Lambda::Function', 'Worker', { Timeout: timeout }),
    resource('AWS::Lambda::EventSourceMapping', 'Mapping', {
      EventSourceArn,
      FunctionName: 'Worker',
      ...properties,
    }),
  ]);
  running.push(stage);
  const { context } = stage;
  await stage.start(createQueues(context), createMappings(context));
  const sqs = new SQSClient({ ...stage.sdk, maxAttempts: 1, useQueueUrlAsEndpoint: false });
  const queue = queueOf(context, EventSourceArn);
  return {
    stage,
    queue,
    clock: context.clock,
    send: (MessageBody: string, more: object = {}) =>
      sqs.send(new SendMessageCommand({ QueueUrl: queueUrl('Work'), MessageBody, ...more })),
    isEmpty: () => Object.values(queue.counts()).every((count) => count === 0),
  };
}

afterEach(async () => {
  for (const stage of running.splice(0)) await stage.stop();
});
afterAll(removeDirectories);

const bodiesOf = ({ payload }: SeenInvocation): string[] =>
  payload.Records.map(({ body }: { body: string }) => body);

describe('a queue mapping', () => {
  it('hands messages over in the shape that Lambda has, and deletes them', async () => {
    const { stage, send, isEmpty } = await start();
    const MessageAttributes = { kind: { DataType: 'String', StringValue: 'x' } };
    const { MessageId } = await send('hello', { MessageAttributes });
    await eventually(() => stage.invocations.length === 1);
    expect(stage.invocations[0]?.payload).toEqual({
      Records: [
        {
          messageId: MessageId,
          receiptHandle: expect.any(String),
          body: 'hello',
          attributes: {
            ApproximateReceiveCount: '1',
            SentTimestamp: expect.stringMatching(/^\d+$/),
            SenderId: 'Reader',
            ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d+$/),
          },
          messageAttributes: {
            kind: {
              stringValue: 'x',
              stringListValues: [],
              binaryListValues: [],
              dataType: 'String',
            },
          },
          md5OfBody: '5d41402abc4b2a76b9719d911017c592',
          md5OfMessageAttributes: expect.stringMatching(/^[0-9a-f]{32}$/),
          eventSource: 'aws:sqs',
          eventSourceARN: EventSourceArn,
          awsRegion: 'us-east-1',
        },
      ],
    });
    await eventually(isEmpty);
  });

  it('hands a delayed message over when its time has come', async () => {
    const { stage, send, clock } = await start();
    await send('later', { DelaySeconds: 5 });
    clock.advance(4_000);
    expect(stage.invocations).toEqual([]);
    clock.advance(1_000);
    await eventually(() => stage.invocations.length === 1);
  });

  it('gives a failed batch back after the visibility timeout', async () => {
    const { stage, send, clock, isEmpty } = await start();
    stage.answer = () => {
      if (stage.invocations.length === 1) throw new Error('not yet');
    };
    await send('again');
    await eventually(() => stage.invocations.length === 1);
    clock.advance(29_000);
    expect(stage.invocations).toHaveLength(1);
    clock.advance(2_000);
    await eventually(isEmpty);
    expect(stage.invocations[1]?.payload.Records[0].attributes.ApproximateReceiveCount).toBe('2');
  });

  it('keeps only what the function reported as failed', async () => {
    const { stage, send, queue } = await start({
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      MaximumBatchingWindowInSeconds: 1,
      BatchSize: 2,
    });
    stage.answer = ({ payload }) => ({
      batchItemFailures: [{ itemIdentifier: payload.Records[1].messageId }],
    });
    for (const body of ['good', 'bad']) await send(body);
    await eventually(() => stage.invocations.length === 1);
    expect(await eventually(() => queue.counts().inFlight === 1)).toBe(true);
  });

  it('runs no more batches at once than its maximum concurrency', async () => {
    const { stage, send, isEmpty } = await start({
      ScalingConfig: { MaximumConcurrency: 2 },
      BatchSize: 1,
    });
    const waiting: Array<() => void> = [];
    stage.answer = () => new Promise<void>((resolve) => waiting.push(resolve));
    for (const body of ['a', 'b', 'c']) await send(body);
    await eventually(() => waiting.length === 2);
    expect(stage.invocations.map(bodiesOf)).toEqual([['a'], ['b']]);
    waiting.shift()?.();
    await eventually(() => waiting.length === 2);
    for (const finish of waiting) finish();
    await eventually(isEmpty);
    expect(stage.invocations).toHaveLength(3);
  });

  it('deletes unseen what its filter leaves out', async () => {
    const Filters = [{ Pattern: '{"body":{"kind":["wanted"]}}' }];
    const { stage, send, isEmpty } = await start({ FilterCriteria: { Filters } });
    await send('{"kind":"other"}');
    await send('{"kind":"wanted"}');
    await eventually(isEmpty);
    expect(stage.invocations.map(bodiesOf)).toEqual([['{"kind":"wanted"}']]);
  });

  it('does nothing when it is disabled', async () => {
    const { stage, send, queue } = await start({ Enabled: false });
    await send('unread');
    expect(queue.counts().visible).toBe(1);
    expect(stage.invocations).toEqual([]);
  });

  it('that AWS would refuse stops the start with a sentence', async () => {
    await expect(start({}, 60)).rejects.toThrow(
      'the visibility timeout of Test/Work (30 s) is shorter than the timeout of WorkerLogical (60 s)',
    );
    await expect(start({ BatchSize: 11 })).rejects.toThrow('needs MaximumBatchingWindowInSeconds');
    await expect(start({ EventSourceArn: 'arn:aws:kinesis:x' })).rejects.toThrow(
      'reads DynamoDB streams and SQS queues only',
    );
  });
});
