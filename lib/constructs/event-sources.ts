import { Duration, Validations } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';

/** As many messages as one call to SQS brings. */
const QUEUE_BATCH = 10;
/** Ten at once take a thousand messages a second: twice what an account admits of new connections. */
const QUEUE_CONCURRENCY = 10;

/** Rights apart: the function has those already, exactly. */
export function takeFromQueue(
  consumer: lambda.Function,
  queue: IQueue,
  batchSize = QUEUE_BATCH,
): void {
  const mapping = consumer.addEventSourceMapping('Queue', {
    eventSourceArn: queue.queueArn,
    batchSize,
    maxConcurrency: QUEUE_CONCURRENCY,
    reportBatchItemFailures: true,
  });
  Validations.of(mapping).acknowledge({
    id: 'Serverless-LambdaEventSourceMappingDestination',
    reason: 'Lambda has none for queues: the queue itself has a dead-letter queue.',
  });
}

/** Rights apart: the function has those already, exactly. */
export function followStream(
  consumer: lambda.Function,
  source: {
    readonly streamArn: string;
    readonly filters: readonly object[];
    readonly failures: IQueue;
  },
): void {
  consumer.addEventSourceMapping('Stream', {
    eventSourceArn: source.streamArn,
    filters: source.filters.map((filter) => ({ pattern: JSON.stringify(filter) })),
    // LATEST can miss what is written while the mapping comes up.
    startingPosition: lambda.StartingPosition.TRIM_HORIZON,
    batchSize: 100,
    parallelizationFactor: 1,
    reportBatchItemFailures: true,
    // Finite on every side, or one poisonous record would stop its shard until it ages out.
    bisectBatchOnError: true,
    retryAttempts: 10,
    // Streams forget after 24 h: what is given up must still be there to be looked at.
    maxRecordAge: Duration.hours(12),
    onFailure: { bind: () => ({ destination: source.failures.queueArn }) },
  });
}
