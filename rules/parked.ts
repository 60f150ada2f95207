import type { QueueName } from '../contract/functions.ts';
import { topicKey } from '../contract/tables.ts';

/** Fields of parked messages that are names and counts, never content. */
const TOLD = [
  'tenant',
  'topic',
  'topics',
  'id',
  'page',
  'userId',
  'sessionId',
  'connectionId',
  'type',
  'source',
  'eventId',
] as const;

/** What a parked message is about, by the names in its body; nothing of one that is no JSON object. */
export function aboutOf(body: string): Readonly<Record<string, unknown>> {
  const message = readObject(body);
  const told = TOLD.flatMap((name) => (name in message ? [[name, message[name]] as const] : []));
  const { DDBStreamBatchInfo: batch } = message as { DDBStreamBatchInfo?: StreamBatch };
  return {
    ...Object.fromEntries(told),
    ...(batch && { records: batch.batchSize, from: batch.startSequenceNumber }),
  };
}

/** Why a stream gave a batch up; undefined for a message that is no account of one. */
export function conditionOf(body: string): string | undefined {
  const { requestContext } = readObject(body) as { requestContext?: { condition?: string } };
  return requestContext?.condition;
}

/** Is this message of a queue about that topic? `key` is the topic's. */
export function isOfTopic(queue: QueueName, body: string, key: string): boolean {
  const message = readObject(body);
  if (queue === 'delivery') return message.topic === key;
  const { tenant, topics } = message;
  return Array.isArray(topics) && topics.some((topic) => topicKey(`${tenant}`, `${topic}`) === key);
}

interface StreamBatch {
  readonly batchSize?: number;
  readonly startSequenceNumber?: string;
}

function readObject(body: string): Readonly<Record<string, unknown>> {
  try {
    const read: unknown = JSON.parse(body);
    return typeof read === 'object' && read !== null ? { ...read } : {};
  } catch {
    return {};
  }
}
