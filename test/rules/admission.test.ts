import { describe, expect, it } from 'vitest';
import { SOCKET_MOST_SECONDS } from '../../contract/limits.ts';
import {
  type Admission,
  admissionOf,
  admissionOfSigner,
  contextOf,
  type Signer,
} from '../../rules/admission.ts';
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

describe('whoever signed a handshake', () => {
  const NOW = 1_800_000_000_000;
  const role = 'AROAEXAMPLEEXAMPLEEXA:worker-1';
  const come = (signer: Signer, query: Record<string, string> = { session: 'tab' }) =>
    admissionOfSigner(signer, query, NOW);

  it('[S3-01] is a user of the default tenant without scopes, for as long as a socket lasts', () => {
    expect(come({ caller: role })).toEqual({
      tenant: 'default',
      userId: role,
      sessionId: 'tab',
      issuedAt: NOW / 1000,
      expiresAt: NOW / 1000 + SOCKET_MOST_SECONDS,
      scopes: [],
      accepts: [],
    });
  });

  it.each<[string, Signer]>([
    ['eu-west-1:0f1e', { cognitoIdentityId: 'eu-west-1:0f1e', caller: role }],
    [role, { cognitoIdentityId: null, caller: role }],
    [role, { cognitoIdentityId: '', caller: role }],
  ])('[S3-01] is %s', (userId, signer) => expect(come(signer).userId).toBe(userId));

  it.each<[string, Signer]>([
    ['nobody', {}],
    ['null', { cognitoIdentityId: null, caller: null }],
    ['no name of ours', { caller: 'a#b' }],
  ])('is refused as %s', (_, signer) =>
    expect(() => come(signer)).toThrow(expect.objectContaining({ code: 'token-invalid' })),
  );

  it('says in the URL which session it means, whom it replaces and what it understands', () => {
    const query = { session: 'tab', replaces: 'abcdefgh12345=', accepts: 'packs,telepathy' };
    expect(come({ caller: role }, query)).toMatchObject({
      sessionId: 'tab',
      replaces: 'abcdefgh12345=',
      accepts: ['packs'],
    });
    expect(() => come({ caller: role }, {})).toThrow(
      expect.objectContaining({ code: 'session-id-invalid' }),
    );
    expect(() => come({ caller: role }, { session: 'tab', replaces: 'x' })).toThrow(
      expect.objectContaining({ code: 'malformed' }),
    );
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
