import { Duration, Validations } from 'aws-cdk-lib';
import { Queue, QueueEncryption, type QueueProps } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { functions, type QueueName, queues } from '../../contract/functions.ts';
import { pascalCase } from '../pascal-case.ts';
import { keysOf, recordOf } from '../records.ts';
import { type StreamFunction, streamSources } from './stream-sources.ts';

/** Tries of one message before it is put aside: enough for a passing throttle, too few for a loop. */
const RECEIVES = 5;

const secureQueue = {
  encryption: QueueEncryption.SQS_MANAGED,
  enforceSSL: true,
} as const satisfies QueueProps;

/** As long as SQS keeps anything: what lies here waits for a person. */
const deadLetterQueue = { ...secureQueue, retentionPeriod: Duration.days(14) } as const;

/** The queues that functions send through, and where goes what no function could take. */
export class SwitchboardQueues extends Construct {
  readonly work: Readonly<Record<QueueName, Queue>>;
  /** Batches of a stream that its function could not take: where they are, not what is in them. */
  readonly failures: Readonly<Record<StreamFunction, Queue>>;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.work = recordOf(keysOf(queues), (name) => this.workQueue(name));
    this.failures = recordOf(keysOf(streamSources), (consumer) => {
      const queue = new Queue(this, `${pascalCase(consumer)}Failures`, deadLetterQueue);
      Validations.of(queue).acknowledge({
        id: 'AwsSolutions-SQS3',
        reason: 'It is the end of the line: what a stream mapping gave up on lies here.',
      });
      return atTheEnd(queue);
    });
  }

  private workQueue(name: QueueName): Queue {
    const { consumer, delaySeconds } = queues[name];
    return new Queue(this, pascalCase(name), {
      ...secureQueue,
      deliveryDelay: Duration.seconds(delaySeconds),
      // AWS's rule: six times the function's own limit, so that no message is taken twice meanwhile.
      visibilityTimeout: Duration.seconds(6 * functions[consumer].timeoutSeconds),
      deadLetterQueue: {
        queue: atTheEnd(new Queue(this, `${pascalCase(name)}DeadLetters`, deadLetterQueue)),
        maxReceiveCount: RECEIVES,
      },
    });
  }
}

/** A queue that nothing is moved on from, for the rule that cannot tell. */
function atTheEnd(queue: Queue): Queue {
  Validations.of(queue).acknowledge({
    id: 'Serverless-SQSRedrivePolicy',
    reason: 'It is a dead-letter queue itself: what lies here waits for a person.',
  });
  return queue;
}
