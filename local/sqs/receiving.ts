import { AwsFault, type Clock } from '../service.ts';
import { entriesIn, type Input, namesIn, numberIn, secondsIn, textIn } from './input.ts';
import {
  attributesDigest,
  bodyDigest,
  type MessageAttributes,
  type ReceivedMessage,
  systemAttributes,
} from './message.ts';
import type { Queue } from './queue.ts';
import { forEach } from './sending.ts';
import { invalidValue } from './sqs-fault.ts';

const MOST_MESSAGES = 10;
const LONGEST_WAIT_S = 20;
const LONGEST_VISIBILITY_S = 43_200;

/** Waits up to the given time for a first message (a long poll); an empty answer has no `Messages`. */
export async function receiveMessage(queue: Queue, input: Input, clock: Clock) {
  const limit = numberIn(input, 'MaxNumberOfMessages', 1, MOST_MESSAGES) ?? 1;
  const visibilityMs = secondsIn(input, 'VisibilityTimeout', LONGEST_VISIBILITY_S);
  const waitMs = secondsIn(input, 'WaitTimeSeconds', LONGEST_WAIT_S) ?? queue.settings.waitMs;
  const receive = () => queue.receive(limit, visibilityMs);

  const first = receive();
  const received =
    first.length > 0 || waitMs === 0 ? first : await wait(queue, receive, waitMs, clock);
  return received.length === 0
    ? {}
    : { Messages: received.map((message) => shown(message, input)) };
}

function wait(queue: Queue, receive: () => ReceivedMessage[], waitMs: number, clock: Clock) {
  return new Promise<ReceivedMessage[]>((resolve) => {
    const done = (messages: ReceivedMessage[]) => {
      endFollowing();
      cancel();
      resolve(messages);
    };
    const endFollowing = queue.follow((isEnding) => {
      const messages = isEnding ? [] : receive();
      if (isEnding || messages.length > 0) done(messages);
    });
    const cancel = clock.at(clock.now() + waitMs, () => done([]));
  });
}

function shown(message: ReceivedMessage, input: Input) {
  const systemNames = [
    ...namesIn(input, 'MessageSystemAttributeNames'),
    ...namesIn(input, 'AttributeNames'),
  ];
  const attributes = chosen(message.attributes, namesIn(input, 'MessageAttributeNames'));
  const hasAttributes = Object.keys(attributes).length > 0;
  const system = Object.entries(systemAttributes(message)).filter(
    ([name]) => systemNames.includes('All') || systemNames.includes(name),
  );
  return {
    MessageId: message.id,
    ReceiptHandle: message.receiptHandle,
    MD5OfBody: bodyDigest(message.body),
    Body: message.body,
    ...(system.length > 0 && { Attributes: Object.fromEntries(system) }),
    ...(hasAttributes && {
      MessageAttributes: attributes,
      MD5OfMessageAttributes: attributesDigest(attributes),
    }),
  };
}

/** Those asked for by name, by `prefix.*`, or all of them. */
function chosen(attributes: MessageAttributes, names: readonly string[]): MessageAttributes {
  const isAsked = (attribute: string) =>
    names.some(
      (name) =>
        name === 'All' ||
        name === attribute ||
        (name.endsWith('.*') && attribute.startsWith(name.slice(0, -2))),
    );
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => isAsked(name)));
}

export function deleteMessage(queue: Queue, input: Input): object {
  withHandle(input, (handle) => queue.delete(handle));
  return {};
}

export function deleteMessageBatch(queue: Queue, input: Input) {
  return forEach(entriesIn(input), (entry) => deleteMessage(queue, entry));
}

export function changeMessageVisibility(queue: Queue, input: Input): object {
  const visibilityMs = secondsIn(input, 'VisibilityTimeout', LONGEST_VISIBILITY_S) ?? 0;
  const isChanged = withHandle(input, (handle) => queue.changeVisibility(handle, visibilityMs));
  if (!isChanged) {
    throw new AwsFault('MessageNotInflight', 'The message referred to is not in flight.');
  }
  return {};
}

export function changeMessageVisibilityBatch(queue: Queue, input: Input) {
  return forEach(entriesIn(input), (entry) => changeMessageVisibility(queue, entry));
}

function withHandle<T>(input: Input, act: (handle: string) => T): T {
  const handle = textIn(input, 'ReceiptHandle');
  if (handle === '') throw invalidValue('The receipt handle must not be empty.');
  try {
    return act(handle);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new AwsFault(
      'ReceiptHandleIsInvalid',
      `The input receipt handle "${handle}" is not a valid receipt handle.`,
      404,
    );
  }
}
