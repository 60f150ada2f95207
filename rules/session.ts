import type { Accepted } from '../contract/protocol.ts';
import type { SessionRow } from '../contract/tables.ts';

/** A connection on its way into a session. */
interface Comer {
  readonly connectionId: string;
  readonly authExpiresAt: number;
  readonly accepts: readonly Accepted[];
  readonly scopes: readonly string[];
}

/** [S3-07] How much of everything one user may have, and how long what gives way to more is remembered. */
export interface SessionLimits {
  readonly sessionsPerUser: number;
  readonly connectionsPerSession: number;
  readonly retentionSeconds: number;
}

/** Who is in the session takes no room in it, nor who is replaced: that one is shut before the reply. */
export function hasRoom(
  { conns = new Set() }: Pick<SessionRow, 'conns'>,
  connectionId: string,
  replaces: string | undefined,
  most: number,
): boolean {
  if (conns.has(connectionId)) return true;
  const leaves = replaces !== undefined && conns.has(replaces) ? 1 : 0;
  return conns.size - leaves < most;
}

/** How a connection comes to a live session, and what the session's connections all understand and may then. */
export interface Coming extends Pick<SessionRow, 'authExpiresAt' | 'expiries'> {
  /**
   * Whoever remembers the session from before will find each of its connections closed, look again and
   * find this one. Otherwise the session gets a new number.
   */
  readonly isQuiet: boolean;
  readonly accepts: readonly Accepted[];
  readonly scopes: readonly string[];
}

type Live = Pick<SessionRow, 'conns' | 'authExpiresAt' | 'expiries' | 'accepts' | 'scopes'>;

/**
 * One that is in it already came by this rule before; news is only another end of its token than the others
 * have, another understanding, or another right. One that `replaces` the only other is as good as alone: that one is shut before the reply.
 */
export function comingOf(
  live: Live,
  { connectionId, authExpiresAt, ...mine }: Comer,
  replaces?: string,
): Coming {
  const { conns = new Set(), accepts = [], scopes = [] } = live;
  const others = [...conns].filter((id) => id !== connectionId && id !== replaces);
  const isAlone = others.length === 0;
  const common = {
    accepts: isAlone ? mine.accepts : mine.accepts.filter((each) => accepts.includes(each)),
    scopes: isAlone ? mine.scopes : mine.scopes.filter((each) => scopes.includes(each)),
  };
  const tokens = expiriesWith(live, connectionId, authExpiresAt);
  if (!conns.has(connectionId)) return { ...tokens, ...common, isQuiet: isAlone };
  const isSame = common.accepts.join() === accepts.join() && common.scopes.join() === scopes.join();
  // Of one whose token ends before the others', somebody may remember that it is no more.
  const isQuiet =
    isSame && authExpiresAt >= live.authExpiresAt && live.expiries?.[connectionId] === undefined;
  return { ...tokens, ...common, isQuiet };
}

/** Seconds: when the token of one of a session's connections expires. */
export const expiryOf = (
  { authExpiresAt, expiries = {} }: Pick<SessionRow, 'authExpiresAt' | 'expiries'>,
  connectionId: string,
): number => expiries[connectionId] ?? authExpiresAt;

/** Nearly always all have the same token, or the newest is alone: then nothing is told apart. */
function expiriesWith(
  live: Live,
  connectionId: string,
  itsOwn: number,
): Pick<SessionRow, 'authExpiresAt' | 'expiries'> {
  const others = [...(live.conns ?? [])].filter((id) => id !== connectionId);
  const all = [
    ...others.map((id) => [id, expiryOf(live, id)] as const),
    [connectionId, itsOwn] as const,
  ];
  const authExpiresAt = Math.max(...all.map(([, at]) => at));
  const earlier = all.filter(([, at]) => at < authExpiresAt);
  return { authExpiresAt, ...(earlier.length > 0 && { expiries: Object.fromEntries(earlier) }) };
}
