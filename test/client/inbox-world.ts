import fc from 'fast-check';
import type { Inbox, Taken } from '../../client/inbox.ts';
import type { Cursor, Fill, Notification, OwnRange } from '../../contract/protocol.ts';

/** What may happen around one inbox, and how often. */
const weights = {
  publish: 18,
  deliver: 18,
  repeat: 3,
  lose: 3,
  subscribed: 3,
  ask: 3,
  answer: 6,
  reload: 2,
  restore: 1,
};
type What = keyof typeof weights;

interface Happening {
  readonly what: What;
  /** Chooses among what there is at that moment. */
  readonly dice: number;
}

const what = fc.oneof(
  ...Object.entries(weights).map(([name, weight]) => ({
    weight,
    arbitrary: fc.constant(name as What),
  })),
);
export const happenings: fc.Arbitrary<Happening[]> = fc.array(
  fc.record({ what, dice: fc.nat({ max: 23 }) }),
  { maxLength: 60, size: 'max' },
);

const TOPIC = 'Pet';
/** Fills that a page of four needs at most for what 60 happenings publish, and some more. */
const FILLS_ENOUGH = 100;

export const payloadOf = (message: Taken): unknown =>
  'payload' in message ? message.payload : message.reference;

/** A page's inbox of the topic; with a cursor, it goes on from where the page before it was. */
export type OpenInbox = (from?: Cursor) => Inbox;

/**
 * Lets an inbox live through these happenings and through reloads of its page, then through a reconnect that
 * reads what is missing. Throws unless the application got each message of others after the subscription once and in
 * sequence, except across a loss that was told.
 */
export function live(open: OpenInbox, story: readonly Happening[]): void {
  let inbox = open();
  let epoch: string | null = null;
  let epochs = 0;
  let log: { own: boolean }[] = [];
  /** Of epochs that are over, too: their frames may still be under way. */
  const logs = new Map<string | null, typeof log>([[null, log]]);
  let network: Notification[] = [];
  let asked: Cursor | undefined;
  let subscribed = false;
  /** What the application has to get next: everything of others above this. */
  let base = { epoch: null as string | null, seq: 0 };
  let got: unknown[] = [];

  function begin(): void {
    epoch = `epoch ${++epochs}`;
    log = [];
    logs.set(epoch, log);
  }

  const written = (at: string | null, seq: number) => `${at}/${seq}`;
  const frameOf = (seq: number): Notification => {
    let after = seq - 1;
    while (after > 0 && log[after - 1]?.own) after -= 1;
    const frame = {
      type: 'notification',
      topic: TOPIC,
      epoch: epoch ?? '',
      seq,
      id: `${seq}`,
      at: '',
    } as const;
    return { ...frame, payload: written(epoch, seq), ...(after < seq - 1 ? { after } : {}) };
  };

  function fillFor(cursor: Cursor, pageSize: number): Fill {
    const position = { topic: TOPIC, epoch, head: log.length };
    const isOther = cursor.epoch !== null && cursor.epoch !== epoch;
    if (isOther) return { ...position, recovered: false, reason: 'epoch-changed' };
    const page = log.slice(cursor.seq, cursor.seq + pageSize);
    const messages = page.map(({ own }, index) => {
      const seq = cursor.seq + index + 1;
      const range: OwnRange = { own: true, from: seq, to: seq };
      return own ? range : { seq, id: `${seq}`, at: '', payload: written(epoch, seq) };
    });
    const next = cursor.seq + page.length;
    return { ...position, recovered: true, messages, next, more: next < log.length };
  }

  /** What should have come since the base: all of it, or at least the beginning of it. */
  function judge(end: 'whole' | 'beginning'): void {
    const its = logs.get(base.epoch) ?? [];
    const expected = its
      .map(({ own }, index) => ({ own, seq: index + 1 }))
      .filter(({ own, seq }) => seq > base.seq && !own)
      .map(({ seq }) => written(base.epoch, seq));
    const fair = end === 'whole' ? expected : expected.slice(0, got.length);
    if (JSON.stringify(got) !== JSON.stringify(fair)) {
      throw new Error(`Got ${JSON.stringify(got)}, expected ${JSON.stringify(fair)}.`);
    }
  }

  function take(messages: readonly Taken[]): void {
    got.push(...messages.map(payloadOf));
    base.epoch ??= inbox.cursor?.epoch ?? null;
  }

  function subscribe(): void {
    if (subscribed) return;
    subscribed = true;
    base = { epoch, seq: log.length };
    take(inbox.positioned({ topic: TOPIC, epoch, head: log.length }));
  }

  function answer(pageSize: number): void {
    if (!asked) return;
    const fill = fillFor(asked, pageSize);
    asked = undefined;
    const { messages, lost } = inbox.filled(fill);
    if (lost) {
      judge('beginning');
      base = { epoch, seq: fill.head };
      got = [];
    }
    take(messages);
  }

  const steps: Record<What, (dice: number) => void> = {
    publish(dice) {
      const own = dice % 3 === 0;
      if (epoch === null) begin();
      log.push({ own });
      if (!own) network.push(frameOf(log.length));
    },
    deliver(dice) {
      const [frame] = network.splice(dice % (network.length || 1), 1);
      if (frame) take(inbox.arrived(frame));
    },
    repeat(dice) {
      const frame = network[dice % (network.length || 1)];
      if (frame) take(inbox.arrived(frame));
    },
    lose(dice) {
      network.splice(dice % (network.length || 1), 1);
    },
    subscribed: subscribe,
    ask() {
      if (subscribed) asked = inbox.ask();
    },
    answer: (dice) => answer(1 + (dice % 4)),
    reload() {
      asked = undefined;
      if (subscribed) inbox = open(inbox.cursor);
      else inbox = open();
    },
    restore() {
      begin();
      network = network.slice(0, 2);
    },
  };
  for (const { what, dice } of story) steps[what](dice);
  subscribe();
  for (const frame of network) take(inbox.arrived(frame));
  inbox.doubt();
  for (let fills = 0; inbox.behind; fills += 1) {
    if (fills > FILLS_ENOUGH) throw new Error('It never catches up.');
    asked = inbox.ask();
    answer(4);
  }
  if ((inbox.cursor?.epoch ?? null) !== epoch)
    throw new Error('It stays in an epoch that is over.');
  judge('whole');
}
