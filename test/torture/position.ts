import type { Cursor, Fill, Notification, Position as Told } from '../../contract/protocol.ts';

/** One topic of a reference client: the plainest thing that keeps to docs/PROTOCOL.md, and counts. */
export interface Position {
  /** Its position at the first subscription. */
  readonly from: number | undefined;
  /** Handed on, in that order; own ones too. */
  readonly numbers: readonly number[];
  readonly cursor: Cursor | undefined;
  readonly isBehind: boolean;
  readonly rawDuplicates: number;
  /** What can never be, whatever the network does. */
  readonly impossible: readonly string[];
  told(position: Told): void;
  arrived(frame: Notification): void;
  filled(fill: Fill): void;
  doubt(): void;
}

export function openPosition(topic: string): Position {
  let from: number | undefined;
  let epoch: string | null = null;
  let seq = 0;
  let isDoubtful = false;
  let rawDuplicates = 0;
  let held: Notification[] = [];
  const numbers: number[] = [];
  const ids = new Map<number, string>();
  const seen = new Set<number>();
  const impossible: string[] = [];

  const handOn = (number: number, id?: string) => {
    for (; seq < number; ) numbers.push(++seq);
    note(number, id);
  };
  const note = (number: number, id?: string) => {
    if (id === undefined) return;
    const known = ids.get(number);
    if (known !== undefined && known !== id) impossible.push(`${topic} ${number} is two messages`);
    ids.set(number, id);
  };
  const release = () => {
    const waiting = held.sort((a, b) => a.seq - b.seq);
    held = [];
    for (const frame of waiting) {
      const follows = frame.after ?? frame.seq - 1;
      if (epoch === null && follows === 0) epoch = frame.epoch;
      if (frame.epoch !== epoch) isDoubtful = true;
      else if (frame.seq <= seq) note(frame.seq, frame.id);
      else if (follows <= seq) handOn(frame.seq, frame.id);
      else held.push(frame);
    }
  };

  return {
    get from() {
      return from;
    },
    get cursor() {
      return from === undefined ? undefined : { topic, epoch, seq };
    },
    get isBehind() {
      return isDoubtful || held.length > 0;
    },
    get rawDuplicates() {
      return rawDuplicates;
    },
    numbers,
    impossible,
    told(position) {
      if (from !== undefined) return;
      ({ head: from, epoch } = position);
      seq = from;
      release();
    },
    arrived(frame) {
      if (seen.has(frame.seq)) rawDuplicates += 1;
      seen.add(frame.seq);
      held.push(frame);
      if (from !== undefined) release();
    },
    filled(fill) {
      if (!fill.recovered) {
        impossible.push(`${topic} was not recovered: ${fill.reason}`);
        return;
      }
      if (epoch !== null && fill.epoch !== epoch) impossible.push(`${topic} changed its epoch`);
      ({ epoch } = fill);
      for (const entry of fill.messages) {
        const [first, last] = 'own' in entry ? [entry.from, entry.to] : [entry.seq, entry.seq];
        if (first > seq + 1) impossible.push(`${topic}: a fill has a hole before ${first}`);
        if (last > seq) handOn(last, 'id' in entry ? entry.id : undefined);
        else note(last, 'id' in entry ? entry.id : undefined);
      }
      if (fill.next > seq)
        impossible.push(`${topic}: a fill ends at ${seq}, and says ${fill.next}`);
      isDoubtful = fill.more;
      release();
    },
    doubt() {
      isDoubtful = from !== undefined;
    },
  };
}
