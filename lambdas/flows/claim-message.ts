import { Refusal } from '../../contract/refusals.ts';
import type { DirectMessageRow } from '../../contract/tables.ts';
import { claimSecondsLeft, standingOf, takenOver } from '../../rules/direct-message.ts';
import type { Reaches } from '../platform/reach.ts';
import { advanceMessage, beginMessage, getMessage } from '../stores/direct-messages.ts';

/**
 * The message is this call's to send, or stands there already: done, or on its way through the pages.
 *
 * Refuses `id-taken` where another one stands there, and `still-sending` where somebody is at it.
 */
export async function claimMessage(
  reach: Reaches<{ messages: 'get' | 'put' }>,
  fresh: DirectMessageRow,
  now: number,
): Promise<{ readonly row: DirectMessageRow; readonly isMine: boolean }> {
  for (;;) {
    if (await beginMessage(reach, fresh)) return { row: fresh, isMine: true };
    const row = await getMessage(reach, fresh.message);
    if (row === undefined) continue; // Its time was over just now.
    const standing = standingOf(row, fresh, now);
    if (standing === 'other') throw new Refusal('id-taken');
    if (standing === 'told') return { row, isMine: false };
    if (standing === 'claimed') throw stillSending(claimSecondsLeft(row, now));
    const mine = takenOver(row, fresh, now);
    if (await advanceMessage(reach, row, mine)) return { row: mine, isMine: true };
  }
}

/** Another call has it, or has taken it over from this one. */
export const stillSending = (seconds = 1): Refusal =>
  new Refusal('still-sending', undefined, seconds);
