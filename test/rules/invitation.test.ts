import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { CODE_LETTERS, readCode, writeCode } from '../../contract/invitation-code.ts';
import { CLAIM_SECONDS, INVITATION_LETTERS } from '../../contract/limits.ts';
import type { InvitationRow } from '../../contract/tables.ts';
import { hashOf, lettersOf, newInvitation, newLease, standingOf } from '../../rules/invitation.ts';

const T0 = Date.parse('2026-01-01T12:00:00.000Z');
const LETTERS = '0123456789ABCDEF';

describe('[S0-05] a code', () => {
  it('spells all of its 80 bits', () => {
    expect(lettersOf(new Uint8Array(10))).toBe('0'.repeat(INVITATION_LETTERS));
    expect(lettersOf(new Uint8Array(10).fill(255))).toBe('Z'.repeat(INVITATION_LETTERS));
    const codes = Array.from({ length: 500 }, () => lettersOf(randomBytes(10)));
    expect(new Set(codes).size).toBe(500);
    expect(new Set(codes.join('')).size).toBe(CODE_LETTERS.length);
    expect(lettersOf(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 1))).toBe(`${'0'.repeat(15)}1`);
  });

  it.each([
    '0123-4567-89AB-CDEF',
    '0123456789abcdef',
    ' oi23 4567 89ab cdef ',
    'OL23–4567—89AB‑CDEF',
    'o-I-2-3-4-5-6-7-8-9-A-B-C-D-E-F',
  ])('is read as typed: "%s"', (typed) => {
    expect(readCode(typed)).toBe(LETTERS);
  });

  it.each([
    '',
    '0123-4567-89AB-CDE',
    `${LETTERS}0`,
    'U123456789ABCDEF',
    '０123456789ABCDEF',
    '-'.repeat(999),
  ])('is not read out of "%s"', (typed) => {
    expect(readCode(typed)).toBeUndefined();
  });

  it('is written in groups that are read back', () => {
    expect(writeCode(LETTERS)).toBe('0123-4567-89AB-CDEF');
    expect(readCode(writeCode(LETTERS))).toBe(LETTERS);
    expect(hashOf(LETTERS)).toMatch(/^[\da-f]{64}$/);
  });
});

describe('[S0-04] how an invitation stands', () => {
  const row = newInvitation('hash', T0, 1);
  const claimed: InvitationRow = {
    ...row,
    state: 'claimed',
    claimedBy: 'ann',
    claimedUntil: newLease(T0),
  };
  const day = 86_400_000;

  it.each([
    { what: 'none at all', it: undefined, at: T0, is: 'invalid' },
    { what: 'a new one', it: row, at: T0, is: 'good' },
    { what: 'one in its last second', it: row, at: T0 + day - 1, is: 'good' },
    { what: 'an expired one', it: row, at: T0 + day, is: 'invalid' },
    { what: 'a claimed one', it: claimed, at: T0 + CLAIM_SECONDS * 1000 - 1, is: 'claimed' },
    { what: 'one whose claim has run out', it: claimed, at: T0 + CLAIM_SECONDS * 1000, is: 'good' },
    { what: 'a claimed and expired one', it: claimed, at: T0 + day, is: 'invalid' },
    { what: 'a used one', it: { ...row, state: 'used', usedBy: 'u' }, at: T0, is: 'invalid' },
  ] as const)('$what is $is', (each) => {
    expect(standingOf(each.it, each.at)).toBe(each.is);
  });

  it('its row outlives it by thirty days', () => {
    expect(row).toEqual({
      code: 'hash',
      state: 'unused',
      version: 1,
      createdAt: '2026-01-01T12:00:00.000Z',
      expiresAt: T0 / 1000 + 86_400,
      ttl: T0 / 1000 + 31 * 86_400,
    });
  });
});
