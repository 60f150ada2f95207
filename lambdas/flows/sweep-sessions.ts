import {
  SEPARATOR,
  type SessionName,
  type SessionRow,
  sessionOfKey,
} from '../../contract/tables.ts';
import { seconds } from '../../rules/connection.ts';
import { END } from '../../rules/connection-states.ts';
import { inParallel } from '../platform/parallel.ts';
import type { Reaches } from '../platform/reach.ts';
import type { Sockets } from '../platform/sockets.ts';
import { getConnection } from '../stores/connections.ts';
import { dropMembers, scanSessions } from '../stores/sessions.ts';
import { checkSession, type SessionTimes } from './check-session.ts';

export type SweepSessionsReach = Reaches<{
  connections: 'get';
  sessions: 'get' | 'update' | 'scan';
  subscriptions: 'update';
}> & { readonly sockets: Sockets<'delete'> };

export interface SweptSessions {
  readonly healed: number;
  readonly ended: number;
  /** Sockets that were open and belonged to nobody's row. */
  readonly strays: number;
}

const SESSIONS_AT_ONCE = 32;

/**
 * Heals live sessions whose members have no row, or only a tombstone, ends those whose check was lost, and
 * finishes ends that a crash cut short [S3-04]. `present` are the connections that have not left.
 */
export async function sweepSessions(
  reach: SweepSessionsReach,
  present: ReadonlySet<string>,
  times: SessionTimes,
): Promise<SweptSessions> {
  const report = { healed: 0, ended: 0, strays: 0 };
  const live = new Set<string>();
  for await (const rows of scanSessions(reach)) {
    await inParallel(rows, SESSIONS_AT_ONCE, async (row) => {
      const owner = sessionOfKey(row.player, row.item, 'topics');
      if (owner && row.ttl === undefined && !live.has(nameOf(owner))) {
        // Its session's row comes before it in the scan. Topics get their ttl last of all when a session
        // ends: whoever ended it died before that, or somebody subscribed meanwhile.
        await checkSession(reach, owner, times);
      }
      const session = sessionOfKey(row.player, row.item);
      if (session === undefined || row.state !== 'live') return;
      live.add(nameOf(session));
      const lost = await dropLostMembers(reach, session, missing(row, present), times.now);
      if (lost.isHealed) report.healed += 1;
      report.strays += lost.strays;
      const verdict = await endIfDetached(reach, session, row, times);
      if (verdict === 'ended') report.ended += 1;
    });
  }
  return report;
}

const nameOf = ({ tenant, userId, sessionId }: SessionName): string =>
  [tenant, userId, sessionId].join(SEPARATOR);

const missing = ({ conns }: SessionRow, present: ReadonlySet<string>): string[] =>
  [...(conns ?? [])].filter((connectionId) => !present.has(connectionId));

/**
 * Members with a tombstone, or without a row (TTL took it): none of them can come back. Who leaves a session
 * is known to be closed, so one that nobody has seen closed is closed first; `strays` were still open.
 */
async function dropLostMembers(
  reach: SweepSessionsReach,
  session: SessionName,
  candidates: readonly string[],
  now: number,
): Promise<{ readonly isHealed: boolean; readonly strays: number }> {
  const lost: string[] = [];
  let strays = 0;
  for (const connectionId of candidates) {
    // It may have come after the scan passed its place.
    const connection = await getConnection(reach, connectionId);
    if (connection !== undefined) {
      if (connection.status === END) lost.push(connectionId);
      continue;
    }
    const closing = await reach.sockets.delete(connectionId);
    if (closing === 'done') strays += 1;
    if (closing !== 'failed') lost.push(connectionId);
  }
  const isHealed = lost.length > 0 && (await dropMembers(reach, session, lost, now));
  return { isHealed, strays };
}

async function endIfDetached(
  reach: SweepSessionsReach,
  session: SessionName,
  row: SessionRow,
  times: SessionTimes,
): Promise<'live' | 'waiting' | 'ended'> {
  const isDetached =
    row.conns === undefined &&
    row.detachedAt !== undefined &&
    row.detachedAt + times.graceSeconds <= seconds(times.now);
  return isDetached ? (await checkSession(reach, session, times)).is : 'live';
}
