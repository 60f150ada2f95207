import type { Resource } from '../service.ts';

/** What the template says of a queue. Times in ms. */
export interface QueueSettings {
  readonly name: string;
  readonly arn: string;
  readonly url: string;
  readonly logicalId: string;
  readonly path: string;
  readonly delayMs: number;
  readonly visibilityMs: number;
  readonly retentionMs: number;
  readonly waitMs: number;
  readonly largestMessage: number;
  readonly deadLetters?: { readonly arn: string; readonly maxReceiveCount: number };
}

/** Bytes of a message, and of a batch of them (since 2025; 256 KB before). */
export const LARGEST_MESSAGE = 1_048_576;

/** Reads an `AWS::SQS::Queue`. Throws a sentence for what the stage does not run. */
export function queueSettingsOf({ id, arn, logicalId, path, properties }: Resource): QueueSettings {
  const name = arn.slice(arn.lastIndexOf(':') + 1);
  if (String(properties.FifoQueue) === 'true' || name.endsWith('.fifo')) {
    throw new Error(
      `Queue ${path} is a FIFO queue, which the local stage does not run: use a standard queue.`,
    );
  }
  const seconds = (property: string, byDefault: number) =>
    Number(properties[property] ?? byDefault) * 1_000;
  return {
    name,
    arn,
    url: id,
    logicalId,
    path,
    delayMs: seconds('DelaySeconds', 0),
    visibilityMs: seconds('VisibilityTimeout', 30),
    retentionMs: seconds('MessageRetentionPeriod', 4 * 86_400),
    waitMs: seconds('ReceiveMessageWaitTimeSeconds', 0),
    largestMessage: Number(properties.MaximumMessageSize ?? LARGEST_MESSAGE),
    deadLetters: deadLettersOf(properties.RedrivePolicy),
  };
}

function deadLettersOf(policy: unknown): QueueSettings['deadLetters'] {
  if (policy === undefined) return undefined;
  const { deadLetterTargetArn, maxReceiveCount } = (
    typeof policy === 'string' ? JSON.parse(policy) : policy
  ) as Record<string, unknown>;
  return { arn: String(deadLetterTargetArn), maxReceiveCount: Number(maxReceiveCount) };
}
