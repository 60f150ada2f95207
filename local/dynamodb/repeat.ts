import type { Clock } from '../service.ts';

/** Runs it every so often by the clock; the function that is returned ends it. */
export function repeat(clock: Clock, everyMs: number, run: () => void): () => void {
  let cancel = clock.at(clock.now() + everyMs, function again() {
    cancel = clock.at(clock.now() + everyMs, again);
    run();
  });
  return () => cancel();
}
