import { describe, expect, it } from 'vitest';
import { comingOf } from '../../rules/session.ts';

const comes = (conns: readonly string[], id: string, expires = 20, replaces?: string) =>
  comingOf(
    { ...(conns.length > 0 && { conns: new Set(conns) }), authExpiresAt: 20 },
    { connectionId: id, authExpiresAt: expires },
    replaces,
  );

describe('a connection that comes to a live session', () => {
  it.each([
    ['to nobody', comes([], 'new')],
    ['to nobody, with a token that expires earlier', comes([], 'new', 10)],
    ['instead of the only one', comes(['old'], 'new', 20, 'old')],
    ['again', comes(['new', 'other'], 'new')],
    ['again, with a newer token', comes(['new'], 'new', 30)],
    ['again, while what it replaces is still there', comes(['old', 'new'], 'new', 20, 'old')],
  ])('comes quietly %s', (_, coming) => expect(coming).toBe('quietly'));

  it.each([
    ['beside another', comes(['other'], 'new')],
    ['instead of one of several', comes(['old', 'other'], 'new', 20, 'old')],
    ['instead of one that is not there', comes(['other'], 'new', 20, 'old')],
    ['again, with a token that expires earlier', comes(['new'], 'new', 10)],
  ])('does not come quietly %s', (_, coming) => expect(coming).toBe('to-others'));
});
