import { Refusal } from '../../contract/refusals.ts';
import { neighbourhoodOf, secondsLeft, windowAt } from '../../rules/throttle.ts';
import type { Caller } from '../platform/callers.ts';
import type { Reaches } from '../platform/reach.ts';
import { takeTry } from '../stores/throttles.ts';

export type AdmitSocketReach = Reaches<{ throttles: 'update' }> & {
  /** Refuses who is to be kept out. */
  readonly demandCaller: (caller: Caller) => void;
  /** A minute; 0 counts nothing, and costs nothing. */
  readonly connectsPerAddress: number;
};

/**
 * Asks whether somebody may connect at all, before anything is written for them [S3-11] [S3-07]. Refuses
 * `address-not-allowed`, `origin-not-allowed`, and `too-many-tries` until the minute is over.
 */
export async function admitSocket(
  reach: AdmitSocketReach,
  caller: Caller,
  now: number,
): Promise<void> {
  reach.demandCaller(caller);
  const { connectsPerAddress: most } = reach;
  if (most === 0) return;
  const window = windowAt(now);
  const whose = `connect:${neighbourhoodOf(caller.address)}`;
  if (await takeTry(reach, whose, window, most)) return;
  throw new Refusal('too-many-tries', `${most} a minute at the most.`, secondsLeft(window, now));
}
