import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Audience, createAudience, type Subscriber } from '../../client/audience.ts';
import type { Received, Taken } from '../../client/inbox.ts';

/** What may happen around the subscribers of one topic, and how often. */
const weights = {
  small: 6,
  large: 4,
  lose: 1,
  arrive: 8,
  fail: 2,
  vanish: 1,
  join: 2,
  leave: 1,
  pause: 1,
  resume: 2,
  wait: 3,
};
type What = keyof typeof weights;

const story = fc.array(
  fc.record({
    what: fc.oneof(
      ...Object.entries(weights).map(([name, weight]) => ({
        weight,
        arbitrary: fc.constant(name as What),
      })),
    ),
    dice: fc.nat({ max: 11 }),
  }),
  { maxLength: 50, size: 'max' },
);
type Story = typeof story extends fc.Arbitrary<infer Its> ? Its : never;

/** Something that a subscriber waits for: a payload, or its own state. */
interface Pending {
  readonly seq?: number;
  settle(outcome: 'here' | 'failed' | 'gone'): void;
}

/** What one subscriber was told of, and has to have in the end. */
interface Listener {
  readonly subscriber: Subscriber;
  readonly got: (number | string)[];
  readonly owed: (number | string)[];
  isLoading: boolean;
}

const TOPIC = 'Pet';
/** Longer than any pause between two tries. */
const LONG_MS = 25_000;

/**
 * Lets an audience live through this. Throws unless each subscriber got everything that it was owed, once and
 * in sequence, nothing while its state was loading or the audience paused, and the position was never ahead
 * of anybody.
 */
async function live(
  open: (shared: Parameters<typeof createAudience>[1]) => Audience,
  steps: Story,
): Promise<void> {
  let seq = 0;
  let isPaused = false;
  let position = 0;
  const pending: Pending[] = [];
  const gone = new Set<number>();
  const listeners: Listener[] = [];
  const complain = (what: string) => {
    throw new Error(what);
  };
  const faults: Error[] = [];

  const waiting = <Outcome>(seq: number | undefined, here: Outcome, goneOutcome: Outcome) =>
    new Promise<Outcome>((resolve, reject) => {
      const one: Pending = {
        ...(seq !== undefined && { seq }),
        settle(outcome) {
          pending.splice(pending.indexOf(one), 1);
          if (outcome === 'failed') reject(new Error('failed'));
          else resolve(outcome === 'gone' ? goneOutcome : here);
        },
      };
      pending.push(one);
    });

  const fetching = new Map<number, Promise<Received | undefined>>();
  const audience = open({
    fetch(message) {
      const { reference, ...about } = message;
      const its =
        fetching.get(message.seq) ??
        waiting<Received | undefined>(message.seq, { ...about, payload: message.seq }, undefined);
      fetching.set(message.seq, its);
      its.catch(() => fetching.delete(message.seq));
      return its;
    },
    tell() {},
    isPaused: () => isPaused,
    moved() {
      const now = audience.position({ topic: TOPIC, epoch: 'e', seq });
      if (!now) return;
      position = now.seq;
      for (const { got, owed } of listeners) {
        const next = owed[got.length];
        if (typeof next === 'number' && next <= position && !gone.has(next)) {
          faults.push(new Error(`The position is ${position}, and ${next} was not handed on.`));
        }
      }
    },
  });

  function join(): void {
    const listener: Listener = {
      got: [],
      owed: listeners.length > 0 ? ['subscribed'] : [],
      isLoading: false,
      subscriber: {
        handler({ seq: its }) {
          if (isPaused) faults.push(new Error('It was handed on in a pause.'));
          if (listener.isLoading) faults.push(new Error('It was handed on while loading.'));
          listener.got.push(its);
        },
        async load(why) {
          listener.isLoading = true;
          try {
            await waiting(undefined, undefined, undefined);
            listener.isLoading = false;
            listener.got.push(why);
          } finally {
            listener.isLoading = false;
          }
        },
      },
    };
    audience.add(listener.subscriber, listeners.length > 0 ? 'subscribed' : undefined);
    listeners.push(listener);
  }

  const hand = (content: { payload: unknown } | { reference: { href: string; bytes: number } }) => {
    seq += 1;
    for (const { owed } of listeners) owed.push(seq);
    const about = { topic: TOPIC, epoch: 'e', seq, id: `${seq}`, at: '', recovered: false };
    const message: Taken = { ...about, ...content };
    audience.hand([message]);
  };

  const settleOne = (dice: number, outcome: 'here' | 'failed' | 'gone') => {
    const one = pending[dice % (pending.length || 1)];
    if (!one) return;
    const isGone = outcome === 'gone' && one.seq !== undefined;
    if (isGone) gone.add(Number(one.seq));
    one.settle(isGone || outcome === 'failed' ? outcome : 'here');
  };

  const acts: Record<What, (dice: number) => void> = {
    small: () => hand({ payload: seq + 1 }),
    large: () => hand({ reference: { href: '', bytes: 1 } }),
    lose() {
      for (const { owed } of listeners) owed.push('expired');
      audience.load('expired');
    },
    arrive: (dice) => settleOne(dice, 'here'),
    fail: (dice) => settleOne(dice, 'failed'),
    vanish: (dice) => settleOne(dice, 'gone'),
    join,
    leave(dice) {
      if (listeners.length < 2) return;
      const [listener] = listeners.splice(dice % listeners.length, 1);
      if (listener) audience.remove(listener.subscriber);
    },
    pause() {
      isPaused = true;
    },
    resume() {
      isPaused = false;
      audience.resume();
    },
    wait() {},
  };

  join();
  for (const { what, dice } of steps) {
    acts[what](dice);
    await vi.advanceTimersByTimeAsync(what === 'wait' ? LONG_MS : 0);
  }
  acts.resume(0);
  for (let rounds = 0; rounds < 300; rounds += 1) {
    for (const one of [...pending]) one.settle('here');
    await vi.advanceTimersByTimeAsync(pending.length > 0 ? 0 : LONG_MS);
    if (pending.length === 0 && listeners.every(isServed)) break;
  }
  for (const { got, owed } of listeners) {
    const expected = owed.map((one) =>
      typeof one === 'number' && gone.has(one) ? 'expired' : one,
    );
    if (JSON.stringify(got) !== JSON.stringify(expected)) {
      complain(`Got ${JSON.stringify(got)}, expected ${JSON.stringify(expected)}.`);
    }
  }
  const [fault] = faults;
  if (fault) throw fault;
  if (seq > 0 && position !== seq) complain(`The position is ${position} after ${seq} messages.`);
}

const isServed = ({ got, owed }: Listener): boolean => got.length >= owed.length;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

test('[G2] [G3] whatever loads, fails or vanishes, each subscriber has what it is owed, once and in sequence', async () => {
  await fc.assert(
    fc.asyncProperty(story, (steps) => live((shared) => createAudience(TOPIC, shared), steps)),
    { numRuns: 400 },
  );
});

const quietly = (loading: unknown) => Promise.resolve(loading).catch(() => {});

const faults: Record<string, (audience: Audience) => Partial<Audience>> = {
  'lets what is small overtake what is large': (audience) => {
    let late: Taken[] = [];
    return {
      hand(messages) {
        const isLarge = (message: Taken) => 'reference' in message;
        audience.hand([...messages.filter((message) => !isLarge(message)), ...late]);
        late = messages.filter(isLarge);
      },
    };
  },
  'does not wait for a state to load': (audience) => ({
    add: ({ handler, load }, reason) =>
      audience.add({ handler, load: (why) => void quietly(load?.(why)) }, reason),
  }),
  'hands on twice': (audience) => ({
    hand: (messages) => audience.hand([...messages, ...messages]),
  }),
  'gives up what fails': (audience) => ({
    add: ({ handler, load }, reason) =>
      audience.add({ handler, load: (why) => quietly(load?.(why)) }, reason),
  }),
  'counts as had what still waits': () => ({ position: (inbox) => inbox }),
};

test.each(Object.keys(faults))('an audience that %s is found out', async (name) => {
  const property = fc.asyncProperty(story, (steps) =>
    live((shared) => {
      const audience = createAudience(TOPIC, shared);
      const fault = Object.getOwnPropertyDescriptors(faults[name]?.(audience) ?? {});
      return Object.defineProperties(Object.create(audience), fault);
    }, steps),
  );
  const { failed } = await fc.check(property, { numRuns: 400 });
  expect(failed).toBe(true);
});
