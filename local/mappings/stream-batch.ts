import type { StreamRecord, TableStream } from '../dynamodb/streams.ts';
import { isOnLane, type Lane } from './lane.ts';
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

export function createBatch(mapping: StreamMapping, lane: Lane, after: number): StreamBatch {
  const records: StreamRecord[] = [];
  let through = after;
  let bytes = 0;
  const isFull = () => records.length >= mapping.batchSize || bytes >= LARGEST_BATCH;

  const fill = (stream: TableStream) => {
    while (!isFull()) {
      const read = stream.read(through, mapping.batchSize - records.length);
      if (read.through === through) return;
      for (const record of read.records) {
        if (isOnLane(record, lane) && mapping.isWanted(record.event)) {
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
