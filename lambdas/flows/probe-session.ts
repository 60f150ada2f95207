import { YOUNG_CONNECTION_SECONDS } from '../../contract/limits.ts';
import type { SessionName } from '../../contract/tables.ts';
import { ageInSeconds } from '../../rules/connection.ts';
import { inParallel } from '../platform/parallel.ts';
import type { Sockets } from '../platform/sockets.ts';
import { getConnection } from '../stores/connections.ts';
import { dropMembers, getSession } from '../stores/sessions.ts';
import {
  type CheckSessionReach,
  checkSession,
  type SessionTimes,
  type SessionVerdict,
} from './check-session.ts';
import { type EvictReach, evict } from './evict.ts';

export type ProbeMembersReach = EvictReach & { readonly sockets: Sockets<'get'> };
export type ProbeSessionReach = ProbeMembersReach & CheckSessionReach;

const PROBES_AT_ONCE = 16;

/**
 * Checks a session after asking the gateway about each of its connections [S0-07]: the dead leave, as
 * they would by any other door, the living stay untouched. Harmless in any number of copies.
 */
export async function probeSession(
  reach: ProbeSessionReach,
  session: SessionName,
  times: SessionTimes,
): Promise<SessionVerdict> {
  const row = await getSession(reach, session);
  await probeMembers(reach, session, row?.conns ?? [], times.now);
  return checkSession(reach, session, times);
}

/** Asks about each member of a session; true when any of them was dead, and is out of it. */
export async function probeMembers(
  reach: ProbeMembersReach,
  session: SessionName,
  members: Iterable<string>,
  now: number,
): Promise<boolean> {
  const haveLeft = await inParallel([...members], PROBES_AT_ONCE, (connectionId) =>
    probeMember(reach, session, connectionId, now),
  );
  return haveLeft.includes(true);
}

async function probeMember(
  reach: ProbeMembersReach,
  session: SessionName,
  connectionId: string,
  now: number,
): Promise<boolean> {
  if ((await reach.sockets.get(connectionId)) !== 'gone') return false;
  const row = await getConnection(reach, connectionId);
  if (row === undefined || row.status === 'DISCONNECTED') {
    // Its row went without it: nothing is left to depart, and it cannot come back.
    await dropMembers(reach, session, [connectionId], now);
    return true;
  }
  // Younger ones stay: the gateway may not know a socket yet that has only just been opened.
  if (ageInSeconds(row, now) < YOUNG_CONNECTION_SECONDS) return false;
  return (await evict(reach, connectionId, now)) !== 'stays';
}
