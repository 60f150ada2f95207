import { ANONYMOUS_TRIES_IN_TOTAL, ANONYMOUS_TRIES_PER_ADDRESS } from '../../contract/limits.ts';
import { Refusal } from '../../contract/refusals.ts';
import { neighbourhoodOf, secondsLeft, windowAt } from '../../rules/throttle.ts';
import type { Reaches } from '../platform/reach.ts';
import { takeTry } from '../stores/throttles.ts';

/**
 * Counts a try of an anonymous caller. The address first: one that has used up its own tries takes none
 * from everybody's. Refuses `too-many-tries` until the window is over.
 */
export async function admit(
  reach: Reaches<{ throttles: 'update' }>,
  { address, now }: { readonly address: string; readonly now: number },
): Promise<void> {
  const window = windowAt(now);
  const isAdmitted =
    (await takeTry(reach, neighbourhoodOf(address), window, ANONYMOUS_TRIES_PER_ADDRESS)) &&
    (await takeTry(reach, 'everybody', window, ANONYMOUS_TRIES_IN_TOTAL));
  if (!isAdmitted) {
    throw new Refusal('too-many-tries', undefined, secondsLeft(window, now));
  }
}
