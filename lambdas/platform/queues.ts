import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
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

/** The queues that this function was granted to send to. */
export const openQueues = <Name extends FunctionName>(_: Name): Queues<Declared<Name>> =>
  openQueue<Declared<Name>>();

/** The same for functions outside the contract, by what they were granted. */
export function openQueue<Name extends QueueName>(): Queues<Name> {
  const client = new SQSClient({});
  return {
    send: async (queue, message, delaySeconds = queues[queue].delaySeconds) => {
      await client.send(
        new SendMessageCommand({
          QueueUrl: queueUrlOf(queue),
          MessageBody: JSON.stringify(message),
          DelaySeconds: delaySeconds,
        }),
      );
    },
  };
}
