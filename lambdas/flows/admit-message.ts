import { Refusal } from '../../contract/refusals.ts';
import { playerKey } from '../../contract/tables.ts';
import { type MessageLimits, secondsLeft, windowAt } from '../../rules/throttle.ts';
import type { Reaches } from '../platform/reach.ts';
import type { PlayerName } from '../stores/players.ts';
import { takeTry } from '../stores/throttles.ts';

export interface AdmitMessageReach extends Reaches<{ throttles: 'update' }> {
  /** @default - none: what a route admits is all */
  readonly messageLimits?: MessageLimits;
}

/**
 * [S3-07] Counts what a connection sends, where the operator wants it: a write unit each. Refuses
 * `too-many-messages` until the minute is over.
 */
export const admitFromConnection = (
  reach: AdmitMessageReach,
  connectionId: string,
  now: number,
): Promise<void> =>
  take(reach, `connection:${connectionId}`, reach.messageLimits?.perConnection, now);

/** [S3-07] The same of all that one user sends, over whichever connections. */
export const admitFromUser = (
  reach: AdmitMessageReach,
  { tenant, userId }: PlayerName,
  now: number,
): Promise<void> =>
  take(reach, `user:${playerKey(tenant, userId)}`, reach.messageLimits?.perUser, now);

async function take(reach: AdmitMessageReach, whose: string, most = 0, now: number): Promise<void> {
  if (most === 0) return;
  const window = windowAt(now);
  if (await takeTry(reach, whose, window, most)) return;
  throw new Refusal('too-many-messages', `${most} a minute at the most.`, secondsLeft(window, now));
}
