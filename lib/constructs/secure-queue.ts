import { Duration, Validations } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Queue, QueueEncryption, type QueueProps } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

/** Tries of one message before it is put aside: enough for a passing throttle, too few for a loop. */
const RECEIVES = 5;

/** How long SQS goes on with one data key: KMS is asked, and paid, once in that time and not for each message. */
const DATA_KEY_REUSE = Duration.hours(1);

const secureQueue = (encryptionMasterKey: IKey | undefined): QueueProps => ({
  ...(encryptionMasterKey
    ? { encryption: QueueEncryption.KMS, encryptionMasterKey, dataKeyReuse: DATA_KEY_REUSE }
    : { encryption: QueueEncryption.SQS_MANAGED }),
  enforceSSL: true,
});

/** The end of a line: what lies here waits for a person, as long as SQS keeps anything. */
export function deadLetterQueue(scope: Construct, id: string, encryptionKey?: IKey): Queue {
  const queue = new Queue(scope, id, {
    ...secureQueue(encryptionKey),
    retentionPeriod: Duration.days(14),
  });
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
  /** @default - SQS's own key */
  readonly encryptionKey?: IKey | undefined;
}

/** A queue that a function takes from, with `{id}DeadLetters` beside it for what it could not take. */
export function workQueue(
  scope: Construct,
  id: string,
  { delaySeconds = 0, consumerSeconds, encryptionKey }: WorkQueueProps,
): { readonly queue: Queue; readonly deadLetters: Queue } {
  const deadLetters = deadLetterQueue(scope, `${id}DeadLetters`, encryptionKey);
  const queue = new Queue(scope, id, {
    ...secureQueue(encryptionKey),
    deliveryDelay: Duration.seconds(delaySeconds),
    // AWS's rule: six times the function's own limit, so that no message is taken twice meanwhile.
    visibilityTimeout: Duration.seconds(6 * consumerSeconds),
    deadLetterQueue: { queue: deadLetters, maxReceiveCount: RECEIVES },
  });
  return { queue, deadLetters };
}
