import { openStream } from '../dynamodb/streams.ts';
import type { Resource, StageContext } from '../service.ts';
import { openCheckpoint } from './checkpoint.ts';
import { batchOf } from './delivery.ts';
import { openFailureQueue } from './failure-queue.ts';
import { type Lane, lanesOf } from './lane.ts';
import { demandRights, mappingOf } from './mapping.ts';
import { createPauses } from './pauses.ts';
import { createBatch } from './stream-batch.ts';
import {
  deliverStreamBatch,
  type LaneProps,
  type StreamMapping,
  sourceName,
} from './stream-delivery.ts';

const DEFAULTS = {
  batchSize: 100,
  properties: [
    'BisectBatchOnFunctionError',
    'DestinationConfig',
    'MaximumRecordAgeInSeconds',
    'MaximumRetryAttempts',
    'ParallelizationFactor',
    'StartingPosition',
  ],
};

/** What AWS demands of the function's role. */
const READ_RIGHTS = ['DescribeStream', 'GetRecords', 'GetShardIterator', 'ListStreams'].map(
  (action) => `dynamodb:${action}`,
);

/** Reads a table's stream into a function until it is stopped. Throws a sentence when it cannot work. */
export function startStreamMapping(context: StageContext, resource: Resource): () => void {
  const mapping = streamMappingOf(context, resource);
  demandRights(context, mapping, READ_RIGHTS, mapping.sourceArn);
  const stream = openStream(context, mapping.sourceArn);
  const pauses = createPauses(context.clock);
  const checkpoint = openCheckpoint(context.store, mapping, () =>
    mapping.startsLatest ? stream.latest() : 0,
  );
  const start = (lane: Lane, from: number) => {
    const keep = (position: number) => {
      // After the stop a batch counts as not delivered, and comes again.
      if (!pauses.isEnded) checkpoint.keep(lane, position);
    };
    const split = (position: number) => {
      for (const half of checkpoint.split(lane)) start(half, position);
    };
    const props = { context, mapping, stream, pauses, keep };
    runLane(props, lane, from, split).catch((error) => {
      if (!pauses.isEnded) context.warn(`Mapping ${mapping.path} has stopped: ${error.stack}`);
    });
  };
  for (const lane of mapping.lanes) start(lane, checkpoint.start);
  return pauses.end;
}

function streamMappingOf(context: StageContext, resource: Resource): StreamMapping {
  const mapping = mappingOf(context, resource, DEFAULTS);
  const { properties, path } = mapping;
  const startingPosition = String(properties.StartingPosition);
  if (startingPosition !== 'TRIM_HORIZON' && startingPosition !== 'LATEST') {
    throw new Error(`Mapping ${path} needs StartingPosition TRIM_HORIZON or LATEST.`);
  }
  return {
    ...mapping,
    startsLatest: startingPosition === 'LATEST',
    lanes: lanesOf(Number(properties.ParallelizationFactor ?? 1)),
    retries: unlessForever(properties.MaximumRetryAttempts),
    maximumAgeMs: unlessForever(properties.MaximumRecordAgeInSeconds) * 1_000,
    bisects: String(properties.BisectBatchOnFunctionError) === 'true',
    failures: openFailureQueue(context, mapping),
  };
}

/** −1, AWS's default, stands for "as long as the record lives". */
function unlessForever(value: unknown): number {
  const number = Number(value ?? -1);
  return number === -1 ? Number.POSITIVE_INFINITY : number;
}

/** One batch after the other. With several lanes, each takes the items whose keys fall to it. */
async function runLane(
  props: LaneProps,
  lane: Lane,
  start: number,
  split: (position: number) => void,
): Promise<void> {
  const { context, mapping, stream, pauses, keep } = props;
  const name = sourceName(context, stream.tableId);
  let position = start;
  let wake = () => {};
  const endFollowing = stream.follow(() => wake());

  const gather = async () => {
    const batch = createBatch(mapping, lane, position);
    let closesAt = Number.POSITIVE_INFINITY;
    for (;;) {
      batch.fill(stream);
      const now = context.clock.now();
      if (batch.records.length === 0) keep(batch.through());
      else closesAt = Math.min(closesAt, now + mapping.windowMs);
      if (batch.isFull() || closesAt <= now || pauses.isEnded) return batch;
      const waiting = pauses.pause(closesAt - now);
      wake = waiting.wake;
      await waiting.over;
    }
  };

  while (!pauses.isEnded) {
    const { records, through } = await gather();
    if (context.gates.meet(batchOf(mapping, records, { name }, 'shard'))) {
      endFollowing();
      return split(position);
    }
    await deliverStreamBatch(props, records);
    position = through();
    keep(position);
  }
  endFollowing();
}
