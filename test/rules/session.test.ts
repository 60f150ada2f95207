import { describe, expect, it } from 'vitest';
import type { Accepted } from '../../contract/protocol.ts';
import type { SessionRow } from '../../contract/tables.ts';
import { comingOf, hasRoom } from '../../rules/session.ts';

interface Coming {
  readonly to: readonly string[];
  readonly theirs?: readonly Accepted[];
  readonly id?: string;
  readonly expires?: number;
  readonly mine?: readonly Accepted[];
  readonly scopes?: readonly string[];
  readonly held?: readonly string[];
  readonly expiries?: Readonly<Record<string, number>>;
  readonly replaces?: string;
}

const comes = ({
  to,
  theirs = [],
  id = 'new',
  expires = 20,
  mine = [],
  scopes = [],
  held = [],
  expiries,
  replaces,
}: Coming) =>
  comingOf(
    {
      ...(to.length > 0 && { conns: new Set(to) }),
      ...(expiries && { expiries }),
      authExpiresAt: 20,
      accepts: theirs,
      scopes: held,
    },
    { connectionId: id, authExpiresAt: expires, accepts: mine, scopes },
    replaces,
  );

describe('a connection that comes to a live session', () => {
  it.each<[string, Coming]>([
    ['to nobody', { to: [] }],
    ['to nobody, with a token that expires earlier', { to: [], expires: 10 }],
    ['to nobody, with another understanding', { to: [], theirs: ['packs'] }],
    ['instead of the only one', { to: ['old'], replaces: 'old' }],
    ['again', { to: ['new', 'other'] }],
    ['again, with a newer token', { to: ['new'], expires: 30 }],
    ['again, while what it replaces is still there', { to: ['old', 'new'], replaces: 'old' }],
    ['again, beside one that understands less', { to: ['new', 'other'], mine: ['packs'] }],
  ])('comes quietly %s', (_, coming) => expect(comes(coming).isQuiet).toBe(true));

  it.each<[string, Coming]>([
    ['beside another', { to: ['other'] }],
    ['instead of one of several', { to: ['old', 'other'], replaces: 'old' }],
    ['instead of one that is not there', { to: ['other'], replaces: 'old' }],
    ['again, with a token that expires earlier', { to: ['new'], expires: 10 }],
    ['again, after an earlier end', { to: ['new', 'other'], expiries: { new: 10 }, expires: 30 }],
    ['again, with another understanding', { to: ['new'], mine: ['packs'] }],
    ['again, with another right', { to: ['new'], scopes: ['staff'] }],
    ['again, without a right that it had', { to: ['new'], held: ['staff'] }],
  ])('does not come quietly %s', (_, coming) => expect(comes(coming).isQuiet).toBe(false));

  it.each<[string, Coming, readonly Accepted[]]>([
    ['alone, what it does', { to: [], theirs: [], mine: ['packs'] }, ['packs']],
    [
      'beside another, what both do',
      { to: ['other'], theirs: ['packs'], mine: ['references', 'packs'] },
      ['packs'],
    ],
    [
      'instead of the only one, what it does',
      { to: ['old'], theirs: [], mine: ['packs'], replaces: 'old' },
      ['packs'],
    ],
  ])('understands, with the session, %s', (_, coming, all) =>
    expect(comes(coming).accepts).toEqual(all),
  );

  it.each<[string, Coming, readonly string[]]>([
    ['alone, what its token may', { to: [], scopes: ['staff'] }, ['staff']],
    [
      'beside another, what both may',
      { to: ['other'], held: ['staff'], scopes: ['night', 'staff'] },
      ['staff'],
    ],
  ])('may, with the session, %s', (_, coming, all) => expect(comes(coming).scopes).toEqual(all));

  it.each<[string, Coming, Partial<SessionRow>]>([
    ['alone, is the one', { to: [], expires: 10 }, { authExpiresAt: 10 }],
    ['in place, is the one', { to: ['new'], expires: 30 }, { authExpiresAt: 30 }],
    [
      'later than another, leaves that one its own',
      { to: ['other'], expires: 30 },
      { authExpiresAt: 30, expiries: { other: 20 } },
    ],
    [
      'earlier than another, has its own',
      { to: ['other'], expires: 10 },
      { authExpiresAt: 20, expiries: { new: 10 } },
    ],
    [
      'in place, and makes up for its own earlier end',
      { to: ['other', 'new'], expires: 20, expiries: { new: 10 } },
      { authExpiresAt: 20 },
    ],
    [
      'after one that has left, does not speak of that one',
      { to: ['other'], expires: 20, expiries: { gone: 10 } },
      { authExpiresAt: 20 },
    ],
  ])("[S3-10] its token's end, %s", (_, coming, { authExpiresAt, expiries }) => {
    const is = comes(coming);
    expect({ ...is }).toMatchObject({ authExpiresAt, ...(expiries && { expiries }) });
    expect(is.expiries).toEqual(expiries);
  });
});

describe('[S3-07] a session of two connections at the most', () => {
  it.each<[boolean, string, string[], string?]>([
    [true, 'its first', []],
    [true, 'its second', ['a']],
    [false, 'a third', ['a', 'b']],
    [true, 'one that is in it already', ['a', 'new']],
    [true, 'one that takes the place of a member', ['a', 'b'], 'a'],
    [false, 'one that says so of somebody else', ['a', 'b'], 'c'],
    [false, 'one more than took that place before', ['a', 'b', 'c'], 'a'],
  ])('%s: room for %s', (is, _, members, replaces) => {
    const session = members.length > 0 ? { conns: new Set(members) } : {};
    expect(hasRoom(session, 'new', replaces, 2)).toBe(is);
  });
});
