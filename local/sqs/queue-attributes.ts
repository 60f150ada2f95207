import { type Input, namesIn } from './input.ts';
import type { Queue } from './queue.ts';
import { invalidValue } from './sqs-fault.ts';

/** `GetQueueAttributes`: all values are strings; times in seconds. */
export function getQueueAttributes(queue: Queue, input: Input) {
  const known = attributesOf(queue);
  const asked = namesIn(input, 'AttributeNames');
  const unknown = asked.find((name) => name !== 'All' && !KNOWN.has(name));
  if (unknown !== undefined) throw invalidValue(`Unknown Attribute ${unknown}.`);
  const isAsked = ([name]: [string, string]) => asked.includes('All') || asked.includes(name);
  const Attributes = Object.fromEntries(Object.entries(known).filter(isAsked));
  return Object.keys(Attributes).length === 0 ? {} : { Attributes };
}

const KNOWN = new Set([
  'QueueArn',
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesNotVisible',
  'ApproximateNumberOfMessagesDelayed',
  'DelaySeconds',
  'MaximumMessageSize',
  'MessageRetentionPeriod',
  'ReceiveMessageWaitTimeSeconds',
  'VisibilityTimeout',
  'RedrivePolicy',
  'Policy',
  'CreatedTimestamp',
  'LastModifiedTimestamp',
  'KmsMasterKeyId',
  'KmsDataKeyReusePeriodSeconds',
  'SqsManagedSseEnabled',
  'RedriveAllowPolicy',
]);

function attributesOf({ settings, counts }: Queue): Record<string, string> {
  const { visible, inFlight, delayed } = counts();
  const { deadLetters } = settings;
  return {
    QueueArn: settings.arn,
    ApproximateNumberOfMessages: String(visible),
    ApproximateNumberOfMessagesNotVisible: String(inFlight),
    ApproximateNumberOfMessagesDelayed: String(delayed),
    DelaySeconds: seconds(settings.delayMs),
    MaximumMessageSize: String(settings.largestMessage),
    MessageRetentionPeriod: seconds(settings.retentionMs),
    ReceiveMessageWaitTimeSeconds: seconds(settings.waitMs),
    VisibilityTimeout: seconds(settings.visibilityMs),
    ...(deadLetters && {
      RedrivePolicy: JSON.stringify({
        deadLetterTargetArn: deadLetters.arn,
        maxReceiveCount: deadLetters.maxReceiveCount,
      }),
    }),
  };
}

const seconds = (ms: number) => String(ms / 1_000);
