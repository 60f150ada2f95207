import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createInbox, type Inbox, type Taken } from '../../client/inbox.ts';
import type { Cursor, Notification } from '../../contract/protocol.ts';
import { happenings, live, type OpenInbox, payloadOf } from './inbox-world.ts';

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
const payloads = (messages: readonly Taken[]) => messages.map(payloadOf);

const openInbox: OpenInbox = (from) => createInbox('Pet', from);

function subscribedAt(head: number): Inbox {
  const inbox = createInbox('Pet');
  inbox.positioned({ topic: 'Pet', epoch: 'e', head });
  return inbox;
}

test('[G2] [G3] [G4] whatever the network does and whenever the page is reloaded, the application gets each message once, in sequence', () => {
  fc.assert(
    fc.property(happenings, (story) => live(openInbox, story)),
    { numRuns: 3_000 },
  );
});

const faults: Record<string, (inbox: Inbox, from?: Cursor) => Partial<Inbox>> = {
  'hands on duplicates': (inbox) => {
    let last: Taken[] = [];
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
  'hands on again after a reload what it had before': (_inbox, from) =>
    from ? createInbox('Pet', { ...from, seq: Math.max(0, from.seq - 1) }) : {},
  'skips a message of a fill': (inbox) => ({
    filled: (fill) =>
      inbox.filled(fill.recovered ? { ...fill, messages: fill.messages.slice(1) } : fill),
  }),
  'calls a part of what was missed the whole': (inbox) => ({
    filled: (fill) =>
      inbox.filled(fill.recovered ? { ...fill, next: fill.head, more: false } : fill),
  }),
  'hands on what is live before the replay ends': (inbox) => {
    let isReplaying = false;
    return {
      ask() {
        isReplaying = true;
        return inbox.ask();
      },
      arrived: (one) => inbox.arrived(isReplaying ? { ...one, after: 0 } : one),
      filled(fill) {
        isReplaying = fill.recovered && fill.more;
        return inbox.filled(fill);
      },
    };
  },
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
  const openFaulty: OpenInbox = (from) => {
    const inbox = openInbox(from);
    const fault = Object.getOwnPropertyDescriptors(plant(inbox, from));
    return Object.defineProperties(Object.create(inbox), fault);
  };
  const property = fc.property(happenings, (story) => live(openFaulty, story));
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

test('a frame that waited for the hole before it was not missed, though the fill brings it too', () => {
  const inbox = subscribedAt(0);
  inbox.arrived(frame(2));
  const { messages } = inbox.filled({
    topic: 'Pet',
    epoch: 'e',
    head: 2,
    recovered: true,
    messages: [1, 2].map((seq) => ({ seq, id: `id ${seq}`, at: '', payload: seq })),
    next: 2,
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
