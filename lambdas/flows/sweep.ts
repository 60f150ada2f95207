import {
  AUTHENTICATE_WITHIN_SECONDS,
  PROBES_PER_SWEEP,
  YOUNG_CONNECTION_SECONDS,
} from '../../contract/limits.ts';
import {
  type ConnectionRow,
  SEPARATOR,
  type SessionName,
  type SessionRow,
  sessionOfKey,
} from '../../contract/tables.ts';
import { ageInSeconds, isItsTurn, isSilent, seconds } from '../../rules/connection.ts';
import { inParallel } from '../platform/parallel.ts';
import type { Reaches } from '../platform/reach.ts';
import type { Sockets } from '../platform/sockets.ts';
import { getConnection, scanConnections } from '../stores/connections.ts';
import { dropMembers, scanSessions } from '../stores/sessions.ts';
import { checkSession, type SessionTimes } from './check-session.ts';
import { probeConnections } from './probe-connections.ts';
import { reap } from './reap.ts';

export type SweepReach = Reaches<{
  connections: 'get' | 'put' | 'update' | 'scan';
  sessions: 'get' | 'update' | 'scan';
  subscriptions: 'update';
}> & { readonly sockets: Sockets<'get' | 'delete'> };

export interface SweepReport {
  readonly probed: number;
  readonly departed: number;
  readonly reaped: number;
  readonly healedSessions: number;
  readonly endedSessions: number;
}

const PROBES_AT_ONCE = 32;

/**
 * The net under everything that is usually prompt [S3-04]: asks the gateway about sockets that gave no
 * sign of life for longer than it leaves any socket idle, closes what no reaper closed, and heals
 * sessions that a crash left with members or checks that nobody remembers. What it does, the ordinary
 * flows do too; it only finds.
 */
export async function sweep(reach: SweepReach, times: SessionTimes): Promise<SweepReport> {
  const { now } = times;
  const report = { probed: 0, departed: 0, reaped: 0, healedSessions: 0, endedSessions: 0 };
  /** Connections that have not left, so that only a member that is not among them needs a look. */
  const present = new Set<string>();
  for await (const rows of scanConnections(reach)) {
    for (const row of rows) if (row.status !== 'DISCONNECTED') present.add(row.connectionId);
    const overdue = rows.filter((row) => isOverdue(row, now));
    await inParallel(overdue, PROBES_AT_ONCE, async ({ connectionId }) => {
      await reap(reach, connectionId, now);
      report.reaped += 1;
    });
    const silent = rows
      .filter((row) => isSilent(row, now) && isItsTurn(row, now))
      .slice(0, PROBES_PER_SWEEP - report.probed);
    report.probed += silent.length;
    report.departed += (await probeConnections(reach, silent, now)).left;
  }
  const live = new Set<string>();
  for await (const rows of scanSessions(reach)) {
    await inParallel(rows, PROBES_AT_ONCE, async (row) => {
      const owner = sessionOfKey(row.player, row.item, 'topics');
      if (owner && row.ttl === undefined && !live.has(nameOf(owner))) {
        // Its session's row comes before it in the scan. Topics get their ttl last of all when a session
        // ends: whoever ended it died before that, or somebody subscribed meanwhile.
        await checkSession(reach, owner, times);
      }
      const session = sessionOfKey(row.player, row.item);
      if (session === undefined || row.state !== 'live') return;
      live.add(nameOf(session));
      if (await dropLostMembers(reach, session, missing(row, present), now))
        report.healedSessions += 1;
      const verdict = await endIfDetached(reach, session, row, times);
      if (verdict === 'ended') report.endedSessions += 1;
    });
  }
  return report;
}

const nameOf = ({ tenant, userId, sessionId }: SessionName): string =>
  [tenant, userId, sessionId].join(SEPARATOR);

/** Its reaper should have come long ago. */
const isOverdue = (row: ConnectionRow, now: number): boolean =>
  row.status === 'PENDING' &&
  ageInSeconds(row, now) > YOUNG_CONNECTION_SECONDS + AUTHENTICATE_WITHIN_SECONDS;

const missing = ({ conns }: SessionRow, present: ReadonlySet<string>): string[] =>
  [...(conns ?? [])].filter((connectionId) => !present.has(connectionId));

/**
 * Members with a tombstone, or without a row (TTL took it): none of them can come back. Who leaves a session
 * is known to be closed, so one that nobody has seen closed is closed first.
 */
async function dropLostMembers(
  reach: SweepReach,
  session: SessionName,
  candidates: readonly string[],
  now: number,
): Promise<boolean> {
  const lost: string[] = [];
  for (const connectionId of candidates) {
    // It may have come after the scan passed its place.
    const connection = await getConnection(reach, connectionId);
    const hasLeft = connection?.status === 'DISCONNECTED';
    const isShut =
      connection === undefined && (await reach.sockets.delete(connectionId)) !== 'failed';
    if (hasLeft || isShut) lost.push(connectionId);
  }
  return lost.length > 0 && (await dropMembers(reach, session, lost, now));
}

async function endIfDetached(
  reach: SweepReach,
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
