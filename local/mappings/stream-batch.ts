import type { StreamRecord, TableStream } from '../dynamodb/streams.ts';
import type { StreamMapping } from './stream-delivery.ts';

/** Lambda's limit for a synchronous payload. */
const LARGEST_BATCH = 6 * 1_048_576;

/** The records of a lane's next invocation, gathered from the stream after a position. */
export interface StreamBatch {
  readonly records: readonly StreamRecord[];
  /** Takes what is there now. */
  fill(stream: TableStream): void;
  isFull(): boolean;
  /** The position up to which everything is in the batch, or not for this lane or this function. */
  through(): number;
}

export function createBatch(mapping: StreamMapping, lane: number, after: number): StreamBatch {
  const records: StreamRecord[] = [];
  let through = after;
  let bytes = 0;
  const isFull = () => records.length >= mapping.batchSize || bytes >= LARGEST_BATCH;

  const fill = (stream: TableStream) => {
    while (!isFull()) {
      const read = stream.read(through, mapping.batchSize - records.length);
      if (read.through === through) return;
      for (const record of read.records) {
        if (laneOf(record, mapping.lanes) === lane && mapping.isWanted(record.event)) {
          const size = JSON.stringify(record.event).length;
          if (bytes + size > LARGEST_BATCH && records.length > 0) {
            bytes = LARGEST_BATCH;
            return;
          }
          bytes += size;
          records.push(record);
        }
        through = record.position;
      }
      through = read.through;
    }
  };
  return { records, fill, isFull, through: () => through };
}

/** Records of one item always fall to the same lane, so that their order is kept. */
function laneOf(record: StreamRecord, lanes: number): number {
  if (lanes === 1) return 0;
  const keys = Object.entries(record.event.dynamodb.Keys).sort(([a], [b]) => (a < b ? -1 : 1));
  let sum = 0;
  for (const character of JSON.stringify(keys)) {
    sum = (Math.imul(sum, 31) + (character.codePointAt(0) ?? 0)) >>> 0;
  }
  return sum % lanes;
}
