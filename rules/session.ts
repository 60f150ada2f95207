import type { SessionRow } from '../contract/tables.ts';

/**
 * How a connection comes to a live session. `quietly`: whoever remembers the session's connections from
 * before will find that each of those is closed, looks again and finds this one. `to-others`: it would
 * not, so the session gets a new number.
 *
 * One that is in it already came by this rule before; only an earlier end of its token is news. One that
 * `replaces` the only other is as good as alone: that one is shut before the reply.
 */
export function comingOf(
  { conns = new Set(), authExpiresAt }: Pick<SessionRow, 'conns' | 'authExpiresAt'>,
  binding: { readonly connectionId: string; readonly authExpiresAt: number },
  replaces?: string,
): 'quietly' | 'to-others' {
  if (conns.has(binding.connectionId)) {
    return binding.authExpiresAt < authExpiresAt ? 'to-others' : 'quietly';
  }
  return [...conns].every((id) => id === replaces) ? 'quietly' : 'to-others';
}
