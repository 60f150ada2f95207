import { describe, expect, it } from 'vitest';
import type { InvitationRow } from '../../contract/tables.ts';
import { listedInvitation } from '../../operator/invitations.ts';

const NOW = Date.parse('2026-01-01T12:00:00.000Z');
const seconds = NOW / 1000;
const row: InvitationRow = {
  code: 'f'.repeat(64),
  state: 'unused',
  version: 1,
  createdAt: '2026-01-01T11:00:00.000Z',
  expiresAt: seconds + 60,
  ttl: seconds + 3600,
};

describe('an invitation in the list', () => {
  it('is told without its code: by a part of what is kept of it', () => {
    expect(listedInvitation(row, NOW)).toEqual({
      mark: 'ffffffffffff',
      state: 'unused',
      createdAt: '2026-01-01T11:00:00.000Z',
      expiresAt: '2026-01-01T12:01:00.000Z',
    });
  });

  it.each([
    ['unused', {}],
    ['expired', { expiresAt: seconds }],
    ['claimed', { state: 'claimed', claimedBy: 'ann', claimedUntil: seconds + 1 }],
    // Whoever claimed it is no longer there.
    ['unused', { state: 'claimed', claimedBy: 'ann', claimedUntil: seconds }],
    ['expired', { state: 'claimed', claimedUntil: seconds, expiresAt: seconds }],
    ['used', { state: 'used', usedBy: 'sub-1', expiresAt: seconds }],
  ] as const)('is %s: %j', (state, more) => {
    expect(listedInvitation({ ...row, ...more }, NOW).state).toBe(state);
  });

  it('names who holds the claim while it lasts, and whose account it gave', () => {
    const claim = { state: 'claimed', claimedBy: 'ann' } as const;
    const at = (claimedUntil: number) => listedInvitation({ ...row, ...claim, claimedUntil }, NOW);
    expect(at(seconds + 1).claimedBy).toBe('ann');
    expect(at(seconds)).not.toHaveProperty('claimedBy');
    const used = { ...row, state: 'used', usedBy: 'sub-1', claimedBy: 'ann' } as const;
    expect(listedInvitation(used, NOW)).toMatchObject({ usedBy: 'sub-1' });
    expect(listedInvitation(used, NOW)).not.toHaveProperty('claimedBy');
  });
});
