import type { Accepted } from '../contract/protocol.ts';
import type { SessionRow } from '../contract/tables.ts';

/** A connection on its way into a session. */
interface Comer {
  readonly connectionId: string;
  readonly authExpiresAt: number;
  readonly accepts: readonly Accepted[];
}

/** How a connection comes to a live session, and what the session's connections all understand then. */
export interface Coming {
  /**
   * Whoever remembers the session from before will find each of its connections closed, look again and
   * find this one. Otherwise the session gets a new number.
   */
  readonly isQuiet: boolean;
  readonly accepts: readonly Accepted[];
}

/**
 * One that is in it already came by this rule before; only an earlier end of its token is news, or another
 * understanding. One that `replaces` the only other is as good as alone: that one is shut before the reply.
 */
export function comingOf(
  live: Pick<SessionRow, 'conns' | 'authExpiresAt' | 'accepts'>,
  { connectionId, authExpiresAt, accepts: mine }: Comer,
  replaces?: string,
): Coming {
  const { conns = new Set(), accepts: theirs = [] } = live;
  const others = [...conns].filter((id) => id !== connectionId && id !== replaces);
  const accepts = others.length === 0 ? mine : mine.filter((each) => theirs.includes(each));
  if (!conns.has(connectionId)) return { isQuiet: others.length === 0, accepts };
  const isSame = accepts.join() === theirs.join();
  return { isQuiet: isSame && authExpiresAt >= live.authExpiresAt, accepts };
}
