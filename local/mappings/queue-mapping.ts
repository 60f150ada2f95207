import type { Resource, StageContext } from '../service.ts';
import {
  attributesDigest,
  bodyDigest,
  type MessageAttribute,
  type ReceivedMessage,
  systemAttributes,
} from '../sqs/message.ts';
import type { Queue } from '../sqs/queue.ts';
import { queueOf } from '../sqs/queue-registry.ts';
import { deliver } from './delivery.ts';
import { demandRights, type Mapping, mappingOf } from './mapping.ts';
import { reportedFailures } from './partial-batch.ts';
import { createPauses, type Pauses } from './pauses.ts';

const DEFAULTS = { batchSize: 10, properties: ['ScalingConfig'] };

/** What AWS demands of the function's role. */
const READ_RIGHTS = ['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'].map(
  (action) => `sqs:${action}`,
);
/** Lambda starts with five pollers and grows while messages wait; one machine needs no more. */
const POLLERS = 5;

/** Hands a queue's messages to a function until it is stopped. Throws a sentence when it cannot work. */
export function startQueueMapping(context: StageContext, resource: Resource): () => void {
  const mapping = mappingOf(context, resource, DEFAULTS);
  demandRights(context, mapping, READ_RIGHTS, mapping.sourceArn);
  const queue = queueOf(context, mapping.sourceArn);
  demandSense(context, mapping, queue);
  const { MaximumConcurrency: pollers = POLLERS } = (mapping.properties.ScalingConfig ?? {}) as {
    MaximumConcurrency?: number;
  };
  const pauses = createPauses(context.clock);
  for (let poller = 0; poller < Number(pollers); poller += 1) {
    poll(context, mapping, queue, pauses).catch((error) => {
      if (!pauses.isEnded) context.warn(`Mapping ${mapping.path} has stopped: ${error.stack}`);
    });
  }
  return pauses.end;
}

/** What AWS refuses when the mapping is deployed. */
function demandSense({ assembly }: StageContext, mapping: Mapping, { settings }: Queue): void {
  const { path, batchSize, windowMs, functionArn, functionName } = mapping;
  if (batchSize > DEFAULTS.batchSize && windowMs === 0) {
    throw new Error(
      `Mapping ${path} has BatchSize ${batchSize}: above ${DEFAULTS.batchSize} it needs MaximumBatchingWindowInSeconds of at least 1.`,
    );
  }
  const timeoutMs =
    Number(assembly.find('AWS::Lambda::Function', functionArn)?.properties.Timeout ?? 3) * 1_000;
  if (settings.visibilityMs < timeoutMs) {
    throw new Error(
      `Mapping ${path}: the visibility timeout of ${settings.path} (${settings.visibilityMs / 1_000} s) is shorter than the timeout of ${functionName} (${timeoutMs / 1_000} s); AWS refuses that.`,
    );
  }
}

/** One batch after the other. What fails comes back after the queue's visibility timeout. */
async function poll(
  context: StageContext,
  mapping: Mapping,
  queue: Queue,
  pauses: Pauses,
): Promise<void> {
  let wake = () => {};
  const endFollowing = queue.follow(() => wake());
  while (!pauses.isEnded) {
    const messages: ReceivedMessage[] = [];
    let closesAt = Number.POSITIVE_INFINITY;
    for (;;) {
      messages.push(...receiveWanted(context, mapping, queue, mapping.batchSize - messages.length));
      const now = context.clock.now();
      if (messages.length > 0) closesAt = Math.min(closesAt, now + mapping.windowMs);
      if (messages.length >= mapping.batchSize || closesAt <= now || pauses.isEnded) break;
      const waiting = pauses.pause(closesAt - now);
      wake = waiting.wake;
      await waiting.over;
    }
    if (pauses.isEnded) break;
    await deliverMessages(context, mapping, queue, pauses, messages);
  }
  endFollowing();
}

/** Messages that the filter leaves out are deleted, as AWS does. */
function receiveWanted(context: StageContext, mapping: Mapping, queue: Queue, limit: number) {
  const received = queue.receive(limit);
  return received.filter((message) => {
    const isWanted = mapping.isWanted(filterable(recordOf(context, mapping, message)));
    if (!isWanted) queue.delete(message.receiptHandle);
    return isWanted;
  });
}

async function deliverMessages(
  context: StageContext,
  mapping: Mapping,
  queue: Queue,
  pauses: Pauses,
  messages: readonly ReceivedMessage[],
): Promise<void> {
  const records = messages.map((message) => recordOf(context, mapping, message));
  const attempt = Math.max(...messages.map(({ receiveCount }) => receiveCount));
  const by = { what: 'queue', name: queue.settings.logicalId, attempt } as const;
  const delivery = await deliver(context, mapping, records, by);
  if (pauses.isEnded || delivery.kind === 'not-invoked' || delivery.invocation.error) return;
  const failed = mapping.reportsFailures
    ? reportedFailures(delivery.invocation.payload, new Set(messages.map(({ id }) => id)))
    : new Set<string>();
  if (failed === 'all') return;
  for (const { id, receiptHandle } of messages) {
    if (!failed.has(id)) queue.delete(receiptHandle);
  }
}

/** A message as Lambda hands it over (R, behaviour sheet 2.4). */
function recordOf({ region }: StageContext, { sourceArn }: Mapping, message: ReceivedMessage) {
  const digest = attributesDigest(message.attributes);
  return {
    messageId: message.id,
    receiptHandle: message.receiptHandle,
    body: message.body,
    attributes: systemAttributes(message),
    messageAttributes: Object.fromEntries(
      Object.entries(message.attributes).map(([name, attribute]) => [name, lowerCased(attribute)]),
    ),
    md5OfBody: bodyDigest(message.body),
    ...(digest && { md5OfMessageAttributes: digest }),
    eventSource: 'aws:sqs',
    eventSourceARN: sourceArn,
    awsRegion: region,
  };
}

const lowerCased = ({ DataType, StringValue, BinaryValue }: MessageAttribute) => ({
  ...(StringValue !== undefined && { stringValue: StringValue }),
  ...(BinaryValue !== undefined && { binaryValue: BinaryValue }),
  stringListValues: [],
  binaryListValues: [],
  dataType: DataType,
});

/** Filters look into a body that is JSON, and take any other for a string (D, event filtering with SQS). */
function filterable(record: { readonly body: string }): object {
  try {
    return { ...record, body: JSON.parse(record.body) };
  } catch {
    return record;
  }
}
