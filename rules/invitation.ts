import { hash } from 'node:crypto';
import { CODE_LETTERS } from '../contract/invitation-code.ts';
import { CLAIM_SECONDS, INVITATION_KEPT_DAYS } from '../contract/limits.ts';
import type { InvitationRow } from '../contract/tables.ts';
import { isoTime, seconds } from './connection.ts';

const DAY_SECONDS = 86_400;

/** Random bytes as letters of a code, five bits each. */
export function lettersOf(random: Uint8Array): string {
  const bits = [...random].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{5}/g) ?? []).map((five) => CODE_LETTERS[Number.parseInt(five, 2)]).join('');
}

/** [S0-05] All that is kept of a code. It has 80 random bits: nobody finds the code to a hash. */
export const hashOf = (letters: string): string => hash('sha256', letters, 'hex');

export function newInvitation(code: string, now: number, validDays: number): InvitationRow {
  const expiresAt = seconds(now) + validDays * DAY_SECONDS;
  return {
    code,
    state: 'unused',
    version: 1,
    createdAt: isoTime(now),
    expiresAt,
    ttl: expiresAt + INVITATION_KEPT_DAYS * DAY_SECONDS,
  };
}

/**
 * How an invitation stands [S0-02] [S0-04]. `claimed`: somebody is signing up with it at this moment.
 * A claim that has run out is none: whoever made it is no longer there.
 */
export function standingOf(
  row: InvitationRow | undefined,
  now: number,
): 'good' | 'claimed' | 'invalid' {
  if (!row || row.state === 'used' || row.expiresAt <= seconds(now)) return 'invalid';
  return claimSecondsLeft(row, now) > 0 ? 'claimed' : 'good';
}

export const claimSecondsLeft = ({ claimedUntil = 0 }: InvitationRow, now: number): number =>
  Math.max(0, claimedUntil - seconds(now));

export const newLease = (now: number): number => seconds(now) + CLAIM_SECONDS;
