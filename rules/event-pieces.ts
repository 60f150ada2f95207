import type { BusEvent } from '../contract/events.ts';
import { EVENT_BYTES_PER_PUT, EVENTS_PER_PUT } from '../contract/limits.ts';

/** In their order, in pieces that one PutEvents takes each: by number and by size. */
export function eventPieces(events: readonly BusEvent[]): BusEvent[][] {
  const pieces: BusEvent[][] = [];
  let bytes = 0;
  for (const event of events) {
    const size = entryBytes(event);
    const piece = pieces.at(-1);
    if (piece && piece.length < EVENTS_PER_PUT && bytes + size <= EVENT_BYTES_PER_PUT) {
      piece.push(event);
      bytes += size;
    } else {
      pieces.push([event]);
      bytes = size;
    }
  }
  return pieces;
}

/** As EventBridge counts an entry. */
const entryBytes = ({ source, type, detail }: BusEvent): number =>
  Buffer.byteLength(source) + Buffer.byteLength(type) + Buffer.byteLength(detail);
