import { SUBSCRIPTIONS_AT_ONCE } from '../../contract/limits.ts';
import type { SessionName } from '../../contract/tables.ts';
import { seconds } from '../../rules/connection.ts';
import { log } from '../platform/log.ts';
import { inParallel } from '../platform/parallel.ts';
import type { Reaches } from '../platform/reach.ts';
import { transact } from '../platform/transact.ts';
import { endSession, getSession, removeFromPlayer } from '../stores/sessions.ts';
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
 * dormant [S0-07] [S0-13]. Exactly one of any number of callers ends it; for the others it is a look.
 */
export async function checkSession(
  reach: CheckSessionReach,
  session: SessionName,
  { graceSeconds, retentionSeconds, now }: SessionTimes,
): Promise<SessionVerdict> {
  const ttl = seconds(now) + retentionSeconds;
  const outcome = await transact(reach, [
    endSession(reach, session, seconds(now) - graceSeconds, ttl),
    removeFromPlayer(reach, session),
  ]);
  if (outcome.isDone) log('session.ended', { ...session });

  const row = await getSession(reach, session);
  if (row?.state === 'live') {
    if (row.conns !== undefined || row.detachedAt === undefined) return { is: 'live' };
    const wait = row.detachedAt + graceSeconds - seconds(now);
    return { is: 'waiting', seconds: Math.max(1, wait) };
  }
  // Also when another call ended it: that one may have died before it came this far.
  if (row?.dormant) await makeAllDormant(reach, session, row.life, row.ttl ?? ttl);
  return { is: 'ended' };
}

/** A later life may begin meanwhile; what it has written anew does not carry this life's mark. */
async function makeAllDormant(
  reach: CheckSessionReach,
  session: SessionName,
  life: number,
  ttl: number,
): Promise<void> {
  const topics = await getTopics(reach, session);
  await inParallel([...topics], SUBSCRIPTIONS_AT_ONCE, (topic) =>
    makeDormant(reach, session, topic, life, ttl),
  );
  await keepTopicsUntil(reach, session, life, ttl);
}
