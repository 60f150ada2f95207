import { describe, expect, it } from 'vitest';
import { type Admission, admissionOf, contextOf } from '../../rules/admission.ts';
import { readOffer } from '../../rules/sub-protocol.ts';

const joe: Admission = {
  tenant: 'acme',
  userId: 'joe',
  sessionId: 'tab',
  expiresAt: 1_800_000_000,
  issuedAt: 1_799_996_400,
  scopes: ['staff', 'night'],
  accepts: [],
};

describe('what an authorizer hands on', () => {
  it.each<Admission>([
    joe,
    { ...joe, replaces: 'abcdefgh12345=' },
    { ...joe, accepts: ['references', 'packs'] },
  ])('comes back as it was: %j', (admission) => {
    expect(admissionOf(contextOf(admission))).toEqual(admission);
  });

  it('is plain text in every part, with a principal beside it that says nothing more', () => {
    expect(Object.values(contextOf(joe)).every((value) => typeof value === 'string')).toBe(true);
    expect(admissionOf({ ...contextOf(joe), principalId: 'joe', integrationLatency: 7 })).toEqual(
      joe,
    );
  });

  it('of a later client’s understanding keeps what we know', () => {
    expect(admissionOf({ ...contextOf(joe), accepts: 'packs,telepathy' }).accepts).toEqual([
      'packs',
    ]);
  });
});

describe('an offer of sub-protocols', () => {
  const said = { token: 't', sessionId: 'é' };
  const text = Buffer.from(JSON.stringify(said)).toString('base64url');

  it.each([`switchboard, ${text}`, `${text},switchboard`, `  switchboard ,${text} `])(
    '%s',
    (header) => expect(readOffer(header)).toEqual(said),
  );

  it.each([
    ['nothing', ''],
    ['the name alone', 'switchboard'],
    ['no name', text],
    ['more than one other', `switchboard, ${text}, graphql-ws`],
    ['no JSON', 'switchboard, AAAA'],
    [
      'JSON that is too deep',
      `switchboard, ${Buffer.from('['.repeat(5000)).toString('base64url')}`,
    ],
  ])('that has %s is none', (_, header) => expect(readOffer(header)).toBeUndefined());
});
