import { describe, expect, it } from 'vitest';
import type { Accepted } from '../../contract/protocol.ts';
import { comingOf } from '../../rules/session.ts';

interface Coming {
  readonly to: readonly string[];
  readonly theirs?: readonly Accepted[];
  readonly id?: string;
  readonly expires?: number;
  readonly mine?: readonly Accepted[];
  readonly replaces?: string;
}

const comes = ({ to, theirs = [], id = 'new', expires = 20, mine = [], replaces }: Coming) =>
  comingOf(
    { ...(to.length > 0 && { conns: new Set(to) }), authExpiresAt: 20, accepts: theirs },
    { connectionId: id, authExpiresAt: expires, accepts: mine },
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
    ['again, with another understanding', { to: ['new'], mine: ['packs'] }],
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
});
