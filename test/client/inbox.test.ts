import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createInbox, type Inbox, type Received } from '../../client/inbox.ts';
import type { Notification } from '../../contract/protocol.ts';
import { happenings, live } from './inbox-world.ts';

const frame = (seq: number, more: Partial<Notification> = {}): Notification => ({
  type: 'notification',
  topic: 'Pet',
  epoch: 'e',
  seq,
  id: `id ${seq}`,
  at: '2026-01-01T00:00:00Z',
  payload: seq,
  ...more,
});
const payloads = (messages: readonly Received[]) => messages.map(({ payload }) => payload);

function subscribedAt(head: number): Inbox {
  const inbox = createInbox('Pet');
  inbox.positioned({ topic: 'Pet', epoch: 'e', head });
  return inbox;
}

test('[G2] [G3] [G4] whatever the network does, the application gets each message once, in sequence', () => {
  fc.assert(
    fc.property(happenings, (story) => live(createInbox('Pet'), story)),
    { numRuns: 3_000 },
  );
});

const faults: Record<string, (inbox: Inbox) => Partial<Inbox>> = {
  'hands on duplicates': (inbox) => {
    let last: Received[] = [];
    return {
      arrived(one) {
        const messages = inbox.arrived(one);
        if (messages.length > 0) last = messages;
        return messages.length > 0 || one.seq !== last.at(-1)?.seq ? messages : last;
      },
    };
  },
  'steps over gaps': (inbox) => ({
    arrived: (one) => inbox.arrived({ ...one, after: 0 }),
  }),
  'does not count own messages': (inbox) => ({
    filled(fill) {
      if (!fill.recovered) return inbox.filled(fill);
      const messages = fill.messages.filter((entry) => !('own' in entry));
      const last = messages.at(-1);
      return inbox.filled({ ...fill, messages, next: last && 'seq' in last ? last.seq : 0 });
    },
  }),
  'hands on in reverse': (inbox) => ({
    arrived: (one) => inbox.arrived(one).reverse(),
    filled(fill) {
      const { messages, ...rest } = inbox.filled(fill);
      return { messages: messages.reverse(), ...rest };
    },
  }),
  'believes that nothing is ever missing': () => ({
    get behind() {
      return false;
    },
  }),
  'goes on as if nothing was lost': (inbox) => ({
    filled: (fill) =>
      inbox.filled(
        fill.recovered
          ? fill
          : { ...fill, recovered: true, messages: [], next: fill.head, more: false },
      ),
  }),
};

test.each(Object.keys(faults))('an inbox that %s is found out', (name) => {
  const plant = faults[name] ?? (() => ({}));
  const property = fc.property(happenings, (story) => {
    const inbox = createInbox('Pet');
    const faulty = Object.defineProperties(
      Object.create(inbox),
      Object.getOwnPropertyDescriptors(plant(inbox)),
    );
    live(faulty, story);
  });
  expect(fc.check(property, { numRuns: 3_000 }).failed).toBe(true);
});

test('[S1-08] own messages in between move the position without a payload', () => {
  const inbox = subscribedAt(3);
  expect(payloads(inbox.arrived(frame(7, { after: 3 })))).toEqual([7]);
  expect(inbox.cursor?.seq).toBe(7);
  expect(inbox.behind).toBe(false);
});

test('a frame that comes too soon waits for the one before it', () => {
  const inbox = subscribedAt(0);
  expect(inbox.arrived(frame(2))).toEqual([]);
  expect(inbox.behind).toBe(true);
  expect(payloads(inbox.arrived(frame(1)))).toEqual([1, 2]);
  expect(inbox.behind).toBe(false);
});

test('what is filled in says that it was recovered, what comes live does not', () => {
  const inbox = subscribedAt(0);
  inbox.arrived(frame(2));
  const { messages } = inbox.filled({
    topic: 'Pet',
    epoch: 'e',
    head: 2,
    recovered: true,
    messages: [{ seq: 1, id: 'id 1', at: '', payload: 1 }],
    next: 1,
    more: false,
  });
  expect(messages.map(({ seq, recovered }) => [seq, recovered])).toEqual([
    [1, true],
    [2, false],
  ]);
});

test('a topic without any message takes its epoch from the first one', () => {
  const inbox = createInbox('Pet');
  inbox.positioned({ topic: 'Pet', epoch: null, head: 0 });
  expect(payloads(inbox.arrived(frame(1)))).toEqual([1]);
  expect(inbox.cursor).toEqual({ topic: 'Pet', epoch: 'e', seq: 1 });
});

test('[G4] what cannot be continued is told, and live messages go on from the new position', () => {
  const inbox = subscribedAt(9);
  expect(inbox.arrived(frame(3, { epoch: 'later' }))).toEqual([]);
  const fill = { topic: 'Pet', epoch: 'later', head: 2 } as const;
  const { messages, lost } = inbox.filled({ ...fill, recovered: false, reason: 'epoch-changed' });
  expect(lost).toBe('epoch-changed');
  expect(payloads(messages)).toEqual([3]);
});

test('no flood of early frames fills the memory, and none of it is missing in the end', () => {
  const inbox = subscribedAt(0);
  for (let seq = 2; seq <= 2_000; seq += 1) inbox.arrived(frame(seq));
  const entries = Array.from({ length: 2_000 }, (_, index) => ({
    seq: index + 1,
    id: '',
    at: '',
    payload: index + 1,
  }));
  const { messages } = inbox.filled({
    topic: 'Pet',
    epoch: 'e',
    head: 2_000,
    recovered: true,
    messages: entries,
    next: 2_000,
    more: false,
  });
  expect(payloads(messages)).toEqual(entries.map(({ payload }) => payload));
  expect(inbox.behind).toBe(false);
});
