import type { Clock } from '../service.ts';

/** Asks whether one more request may pass now. */
export type Throttle = () => boolean;

/** A token bucket: `burst` at once, `perSecond` from then on. With either at 0 nothing ever passes. */
export function createThrottle(clock: Clock, perSecond: number, burst: number): Throttle {
  if (perSecond <= 0 || burst < 1) return () => false;
  let tokens = burst;
  let filledAt = clock.now();
  return () => {
    const now = clock.now();
    tokens = Math.min(burst, tokens + ((now - filledAt) / 1_000) * perSecond);
    filledAt = now;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
}
