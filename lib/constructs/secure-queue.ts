import { Duration, Validations } from 'aws-cdk-lib';
import { Queue, QueueEncryption, type QueueProps } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

/** Tries of one message before it is put aside: enough for a passing throttle, too few for a loop. */
const RECEIVES = 5;

const secureQueue = {
  encryption: QueueEncryption.SQS_MANAGED,
  enforceSSL: true,
} as const satisfies QueueProps;

/** The end of a line: what lies here waits for a person, as long as SQS keeps anything. */
export function deadLetterQueue(scope: Construct, id: string): Queue {
  const queue = new Queue(scope, id, { ...secureQueue, retentionPeriod: Duration.days(14) });
  Validations.of(queue).acknowledge({
    id: 'Serverless-SQSRedrivePolicy',
    reason: 'It is a dead-letter queue itself: what lies here waits for a person.',
  });
  return queue;
}

export interface WorkQueueProps {
  /** @default 0 */
  readonly delaySeconds?: number;
  /** The time limit of the function that takes from it. */
  readonly consumerSeconds: number;
}

/** A queue that a function takes from, with `{id}DeadLetters` beside it for what it could not take. */
export function workQueue(
  scope: Construct,
  id: string,
  { delaySeconds = 0, consumerSeconds }: WorkQueueProps,
): { readonly queue: Queue; readonly deadLetters: Queue } {
  const deadLetters = deadLetterQueue(scope, `${id}DeadLetters`);
  const queue = new Queue(scope, id, {
    ...secureQueue,
    deliveryDelay: Duration.seconds(delaySeconds),
    // AWS's rule: six times the function's own limit, so that no message is taken twice meanwhile.
    visibilityTimeout: Duration.seconds(6 * consumerSeconds),
    deadLetterQueue: { queue: deadLetters, maxReceiveCount: RECEIVES },
  });
  return { queue, deadLetters };
}
