import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import {
  type QueueName,
  queues,
  type StreamFailures,
  streamFailures,
} from '../../contract/functions.ts';
import { PARKED_SHOWN, REDRIVE_SECONDS } from '../../contract/limits.ts';
import { isoTime } from '../../rules/connection.ts';
import { parkedQueueNames, queueUrlOf } from './environment.ts';
import type { LyingMessage, ParkedQueues } from './parked-queues.ts';

/** What one call to SQS brings. */
const RECEIVED_AT_ONCE = 10;
/** A call that waits asks every server of SQS; one that does not may find nothing where there is something. */
const WAIT_SECONDS = 1;

/** Apart from what declares it, since it is rare: loaded when it is first needed, and not at every cold start. */
export function openParkedQueueClient(): ParkedQueues {
  const client = new SQSClient({});
  const base = queueUrlOf('delivery').replace(/[^/]+$/, '');
  const ends = [...(Object.keys(queues) as QueueName[]), ...streamFailures];
  const names = parkedQueueNames();
  const urlOf = (queue: QueueName | StreamFailures) => `${base}${names[ends.indexOf(queue)]}`;

  const attributesOf = async (QueueUrl: string) => {
    const asked = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] });
    return (await client.send(asked)).Attributes ?? {};
  };
  const deadLettersOf = (attributes: Readonly<Record<string, string>>): string => {
    const { deadLetterTargetArn } = JSON.parse(attributes.RedrivePolicy ?? '{}');
    return `${base}${String(deadLetterTargetArn).split(':').at(-1)}`;
  };
  const peek = async (QueueUrl: string): Promise<LyingMessage[]> => {
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: PARKED_SHOWN,
        // Seen, not taken: whoever looks next sees them too.
        VisibilityTimeout: 0,
        MessageSystemAttributeNames: ['SentTimestamp'],
      }),
    );
    return Messages.map(lying);
  };

  return {
    look: () =>
      Promise.all(
        ends.map(async (queue) => {
          const own = await attributesOf(urlOf(queue));
          const isEnd = own.RedrivePolicy === undefined;
          const url = isEnd ? urlOf(queue) : deadLettersOf(own);
          const parked = countOf(isEnd ? own : await attributesOf(url));
          return {
            queue,
            parked,
            ...(!isEnd && { waiting: countOf(own) }),
            messages: parked > 0 ? await peek(url) : [],
          };
        }),
      ),

    async sendBack(queue, isMeant, until) {
      const source = urlOf(queue);
      const QueueUrl = deadLettersOf(await attributesOf(source));
      const others: Message[] = [];
      let moved = 0;
      let isWhole = false;
      while (!isWhole && Date.now() < until) {
        const { Messages = [] } = await client.send(
          new ReceiveMessageCommand({
            QueueUrl,
            MaxNumberOfMessages: RECEIVED_AT_ONCE,
            WaitTimeSeconds: WAIT_SECONDS,
            // Those that are not meant do not come again while this goes on.
            VisibilityTimeout: REDRIVE_SECONDS,
          }),
        );
        isWhole = Messages.length === 0;
        for (const message of Messages) {
          const { Body: MessageBody = '', ReceiptHandle } = message;
          if (!isMeant(MessageBody)) {
            others.push(message);
            continue;
          }
          await client.send(new SendMessageCommand({ QueueUrl: source, MessageBody }));
          await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
          moved += 1;
        }
      }
      for (const { ReceiptHandle } of others) {
        await client.send(
          new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }),
        );
      }
      return { moved, isWhole };
    },
  };
}

const countOf = (attributes: Readonly<Record<string, string>>): number =>
  [
    attributes.ApproximateNumberOfMessages,
    attributes.ApproximateNumberOfMessagesDelayed,
    attributes.ApproximateNumberOfMessagesNotVisible,
  ].reduce((sum, count) => sum + Number(count ?? 0), 0);

const lying = ({ MessageId = '', Body = '', Attributes }: Message): LyingMessage => ({
  messageId: MessageId,
  sentAt: isoTime(Number(Attributes?.SentTimestamp ?? 0)),
  body: Body,
});
