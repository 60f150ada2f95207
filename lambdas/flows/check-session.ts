import { SUBSCRIPTIONS_AT_ONCE } from '../../contract/limits.ts';
import type { SessionName, SessionRow } from '../../contract/tables.ts';
import { seconds } from '../../rules/connection.ts';
import { note } from '../platform/log.ts';
import { inParallel } from '../platform/parallel.ts';
import type { Reaches } from '../platform/reach.ts';
import { transact } from '../platform/transact.ts';
import { removeFromPlayer } from '../stores/players.ts';
import { endSession, getSession } from '../stores/sessions.ts';
import { makeDormant } from '../stores/subscriptions.ts';
import { getTopics, keepTopicsUntil } from '../stores/topics.ts';

export type CheckSessionReach = Reaches<{ sessions: 'get' | 'update'; subscriptions: 'update' }>;

/** `waiting` says in how many seconds to ask again. */
export type SessionVerdict =
  | { readonly is: 'live' }
  | { readonly is: 'waiting'; readonly seconds: number }
  | { readonly is: 'ended' };

export interface SessionTimes {
  readonly graceSeconds: number;
  readonly retentionSeconds: number;
  readonly now: number;
}

/**
 * Ends a session that nobody has been connected to for the grace time, and makes its subscriptions
 * dormant [S0-07] [S0-13]. Exactly one of any number of callers ends it; for the others it is a look. Most
 * checks find that somebody is back, so it looks first: a lost transaction costs twenty times a look.
 */
export async function checkSession(
  reach: CheckSessionReach,
  session: SessionName,
  { graceSeconds, retentionSeconds, now }: SessionTimes,
): Promise<SessionVerdict> {
  const ttl = seconds(now) + retentionSeconds;
  for (let looks = 0; looks < LOOKS_MOST; looks += 1) {
    const row = await getSession(reach, session);
    if (row?.state !== 'live') {
      // Also when another call ended it: that one may have died before it came this far.
      if (row) await finishEnd(reach, session, row, ttl);
      return { is: 'ended' };
    }
    if (row.conns !== undefined || row.detachedAt === undefined) return { is: 'live' };
    const wait = row.detachedAt + graceSeconds - seconds(now);
    if (wait > 0) return { is: 'waiting', seconds: wait };
    await endDetached(reach, session, seconds(now) - graceSeconds, ttl);
  }
  throw new Error(`Session ${session.sessionId} and its player do not agree that it lives.`);
}

/** Each look but the first follows a change by somebody else: rows that these flows wrote come to rest. */
const LOOKS_MOST = 20;

/** Ends a session that nobody is in since then (seconds) or before; false when that is not so. */
export async function endDetached(
  reach: Reaches<{ sessions: 'update' }>,
  session: SessionName,
  since: number,
  ttl: number,
): Promise<boolean> {
  const outcome = await transact(reach, [
    endSession(reach, session, since, ttl),
    removeFromPlayer(reach, session),
  ]);
  if (outcome.isDone) note('session.ended', { ...session });
  return outcome.isDone;
}

/**
 * Makes the subscriptions of a session that has ended dormant. A later life may begin meanwhile; what it has
 * written anew does not carry this life's mark.
 */
export async function finishEnd(
  reach: CheckSessionReach,
  session: SessionName,
  { dormant, life, ttl: itsTtl }: SessionRow,
  laterTtl: number,
): Promise<void> {
  if (!dormant) return;
  const ttl = itsTtl ?? laterTtl;
  const topics = await getTopics(reach, session);
  await inParallel([...topics], SUBSCRIPTIONS_AT_ONCE, ([topic, shard]) =>
    makeDormant(reach, session, { topic, shard }, life, ttl),
  );
  await keepTopicsUntil(reach, session, life, ttl);
}
