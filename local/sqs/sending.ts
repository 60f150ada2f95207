import { AwsFault, type Principal } from '../service.ts';
import { entriesIn, type Input, secondsIn, textIn } from './input.ts';
import { attributesDigest, bodyDigest, type MessageAttributes, messageSize } from './message.ts';
import type { Queue } from './queue.ts';
import { LARGEST_MESSAGE } from './queue-settings.ts';
import { failedEntry, invalidValue } from './sqs-fault.ts';

const LONGEST_DELAY_S = 900;
const MOST_ATTRIBUTES = 10;
/** XML's characters: what SQS takes in a body (D, SendMessage). */
const FORBIDDEN = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;

export function sendMessage(queue: Queue, input: Input, sender: Principal) {
  const { MessageBody: body, MessageAttributes: attributes } = checkedMessage(queue, input);
  const delayMs = secondsIn(input, 'DelaySeconds', LONGEST_DELAY_S);
  const MessageId = queue.send({ body, attributes, senderId: sender.name }, delayMs);
  return {
    MessageId,
    MD5OfMessageBody: bodyDigest(body),
    MD5OfMessageAttributes: attributesDigest(attributes),
  };
}

export function sendMessageBatch(queue: Queue, input: Input, sender: Principal) {
  const entries = entriesIn(input);
  const total = entries.reduce(
    (bytes, entry) => bytes + messageSize(textIn(entry, 'MessageBody'), attributesIn(entry)),
    0,
  );
  if (total > LARGEST_MESSAGE) {
    throw new AwsFault(
      'BatchRequestTooLong',
      `Batch requests cannot be longer than ${LARGEST_MESSAGE} bytes. You have sent ${total} bytes.`,
    );
  }
  return forEach(entries, (entry) => sendMessage(queue, entry, sender));
}

/** Does it to each entry; one that is refused does not keep the others. */
export function forEach<T extends object>(
  entries: ReadonlyArray<Input & { readonly Id: string }>,
  act: (entry: Input) => T,
) {
  const Successful: Array<T & { Id: string }> = [];
  const Failed: Array<ReturnType<typeof failedEntry>> = [];
  for (const entry of entries) {
    try {
      Successful.push({ Id: entry.Id, ...act(entry) });
    } catch (error) {
      if (!(error instanceof AwsFault)) throw error;
      Failed.push(failedEntry(entry.Id, error));
    }
  }
  return { Successful, Failed };
}

function checkedMessage({ settings }: Queue, input: Input) {
  const MessageBody = textIn(input, 'MessageBody');
  const MessageAttributes = attributesIn(input);
  const size = messageSize(MessageBody, MessageAttributes);
  if (MessageBody === '' || size > settings.largestMessage) {
    throw invalidValue(
      `One or more parameters are invalid. Reason: Message must be at least one byte and shorter than ${settings.largestMessage} bytes.`,
    );
  }
  if (FORBIDDEN.test(MessageBody)) {
    throw new AwsFault(
      'InvalidMessageContents',
      'Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF',
    );
  }
  return { MessageBody, MessageAttributes };
}

function attributesIn(input: Input): MessageAttributes {
  const attributes = (input.MessageAttributes ?? {}) as MessageAttributes;
  const entries = Object.entries(attributes);
  if (entries.length > MOST_ATTRIBUTES) {
    throw invalidValue(
      `Number of message attributes [${entries.length}] exceeds the allowed maximum [${MOST_ATTRIBUTES}].`,
    );
  }
  for (const [name, { DataType, StringValue, BinaryValue }] of entries) {
    const isBinary = /^Binary(\.|$)/.test(DataType);
    const value = isBinary ? BinaryValue : StringValue;
    if (!/^(String|Number|Binary)(\.|$)/.test(DataType)) {
      throw invalidValue(
        `The message attribute '${name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.`,
      );
    }
    if (typeof value !== 'string' || value === '') {
      throw invalidValue(
        `The message attribute '${name}' must contain a non-empty message attribute value of type '${DataType}'.`,
      );
    }
  }
  return attributes;
}
