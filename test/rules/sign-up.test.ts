import { describe, expect, it } from 'vitest';
import { hashOf } from '../../rules/invitation.ts';
import { readSignUp, signUpRefusal } from '../../rules/sign-up.ts';

const good = { userName: 'ann', password: 'Correct-Horse-7', inviteCode: '0123-4567-89AB-CDEF' };
const refusing = (change: object) => {
  try {
    return readSignUp({ ...good, ...change });
  } catch (fault) {
    return (fault as { code: string }).code;
  }
};

describe('[S0-02] a sign-up', () => {
  it('is read with the hash of its code', () => {
    expect(readSignUp(good)).toEqual({
      userName: 'ann',
      password: 'Correct-Horse-7',
      code: hashOf('0123456789ABCDEF'),
    });
  });

  it.each([undefined, null, 7, {}, [], '', 'ABCD', ['0123456789ABCDEF']])(
    'the code %j is refused as an invitation',
    (inviteCode) => expect(refusing({ inviteCode })).toBe('invitation-invalid'),
  );

  it.each([
    'a',
    'ann#bob',
    'tenant:x',
    'a/b\\c',
    '🦊',
    'Ünal',
    'ann@example.org',
    '名前',
    'x'.repeat(128),
  ])('the user name %j is one', (userName) =>
    expect(refusing({ userName })).toMatchObject({ userName }),
  );

  it.each([
    { what: 'nothing', userName: undefined },
    { what: 'a number', userName: 7 },
    { what: 'the empty one', userName: '' },
    { what: '129 characters', userName: 'x'.repeat(129) },
    { what: 'a space', userName: 'ann bob' },
    { what: 'a line break', userName: 'ann\n' },
    { what: 'a null character', userName: 'ann\0' },
    { what: 'an invisible joiner', userName: 'ann\u200dbob' },
    { what: 'a turned reading direction', userName: 'ann\u202ebob' },
    { what: 'half a character', userName: 'ann\ud83e' },
    { what: 'full-width letters', userName: 'ａｎｎ' },
    { what: 'a letter and its accent apart', userName: 'e\u0301va' },
    { what: 'the form of a sub', userName: 'ABCDEF12-0000-4000-8000-0123456789ab' },
  ])('a user name of $what is refused', ({ userName }) => {
    expect(refusing({ userName })).toBe('user-name-invalid');
  });

  it.each([
    undefined,
    7,
    '',
    'x',
    ' Correct-Horse-7',
    'Correct-Horse-7 ',
    'Aa1!'.repeat(65),
    '\ud83eorrect-Horse-7',
  ])('the password %j is refused', (password) =>
    expect(refusing({ password })).toBe('password-invalid'),
  );

  it('every refusal names its field', () => {
    const field = (code: Parameters<typeof signUpRefusal>[0]['code']) =>
      signUpRefusal({ code, message: 'm' }).errorField;
    expect(field('invitation-invalid')).toBe('inviteCode');
    expect(field('invitation-in-use')).toBe('inviteCode');
    expect(field('user-name-taken')).toBe('userName');
    expect(field('user-name-invalid')).toBe('userName');
    expect(field('password-invalid')).toBe('password');
    for (const code of ['too-many-tries', 'malformed', 'too-large', 'busy', 'internal'] as const) {
      expect(field(code)).toBe('system');
    }
  });
});
