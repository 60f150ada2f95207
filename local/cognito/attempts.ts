import type { Clock } from '../service.ts';
import { notAuthorized } from './input.ts';

/** Counts wrong passwords per user and locks the user out for longer and longer. */
export interface Attempts {
  /**
   * The verdict on one try. Throws "Password attempts exceeded" while the user is locked out,
   * whatever the password was; such a try counts for nothing.
   */
  judge(user: string, isRight: boolean): void;
}

interface Failures {
  readonly count: number;
  readonly lockedUntil: number;
  readonly lastAt: number;
}

/** The documented rule: n wrong tries lock for 2^(n-5) seconds; 15 quiet minutes forgive them all. */
const FREE_TRIES = 5;
const LONGEST_LOCK_MS = 15 * 60_000;
/** Names that nobody has are counted too; this many are remembered. */
const REMEMBERED = 10_000;

export function countAttempts(clock: Clock): Attempts {
  const failures = new Map<string, Failures>();
  return {
    judge(user, isRight) {
      const now = clock.now();
      const before = failures.get(user);
      if (before && now < before.lockedUntil) {
        failures.set(user, { ...before, lastAt: now });
        throw notAuthorized('Password attempts exceeded');
      }
      failures.delete(user);
      if (isRight) return;
      const isForgiven = !before || now - before.lastAt >= LONGEST_LOCK_MS;
      const count = (isForgiven ? 0 : before.count) + 1;
      const lockMs = count < FREE_TRIES ? 0 : 1000 * 2 ** (count - FREE_TRIES);
      const lockedUntil = now + Math.min(lockMs, LONGEST_LOCK_MS);
      failures.set(user, { count, lockedUntil, lastAt: now });
      if (failures.size > REMEMBERED) forgetOldest(failures);
    },
  };
}

function forgetOldest(failures: Map<string, Failures>): void {
  const [oldest] = failures.keys();
  if (oldest !== undefined) failures.delete(oldest);
}
