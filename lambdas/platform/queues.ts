import type { BusEvent } from '../../contract/events.ts';
import {
  type FunctionName,
  type functions,
  type QueueName,
  queues,
} from '../../contract/functions.ts';
import type {
  DeliveryPage,
  DirectMessagePage,
  ExpressMessage,
  ReaperMessage,
  SessionCheckMessage,
} from '../../contract/internal.ts';
import { queueUrlOf } from './environment.ts';

interface Messages {
  readonly reaper: ReaperMessage;
  readonly 'session-check': SessionCheckMessage;
  readonly delivery: DeliveryPage;
  readonly express: ExpressMessage;
  readonly 'parked-notifications': never;
  readonly 'bridged-events': never;
  readonly 'parked-events': BusEvent;
  readonly 'message-pages': DirectMessagePage;
}

export interface Queues<Name extends QueueName> {
  /** Durable when it resolves. Without a delay of its own a message waits as long as its queue says. */
  send<Each extends Name>(
    queue: Each,
    message: Messages[Each],
    delaySeconds?: number,
  ): Promise<void>;
}

type Declared<Name extends FunctionName> = (typeof functions)[Name] extends {
  sends: readonly (infer Queue extends QueueName)[];
}
  ? Queue
  : never;

interface QueuesOptions {
  /** Every invocation sends: the client is loaded with the function, not when it is first needed. */
  readonly isAlwaysUsed?: boolean;
}

/** The queues that this function was granted to send to. */
export const openQueues = <Name extends FunctionName>(
  _: Name,
  options?: QueuesOptions,
): Queues<Declared<Name>> => openQueue<Declared<Name>>(options);

/** The same for functions outside the contract, by what they were granted. */
export function openQueue<Name extends QueueName>({
  isAlwaysUsed = false,
}: QueuesOptions = {}): Queues<Name> {
  const load = async () => (await import('./queue-client.ts')).openQueueClient();
  let loading = isAlwaysUsed ? load() : undefined;
  return {
    send: async (queue, message, delaySeconds = queues[queue].delaySeconds) => {
      loading ??= load();
      const post = await loading;
      await post(queueUrlOf(queue), JSON.stringify(message), delaySeconds);
    },
  };
}
