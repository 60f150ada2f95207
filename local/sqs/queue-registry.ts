import type { StageContext } from '../service.ts';
import type { Queue } from './queue.ts';

const opened = new WeakMap<StageContext, readonly Queue[]>();

/** The queue of this ARN, for the mappings of the same stage. Throws a sentence when there is none. */
export function queueOf(context: StageContext, arn: string): Queue {
  const queue = opened.get(context)?.find(({ settings }) => settings.arn === arn);
  if (queue === undefined) throw new Error(`No queue of the template has the ARN ${arn}.`);
  return queue;
}

export function registerQueues(context: StageContext, queues: readonly Queue[]): void {
  opened.set(context, queues);
}
