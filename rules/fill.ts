import type { Cursor, NotRecovered, OwnRange, Position } from '../contract/protocol.ts';
import { Refusal } from '../contract/refusals.ts';
import type { NotificationRow, Origin } from '../contract/tables.ts';
import type { Carried, Filled, TextFill } from './frames.ts';
import { isSame } from './sequence.ts';

/**
 * Refuses `cursor-invalid`: two cursors for one topic, and one that claims messages of a topic that never
 * had any.
 */
export function demandCursors(cursors: readonly Cursor[]): void {
  const topics = new Set(cursors.map(({ topic }) => topic));
  const areTrue = cursors.every(({ epoch, seq }) => epoch !== null || seq === 0);
  if (topics.size < cursors.length || !areTrue) throw new Refusal('cursor-invalid');
}

/** Can this cursor be continued at all? `epoch` in the position is the one that clients see. */
export function judgeCursor(
  cursor: Cursor,
  position: Position,
): 'current' | 'behind' | NotRecovered {
  if (cursor.epoch !== null && cursor.epoch !== position.epoch) return 'epoch-changed';
  if (cursor.seq > position.head) return 'ahead';
  return cursor.seq === position.head ? 'current' : 'behind';
}

/** Who reads, and what a message is carried as for them. */
export interface Reading {
  /** Whose own messages come back as ranges without payload. */
  readonly reader: Origin | undefined;
  readonly carry: (row: NotificationRow) => Carried;
}

/**
 * What followed a cursor, from the rows that were read [G4]. `rows` are in order of `seq` and all of
 * (cursor, up to where reading stopped]; a number that is missing among them has expired, and then
 * the answer is an explicit `recovered: false`, never a part presented as the whole.
 */
export function fill(
  position: Position,
  cursor: Cursor,
  rows: readonly NotificationRow[],
  isComplete: boolean,
  reading: Reading,
): TextFill {
  let next = cursor.seq;
  const messages: (Filled | OwnRange)[] = [];
  for (const row of rows) {
    if (row.seq !== next + 1) return notRecovered(position, 'expired');
    next = row.seq;
    append(messages, row, next, reading);
  }
  if (isComplete && next < position.head) return notRecovered(position, 'expired');
  return { ...position, recovered: true, messages, next, more: next < position.head };
}

export const notRecovered = (position: Position, reason: NotRecovered): TextFill => ({
  ...position,
  recovered: false,
  reason,
});

function append(
  messages: (Filled | OwnRange)[],
  row: NotificationRow,
  seq: number,
  { reader, carry }: Reading,
): void {
  if (reader === undefined || row.origin === undefined || !isSame(row.origin, reader)) {
    messages.push({ seq, id: row.id, at: row.at, carried: carry(row) });
    return;
  }
  const last = messages.at(-1);
  if (last && 'own' in last) messages[messages.length - 1] = { ...last, to: seq };
  else messages.push({ own: true, from: seq, to: seq });
}
