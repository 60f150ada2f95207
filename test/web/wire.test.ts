import { expect, test } from 'vitest';
import type { Notification, ServerMessage } from '../../contract/protocol.ts';
import { createWireReader } from '../../web/src/wire.ts';

const message = (seq: number, after?: number): Notification => ({
  type: 'notification',
  topic: 'Pet',
  epoch: 'e',
  seq,
  ...(after !== undefined && { after }),
  id: `${seq}`,
  at: '',
  payload: seq,
});

const fill = (from: number, to: number, head = to): ServerMessage => ({
  type: 'notifications',
  topics: [
    {
      topic: 'Pet',
      epoch: 'e',
      head,
      recovered: true,
      messages: Array.from({ length: to - from + 1 }, (_, at) => message(from + at)),
      next: to,
      more: to < head,
    },
  ],
});

/** What is noted about each of these frames, after a subscription at 7. */
function notesOf(...frames: readonly ServerMessage[]): string[] {
  const read = createWireReader();
  const subscribed: ServerMessage = {
    type: 'subscribed',
    topics: [{ topic: 'Pet', epoch: 'e', head: 7 }],
  };
  const lines = [subscribed, ...frames].map((frame) => read({ direction: 'in', at: 0, frame }));
  return lines.slice(1).map(({ notes }) => notes.map(({ text }) => text).join());
}

test('what follows in sequence needs no note', () => {
  expect(notesOf(message(8), message(9))).toEqual(['', '']);
});

test('what comes too soon says what it waits for, and a fill what it fills', () => {
  expect(notesOf(message(10), fill(8, 9))).toEqual(['waits for 8–9', 'fills 8–9']);
  expect(notesOf(message(9), fill(8, 8))).toEqual(['waits for 8', 'fills 8']);
});

test('own messages between are no hole', () => {
  expect(notesOf(message(12, 7))).toEqual(['']);
});

test('what comes twice is said', () => {
  expect(notesOf(message(8), message(8))).toEqual(['', 'had it already']);
});

test('each frame of a pack is read', () => {
  expect(notesOf({ type: 'pack', frames: [message(8), message(8), message(11)] })).toEqual([
    'had it already,waits for 9–10',
  ]);
});

test('what cannot be continued is said, and the sequence goes on from there', () => {
  const lost = { topic: 'Pet', epoch: 'f', head: 3, recovered: false, reason: 'expired' } as const;
  expect(notesOf({ type: 'notifications', topics: [lost] }, { ...message(4), epoch: 'f' })).toEqual(
    ['cannot go on: expired', ''],
  );
});

test('who subscribes anew begins there', () => {
  const again = { topic: 'Pet', epoch: 'e', head: 20 };
  expect(notesOf({ type: 'subscribed', topics: [again], missed: [] }, message(21))).toEqual([
    '',
    '',
  ]);
});

test('a line tells frames of a type apart', () => {
  const read = createWireReader();
  const about = (frame: object) => read({ direction: 'out', at: 0, frame }).about;
  expect(
    about({ action: 'readNotifications', cursors: [{ topic: 'Pet', epoch: 'e', seq: 8 }] }),
  ).toBe('Pet after 8');
  expect(about({ type: 'pack', frames: [message(8), message(9)] })).toBe(
    'Pet · seq 8 · Pet · seq 9',
  );
  expect(about({ type: 'subscribed', topics: [{ topic: 'Pet', epoch: 'e', head: 7 }] })).toBe(
    'Pet at 7',
  );
});
