import {
  type AwsAnswer,
  type AwsCall,
  AwsFault,
  type Service,
  type StageContext,
} from '../service.ts';
import { type Input, textIn } from './input.ts';
import { openQueue, type Queue } from './queue.ts';
import { getQueueAttributes } from './queue-attributes.ts';
import { registerQueues } from './queue-registry.ts';
import { queueSettingsOf } from './queue-settings.ts';
import {
  changeMessageVisibility,
  changeMessageVisibilityBatch,
  deleteMessage,
  deleteMessageBatch,
  receiveMessage,
} from './receiving.ts';
import { sendMessage, sendMessageBatch } from './sending.ts';
import { answerFault } from './sqs-fault.ts';

type Action = (queue: Queue, input: Input, call: AwsCall) => object | Promise<object>;

/** SQS: the template's standard queues, for the SDK (JSON protocol) and for the mappings of the stage. */
export function createQueues(context: StageContext): Service {
  const { assembly, access, region, account } = context;
  const queues = new Map<string, Queue>();
  const arnOf = (name: string) => `arn:aws:sqs:${region}:${account}:${name}`;

  /** Each action with the right that AWS demands for it. */
  const actions: Readonly<Record<string, readonly [right: string, action: Action]>> = {
    SendMessage: [
      'SendMessage',
      (queue, input, { principal }) => sendMessage(queue, input, principal),
    ],
    SendMessageBatch: [
      'SendMessage',
      (queue, input, { principal }) => sendMessageBatch(queue, input, principal),
    ],
    ReceiveMessage: [
      'ReceiveMessage',
      (queue, input) => receiveMessage(queue, input, context.clock),
    ],
    DeleteMessage: ['DeleteMessage', deleteMessage],
    DeleteMessageBatch: ['DeleteMessage', deleteMessageBatch],
    ChangeMessageVisibility: ['ChangeMessageVisibility', changeMessageVisibility],
    ChangeMessageVisibilityBatch: ['ChangeMessageVisibility', changeMessageVisibilityBatch],
    GetQueueAttributes: ['GetQueueAttributes', getQueueAttributes],
    GetQueueUrl: ['GetQueueUrl', ({ settings }) => ({ QueueUrl: settings.url })],
    PurgeQueue: [
      'PurgeQueue',
      (queue) => {
        queue.purge();
        return {};
      },
    ],
  };

  const listQueues = ({ principal }: AwsCall, input: Input) => {
    access.demand(principal, 'sqs:ListQueues', arnOf('*'));
    const prefix = String(input.QueueNamePrefix ?? '');
    const named = [...queues.values()].filter(({ settings }) => settings.name.startsWith(prefix));
    return { QueueUrls: named.map(({ settings }) => settings.url) };
  };

  const run = async (call: AwsCall): Promise<AwsAnswer> => {
    const input = inputOf(call);
    if (call.action === 'ListQueues') return ok(listQueues(call, input));
    const [right, act] = actions[call.action] ?? [];
    if (right === undefined || act === undefined) {
      throw new AwsFault(
        'UnsupportedOperation',
        `The local stage does not run sqs:${call.action}; its queues come from the template.`,
      );
    }
    const name = nameIn(input);
    access.demand(call.principal, `sqs:${right}`, arnOf(name));
    const queue = queues.get(name);
    if (queue === undefined) {
      throw new AwsFault('QueueDoesNotExist', 'The specified queue does not exist.');
    }
    return { ...ok(await act(queue, input, call)), on: queue.settings.logicalId };
  };

  return {
    name: 'sqs',
    scopes: ['sqs'],
    start: async () => {
      const all = assembly.ofType('AWS::SQS::Queue').map(queueSettingsOf);
      const find = (arn: string) =>
        [...queues.values()].find(({ settings }) => settings.arn === arn);
      for (const { path, deadLetters } of all) {
        if (deadLetters && !all.some(({ arn }) => arn === deadLetters.arn)) {
          throw new Error(
            `Queue ${path} sends its dead letters to ${deadLetters.arn}, which is no queue of the template.`,
          );
        }
      }
      for (const settings of all) queues.set(settings.name, openQueue(context, settings, find));
      registerQueues(context, [...queues.values()]);
      return `${all.length} queues`;
    },
    handle: async (call) => {
      try {
        return await run(call);
      } catch (error) {
        if (error instanceof AwsFault) return answerFault(error);
        throw error;
      }
    },
    stop: async () => {
      for (const queue of queues.values()) queue.stop();
      queues.clear();
    },
  };
}

function inputOf({ body }: AwsCall): Input {
  try {
    const input: unknown = JSON.parse(body.toString() || '{}');
    if (typeof input === 'object' && input !== null) return input as Input;
  } catch {
    // Refused below, like everything that is no object.
  }
  throw new AwsFault('SerializationException', 'The request body is no JSON object');
}

/** The name is the last part of a queue's URL, whatever host the caller reached us by. */
function nameIn(input: Input): string {
  if (input.QueueName !== undefined) return textIn(input, 'QueueName');
  const url = textIn(input, 'QueueUrl');
  return url.slice(url.lastIndexOf('/') + 1);
}

const ok = (output: object): AwsAnswer => ({
  status: 200,
  headers: { 'content-type': 'application/x-amz-json-1.0' },
  body: JSON.stringify(output),
});
