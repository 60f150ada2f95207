import type { Clock } from '../service.ts';

/** Waits for so long, by the stage's clock. */
export const pause = (clock: Clock, ms: number): Promise<void> =>
  new Promise((over) => {
    clock.at(clock.now() + ms, over);
  });
