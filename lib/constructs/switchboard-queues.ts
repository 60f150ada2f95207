import { Validations } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { functions, type QueueName, queues } from '../../contract/functions.ts';
import { pascalCase } from '../pascal-case.ts';
import { keysOf, recordOf } from '../records.ts';
import { deadLetterQueue, workQueue } from './secure-queue.ts';
import { type StreamFunction, type StreamSource, streamSources } from './stream-sources.ts';

/** The queues that functions send through, and where goes what no function could take. */
export class SwitchboardQueues extends Construct {
  readonly work: Readonly<Record<QueueName, Queue>>;
  /** Beside each, what its function could not take. */
  readonly deadLetters: Readonly<Record<QueueName, Queue>>;
  /** Batches of a stream that its function could not take: where they are, not what is in them. */
  readonly failures: Readonly<Record<StreamFunction, Queue>>;

  /** Where lies what nobody could take, by its name. */
  readonly ends: Readonly<Record<string, Queue>>;

  constructor(scope: Construct, id: string, encryptionKey?: IKey) {
    super(scope, id);
    const made = recordOf(keysOf(queues), (name) => {
      const { consumer, delaySeconds } = queues[name];
      const consumerSeconds = functions[consumer].timeoutSeconds;
      return workQueue(this, pascalCase(name), { delaySeconds, consumerSeconds, encryptionKey });
    });
    this.work = recordOf(keysOf(queues), (name) => made[name].queue);
    this.deadLetters = recordOf(keysOf(queues), (name) => made[name].deadLetters);
    this.failures = recordOf(keysOf(streamSources), (consumer) => {
      const { parksIn }: StreamSource = streamSources[consumer];
      if (parksIn) return this.work[parksIn];
      const queue = deadLetterQueue(this, `${pascalCase(consumer)}Failures`, encryptionKey);
      Validations.of(queue).acknowledge({
        id: 'AwsSolutions-SQS3',
        reason: 'It is the end of the line: what a stream mapping gave up on lies here.',
      });
      return queue;
    });
    const isEnd = (queue: Queue) => !Object.values(this.work).includes(queue);
    const all = [...Object.values(this.deadLetters), ...Object.values(this.failures).filter(isEnd)];
    this.ends = Object.fromEntries(all.map((queue) => [queue.node.id, queue]));
  }
}
