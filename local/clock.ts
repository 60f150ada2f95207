import type { Clock } from './service.ts';

/** `setTimeout` takes no longer delay; a timer beyond it is armed again. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;

interface Timer {
  readonly due: number;
  readonly run: () => void;
  handle?: NodeJS.Timeout;
}

/** Real time plus what it was advanced by. Its timers keep no process alive. */
export function createClock(): Clock {
  let offset = 0;
  const timers = new Set<Timer>();
  const now = () => Date.now() + offset;

  // Node may fire a millisecond early, and an advance moves the time: so the clock is asked again.
  const arm = (timer: Timer) => {
    clearTimeout(timer.handle);
    const delay = Math.min(Math.max(timer.due - now(), 0), LONGEST_DELAY_MS);
    timer.handle = setTimeout(() => {
      if (now() < timer.due) {
        arm(timer);
      } else {
        timers.delete(timer);
        timer.run();
      }
    }, delay).unref();
  };

  const cancel = (timer: Timer) => {
    clearTimeout(timer.handle);
    timers.delete(timer);
  };

  const at = (due: number, run: () => void) => {
    const timer: Timer = { due, run };
    timers.add(timer);
    arm(timer);
    return () => cancel(timer);
  };

  /** Step by step, so that a timer set by a timer also runs if it falls due on the way. */
  const advance = (ms: number) => {
    const target = now() + ms;
    for (;;) {
      const next = earliest(timers);
      if (next === undefined || next.due > target) break;
      offset += Math.max(next.due - now(), 0);
      cancel(next);
      next.run();
    }
    offset += Math.max(target - now(), 0);
    for (const timer of timers) arm(timer);
  };

  return { now, at, ahead: () => offset, advance };
}

function earliest(timers: Iterable<Timer>): Timer | undefined {
  let first: Timer | undefined;
  for (const timer of timers) if (first === undefined || timer.due < first.due) first = timer;
  return first;
}
