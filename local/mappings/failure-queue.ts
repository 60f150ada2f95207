import type { StreamRecord } from '../dynamodb/streams.ts';
import type { Invocation, StageContext } from '../service.ts';
import { queueOf } from '../sqs/queue-registry.ts';
import { demandRights, type Mapping } from './mapping.ts';

/** Where a mapping accounts for what it gave up. */
export interface FailureQueue {
  park(failure: Failure): void;
}

interface Failure {
  readonly batch: readonly StreamRecord[];
  /** `RetryAttemptsExhausted` or `EventAgeExceeded`. */
  readonly condition: string;
  readonly shardId: string;
  readonly invocations: number;
  readonly last?: Invocation;
}

/** Opens the on-failure destination; undefined when there is none. Throws a sentence unless it is a queue it may write to. */
export function openFailureQueue(
  context: StageContext,
  mapping: Mapping,
): FailureQueue | undefined {
  const { OnFailure: destination } = (mapping.properties.DestinationConfig ?? {}) as {
    OnFailure?: { Destination?: string };
  };
  if (destination?.Destination === undefined) return undefined;
  const { Destination: arn } = destination;
  if (!arn.startsWith('arn:aws:sqs:')) {
    throw new Error(
      `Mapping ${mapping.path} sends failures to ${arn}: the local stage sends them to SQS queues only.`,
    );
  }
  demandRights(context, mapping, ['sqs:SendMessage'], arn);
  const queue = queueOf(context, arn);
  return {
    park: (failure) => {
      const body = JSON.stringify(accountOf(context, mapping, failure));
      queue.send({ body, attributes: {}, senderId: mapping.role.name });
    },
  };
}

/** The record that AWS sends to SQS: where the batch is to be found, not what was in it (R, behaviour sheet 2.1). */
function accountOf(
  { clock }: StageContext,
  { functionArn, sourceArn }: Mapping,
  { batch, condition, shardId, invocations, last }: Failure,
) {
  const [first] = batch;
  const newest = batch.at(-1);
  return {
    requestContext: {
      requestId: last?.requestId ?? '',
      functionArn,
      condition,
      approximateInvokeCount: invocations,
    },
    ...(last && {
      responseContext: {
        statusCode: 200,
        executedVersion: '$LATEST',
        functionError: last.error ?? null,
      },
    }),
    version: '1.0',
    timestamp: isoTime(clock.now()),
    DDBStreamBatchInfo: {
      shardId,
      startSequenceNumber: first?.event.dynamodb.SequenceNumber,
      endSequenceNumber: newest?.event.dynamodb.SequenceNumber,
      approximateArrivalOfFirstRecord: isoTime(first?.createdAt ?? 0),
      approximateArrivalOfLastRecord: isoTime(newest?.createdAt ?? 0),
      batchSize: batch.length,
      streamArn: sourceArn,
    },
  };
}

const isoTime = (ms: number) => new Date(ms).toISOString();
