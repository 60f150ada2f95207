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

export type ProbeSessionReach = EvictReach &
  CheckSessionReach & { readonly sockets: Sockets<'get'> };

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
  await inParallel([...(row?.conns ?? [])], PROBES_AT_ONCE, (connectionId) =>
    probeMember(reach, session, connectionId, times.now),
  );
  return checkSession(reach, session, times);
}

async function probeMember(
  reach: ProbeSessionReach,
  session: SessionName,
  connectionId: string,
  now: number,
): Promise<void> {
  if ((await reach.sockets.get(connectionId)) !== 'gone') return;
  const row = await getConnection(reach, connectionId);
  if (row === undefined || row.status === 'DISCONNECTED') {
    // Its row went without it: nothing is left to depart, and it cannot come back.
    await dropMembers(reach, session, [connectionId], now);
  } else if (ageInSeconds(row, now) >= YOUNG_CONNECTION_SECONDS) {
    // Younger ones stay: the gateway may not know a socket yet that has only just been opened.
    await evict(reach, connectionId, now);
  }
}
