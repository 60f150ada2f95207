/**
 * Follows a rate that only refusals tell. Until the first one it lets everything through; from then on as
 * much as got through since, and more by and by as long as nobody is refused. Backing off instead, each
 * sender for itself, loses a third of the messages under a quota, or most of the time.
 */
export interface Pacer {
  /** Milliseconds to wait before the next try may begin; whoever asks takes that turn. */
  turn(now: number): number;
  passed(): void;
  refused(now: number): void;
}

/** What got through is counted over so long before it is followed: the first time, and later on. */
const FIRST_LOOK_MS = 5;
const LOOK_MS = 100;
/** So much more is tried when nobody was refused for {@link LOOK_MS}; twice as much each time in a row. */
const FIRST_PROBE = 0.02;
const MOST_PROBE = 0.5;
/** Timers come late: so much is caught up on. */
const CATCH_UP_MS = 20;

export function openPacer(): Pacer {
  /** Messages a millisecond. */
  let rate = Number.POSITIVE_INFINITY;
  let probe = FIRST_PROBE;
  let nextTurn = 0;
  /** Since the rate was last set, or the first refusal came. */
  let since: number | undefined;
  let passed = 0;
  let lastRefusal = Number.NEGATIVE_INFINITY;

  const set = (next: number, now: number): void => {
    rate = next;
    since = now;
    passed = 0;
  };

  return {
    turn(now) {
      if (since === undefined || rate === Number.POSITIVE_INFINITY) return 0;
      if (now - Math.max(since, lastRefusal) >= LOOK_MS) {
        set(rate * (1 + probe), now);
        probe = Math.min(2 * probe, MOST_PROBE);
      }
      const mine = Math.max(nextTurn, now - CATCH_UP_MS);
      nextTurn = mine + 1 / rate;
      return Math.max(0, mine - now);
    },
    passed() {
      passed += 1;
    },
    refused(now) {
      lastRefusal = now;
      if (since === undefined) return set(rate, now);
      const look = rate === Number.POSITIVE_INFINITY ? FIRST_LOOK_MS : LOOK_MS;
      if (now - since < look) return;
      // However little gets through, somebody has to try.
      set((passed + 1) / (now - since), now);
      probe = FIRST_PROBE;
      nextTurn = Math.max(nextTurn, now);
    },
  };
}
