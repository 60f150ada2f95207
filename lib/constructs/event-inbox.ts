import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { BundledFunction } from './bundled-function.ts';
import { takeFromQueue } from './event-sources.ts';
import { consumeRight, type Right } from './right.ts';
import { workQueue } from './secure-queue.ts';

export interface EventInboxProps {
  /** The time limit of the function that takes from it. */
  readonly consumerSeconds: number;
}

/**
 * Where events wait for a function: as the `target` of a rule it loses nothing while the function is
 * slow, throttled or wrong, and what the function cannot take at all is kept for a person.
 */
export class EventInbox extends Construct {
  /** For `switchboard.onPlayerConnect(id, { target })` and the like. */
  readonly target: SqsQueue;
  /** What the function that takes from it must be allowed. */
  readonly right: Right;
  private readonly queue: Queue;

  constructor(scope: Construct, id: string, props: EventInboxProps) {
    super(scope, id);
    const { queue, deadLetters } = workQueue(this, 'Events', props);
    this.queue = queue;
    this.target = new SqsQueue(queue, { deadLetterQueue: deadLetters });
    this.right = consumeRight(this.queue.queueArn);
  }

  /** Rights apart: `right` is among those that the function was made with. */
  feed(consumer: BundledFunction): void {
    takeFromQueue(consumer, this.queue);
  }
}
