import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { createQueues } from '../../local/sqs/queues.ts';
import {
  arnOf,
  type HandMade,
  handMadeContext,
  queueUrl,
  removeDirectories,
  resource,
  temporaryDirectory,
} from './fixtures/hand-made-context.ts';

const QUEUE = 'AWS::SQS::Queue';
const QueueUrl = queueUrl('Work');
const DeadUrl = queueUrl('Dead');
const queues = [
  resource(QUEUE, 'Work', {
    VisibilityTimeout: 30,
    RedrivePolicy: { deadLetterTargetArn: arnOf(QUEUE, 'Dead'), maxReceiveCount: 2 },
  }),
  resource(QUEUE, 'Dead'),
  resource(QUEUE, 'Late', { DelaySeconds: 60 }),
];

const running: HandMade[] = [];

async function start(resources = queues, directory?: string) {
  const stage = await handMadeContext(resources, directory);
  running.push(stage);
  await stage.start(createQueues(stage.context));
  const sqs = new SQSClient({ ...stage.sdk, maxAttempts: 1, useQueueUrlAsEndpoint: false });
  const { clock } = stage.context;
  return {
    stage,
    sqs,
    advance: clock.advance,
    send: (MessageBody: string, more: object = {}) =>
      sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, ...more })),
    receive: async (more: object = {}) =>
      (await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, ...more })))
        .Messages ?? [],
  };
}

afterEach(async () => {
  for (const stage of running.splice(0)) await stage.stop();
});
afterAll(removeDirectories);

describe('a queue', () => {
  it('gives what was sent, with attributes and digests that the SDK checks', async () => {
    const { send, receive } = await start();
    const MessageAttributes = {
      word: { DataType: 'String', StringValue: 'häuser' },
      bytes: { DataType: 'Binary', BinaryValue: new Uint8Array([0, 255, 7]) },
      number: { DataType: 'Number.int', StringValue: '12' },
    };
    const { MessageId } = await send('{"hello":"wörld"}', { MessageAttributes });
    const [message] = await receive({
      MessageAttributeNames: ['All'],
      MessageSystemAttributeNames: ['All'],
    });
    expect(message).toMatchObject({
      MessageId,
      Body: '{"hello":"wörld"}',
      MessageAttributes,
      Attributes: { ApproximateReceiveCount: '1', SentTimestamp: expect.stringMatching(/^\d+$/) },
    });
  });

  it('keeps a received message from others until its visibility timeout is over', async () => {
    const { send, receive, advance } = await start();
    await send('once');
    expect(await receive()).toHaveLength(1);
    expect(await receive()).toHaveLength(0);
    advance(30_000);
    expect(await receive()).toHaveLength(1);
  });

  it('forgets a message that was deleted', async () => {
    const { sqs, send, receive, advance } = await start();
    await send('once');
    const [message] = await receive();
    const { ReceiptHandle } = message ?? {};
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    advance(31_000);
    expect(await receive()).toHaveLength(0);
  });

  it('delays a message as long as it was told to, or by its own default', async () => {
    const { sqs, send, receive, advance } = await start();
    await send('in five seconds', { DelaySeconds: 5 });
    const late = queueUrl('Late');
    await sqs.send(new SendMessageCommand({ QueueUrl: late, MessageBody: 'in a minute' }));
    expect(await receive()).toHaveLength(0);
    advance(5_000);
    expect(await receive()).toHaveLength(1);
    expect(await receive({ QueueUrl: late })).toHaveLength(0);
    advance(55_000);
    expect(await receive({ QueueUrl: late })).toHaveLength(1);
  });

  it('answers a long poll as soon as a delayed message falls due', async () => {
    const { send, receive, stage } = await start();
    await send('soon', { DelaySeconds: 10 });
    const polling = receive({ WaitTimeSeconds: 20 });
    await send('now');
    expect((await polling).map(({ Body }) => Body)).toEqual(['now']);
    const again = receive({ WaitTimeSeconds: 20 });
    // The poll has reached the queue once a later call has been answered.
    await send('at the other queue', { QueueUrl: DeadUrl });
    stage.context.clock.advance(10_000);
    expect((await again).map(({ Body }) => Body)).toEqual(['soon']);
  });

  it('moves a message to its dead-letter queue after too many receives, under its id', async () => {
    const { send, receive, advance } = await start();
    const { MessageId } = await send('poison');
    for (const attempt of ['1', '2']) {
      const [message] = await receive({ MessageSystemAttributeNames: ['All'] });
      expect(message?.Attributes?.ApproximateReceiveCount).toBe(attempt);
      advance(30_000);
    }
    expect(await receive()).toHaveLength(0);
    const [dead] = await receive({ QueueUrl: DeadUrl, AttributeNames: ['All'] });
    expect(dead).toMatchObject({
      MessageId,
      Body: 'poison',
      Attributes: { DeadLetterQueueSourceArn: arnOf(QUEUE, 'Work') },
    });
  });

  it('forgets messages after its retention period', async () => {
    const { send, receive, advance } = await start();
    await send('old');
    advance(4 * 86_400_000);
    expect(await receive()).toHaveLength(0);
  });

  it('makes a message visible again at once when asked to', async () => {
    const { sqs, send, receive } = await start();
    await send('again');
    const [message] = await receive();
    const { ReceiptHandle } = message ?? {};
    const release = { QueueUrl, ReceiptHandle, VisibilityTimeout: 0 };
    await sqs.send(new ChangeMessageVisibilityCommand(release));
    expect(await receive()).toHaveLength(1);
    await expect(sqs.send(new ChangeMessageVisibilityCommand(release))).rejects.toMatchObject({
      name: 'MessageNotInflight',
    });
  });

  it('takes batches, entry by entry', async () => {
    const { sqs, receive } = await start();
    const Entries = [
      { Id: 'good', MessageBody: 'good' },
      { Id: 'late', MessageBody: 'late', DelaySeconds: 901 },
    ];
    const sent = await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    expect(sent.Successful?.map(({ Id }) => Id)).toEqual(['good']);
    expect(sent.Failed).toMatchObject([{ Id: 'late', Code: 'InvalidParameterValue' }]);
    const [message] = await receive();
    const { ReceiptHandle } = message ?? {};
    const deleted = await sqs.send(
      new DeleteMessageBatchCommand({
        QueueUrl,
        Entries: [
          { Id: 'a', ReceiptHandle },
          { Id: 'b', ReceiptHandle: 'nonsense' },
        ],
      }),
    );
    expect(deleted.Successful?.map(({ Id }) => Id)).toEqual(['a']);
    expect(deleted.Failed).toMatchObject([{ Id: 'b', Code: 'ReceiptHandleIsInvalid' }]);
  });

  it('tells its attributes and its address, and can be emptied', async () => {
    const { sqs, send, receive } = await start();
    for (const body of ['a', 'b']) await send(body);
    await send('c', { DelaySeconds: 9 });
    await receive({ MaxNumberOfMessages: 1 });
    const ask = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] });
    expect((await sqs.send(ask)).Attributes).toMatchObject({
      QueueArn: arnOf(QUEUE, 'Work'),
      ApproximateNumberOfMessages: '1',
      ApproximateNumberOfMessagesNotVisible: '1',
      ApproximateNumberOfMessagesDelayed: '1',
      VisibilityTimeout: '30',
    });
    expect(await sqs.send(new GetQueueUrlCommand({ QueueName: 'Work' }))).toMatchObject({
      QueueUrl,
    });
    const listed = await sqs.send(new ListQueuesCommand({ QueueNamePrefix: 'Wo' }));
    expect(listed.QueueUrls).toEqual([QueueUrl]);
    await sqs.send(new PurgeQueueCommand({ QueueUrl }));
    expect(await receive()).toHaveLength(0);
  });
});

describe('SQS refuses', () => {
  it('a queue that is not there, in both of its dialects', async () => {
    const { sqs } = await start();
    const missing = new SendMessageCommand({ QueueUrl: queueUrl('Nowhere'), MessageBody: 'x' });
    await expect(sqs.send(missing)).rejects.toMatchObject({
      name: 'QueueDoesNotExist',
      Code: 'AWS.SimpleQueueService.NonExistentQueue',
    });
  });

  it('a call without the right, naming action and queue', async () => {
    const { stage, send } = await start();
    stage.denied.add(`sqs:SendMessage ${arnOf(QUEUE, 'Work')}`);
    await expect(send('x')).rejects.toMatchObject({
      name: 'AccessDenied',
      message: expect.stringContaining(`sqs:SendMessage on resource: ${arnOf(QUEUE, 'Work')}`),
    });
  });

  it.each([
    ['a message above 1 MB', { MessageBody: 'x'.repeat(1_048_577) }, 'InvalidParameterValue'],
    ['characters that XML has not', { MessageBody: 'a\u0000b' }, 'InvalidMessageContents'],
    ['a delay above 15 minutes', { MessageBody: 'x', DelaySeconds: 901 }, 'InvalidParameterValue'],
  ])('%s', async (_, input, code) => {
    const { sqs } = await start();
    const sending = sqs.send(new SendMessageCommand({ QueueUrl, ...input }));
    await expect(sending).rejects.toMatchObject({ Code: code });
  });

  it('a FIFO queue in the template, with a sentence', async () => {
    const fifo = [resource(QUEUE, 'Work.fifo', { FifoQueue: true })];
    await expect(start(fifo)).rejects.toThrow('Queue Test/Work.fifo is a FIFO queue');
  });
});

describe('messages', () => {
  it('that were accepted are there after a kill -9', async () => {
    const directory = temporaryDirectory();
    const fixture = new URL('./fixtures/hand-made-context.ts', import.meta.url);
    const queuesModule = new URL('../../local/sqs/queues.ts', import.meta.url);
    const sdk = import.meta.resolve('@aws-sdk/client-sqs');
    const script = `
      const { handMadeContext, resource } = await import(${JSON.stringify(fixture.href)});
      const { createQueues } = await import(${JSON.stringify(queuesModule.href)});
      const { SQSClient, SendMessageCommand } = await import(${JSON.stringify(sdk)});
      const stage = await handMadeContext([resource('${QUEUE}', 'Work')], ${JSON.stringify(directory)});
      await stage.start(createQueues(stage.context));
      const sqs = new SQSClient({ ...stage.sdk, useQueueUrlAsEndpoint: false });
      for (let n = 0; ; n += 1) {
        await sqs.send(new SendMessageCommand({ QueueUrl: '${QueueUrl}', MessageBody: String(n) }));
        console.log(n);
      }`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script]);
    let accepted = -1;
    child.stdout.on('data', (lines: Buffer) => {
      accepted = Number(lines.toString().trim().split('\n').at(-1));
      if (accepted >= 20) child.kill('SIGKILL');
    });
    await once(child, 'close');

    const { receive } = await start([resource(QUEUE, 'Work')], directory);
    const bodies: string[] = [];
    for (let more = true; more; ) {
      const messages = await receive();
      bodies.push(...messages.map(({ Body = '' }) => Body));
      more = messages.length > 0;
    }
    expect(accepted).toBeGreaterThanOrEqual(20);
    for (let n = 0; n <= accepted; n += 1) expect(bodies).toContain(String(n));
  });
});
