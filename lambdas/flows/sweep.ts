import {
  AUTHENTICATE_WITHIN_SECONDS,
  EXPIRED_EARLY_SECONDS,
  PROBES_PER_SWEEP,
  SWEEP_EVERY_MINUTES,
  SWEEP_PROBING_SECONDS,
  YOUNG_CONNECTION_SECONDS,
} from '../../contract/limits.ts';
import type { ConnectionRow } from '../../contract/tables.ts';
import { ageInSeconds, isProbable, seconds } from '../../rules/connection.ts';
import { END, isActive, steps } from '../../rules/connection-states.ts';
import { turnsOf } from '../../rules/turns.ts';
import { inParallel } from '../platform/parallel.ts';
import type { Reaches } from '../platform/reach.ts';
import { scanConnections } from '../stores/connections.ts';
import type { SessionTimes } from './check-session.ts';
import { evict } from './evict.ts';
import {
  type Probed,
  type ProbedRow,
  type ProbeReach,
  probeConnections,
  toProbe,
} from './probe-connections.ts';
import { reap } from './reap.ts';
import { type SweepSessionsReach, sweepSessions } from './sweep-sessions.ts';

export type SweepReach = ProbeReach & SweepSessionsReach & Reaches<{ connections: 'scan' }>;

export interface SweepReport {
  /** Connections that are CONNECTED, as the scan found them. */
  readonly active: number;
  readonly probed: number;
  readonly reaped: number;
  /** Connections whose token had expired. */
  readonly expired: number;
  readonly healedSessions: number;
  readonly endedSessions: number;
  readonly drift: Drift;
}

interface SweepTimes {
  /** When it was to come: turns go by that, so that none is skipped by one that came late. @default now */
  readonly scheduled?: number;
}

/** What rows and sockets did not agree on before this sweep; afterwards they do. */
export interface Drift {
  readonly rowsWithoutSocket: number;
  readonly socketsWithoutRow: number;
}

const REAPS_AT_ONCE = 32;

/**
 * The net under everything that is usually prompt [S3-04]: asks the gateway about the connections before it
 * judges any, and about none that is younger than a minute; closes what no reaper closed and what outlives
 * its token, and heals sessions that a crash left with members or checks that nobody remembers. What it does, the ordinary
 * flows do too; it only finds.
 */
export async function sweep(
  reach: SweepReach,
  times: SessionTimes & SweepTimes,
): Promise<SweepReport> {
  const { now, scheduled = now } = times;
  const { active, present, overdue, expired, crowd } = await lookAtConnections(reach, now);
  await inParallel(overdue, REAPS_AT_ONCE, (connectionId) => reap(reach, connectionId, now));
  await inParallel(expired, REAPS_AT_ONCE, (connectionId) => evict(reach, connectionId, now));
  const probed = await probeByTurns(reach, crowd, now, scheduled);
  const sessions = await sweepSessions(reach, present, times);
  return {
    active,
    probed: probed.left + probed.alive + probed.unknown,
    reaped: overdue.length,
    expired: expired.length,
    healedSessions: sessions.healed,
    endedSessions: sessions.ended,
    drift: { rowsWithoutSocket: probed.left, socketsWithoutRow: sessions.strays },
  };
}

interface Connections {
  readonly active: number;
  /** Those that have not left, so that only a member that is not among them needs a look. */
  readonly present: ReadonlySet<string>;
  readonly overdue: readonly string[];
  readonly expired: readonly string[];
  readonly crowd: readonly ProbedRow[];
}

async function lookAtConnections(reach: SweepReach, now: number): Promise<Connections> {
  let active = 0;
  const present = new Set<string>();
  const overdue: string[] = [];
  const expired: string[] = [];
  const crowd: ProbedRow[] = [];
  for await (const rows of scanConnections(reach)) {
    for (const row of rows) {
      if (row.status === steps.hear.to && row.ttl > seconds(now)) active += 1;
      if (row.status !== END) present.add(row.connectionId);
      if (isOverdue(row, now)) overdue.push(row.connectionId);
      if (hasExpired(row, now)) expired.push(row.connectionId);
      else if (isProbable(row, now)) crowd.push(toProbe(row));
    }
  }
  return { active, present, overdue, expired, crowd };
}

/** Stale ones are asked about each time, of the others as many as the budget leaves room for. */
function probeByTurns(
  reach: SweepReach,
  crowd: readonly ProbedRow[],
  now: number,
  scheduled: number,
): Promise<Probed> {
  const minutes = Math.floor(scheduled / (60_000 * SWEEP_EVERY_MINUTES));
  const isStale = ({ status }: ProbedRow) => status === steps.miss.to;
  const stale = crowd.filter(isStale).slice(0, PROBES_PER_SWEEP / 2);
  const others = crowd.filter((row) => !isStale(row));
  const { asked, rounds } = turnsOf(others, PROBES_PER_SWEEP - stale.length, minutes);
  // Twice the round, in case its turn is missed once.
  const againWithinSeconds = (2 * rounds + 10) * SWEEP_EVERY_MINUTES * 60;
  return probeConnections(reach, [...stale, ...asked], {
    now,
    againWithinSeconds,
    budgetSeconds: SWEEP_PROBING_SECONDS,
  });
}

/** [S3-10] Nothing is posted to it any more: closed, it comes back with a newer token, or not at all. */
const hasExpired = ({ status, authExpiresAt }: ConnectionRow, now: number): boolean =>
  isActive(status) &&
  authExpiresAt !== undefined &&
  authExpiresAt <= seconds(now) + EXPIRED_EARLY_SECONDS;

/** Its reaper should have come long ago. */
const isOverdue = (row: ConnectionRow, now: number): boolean =>
  row.status === 'PENDING' &&
  ageInSeconds(row, now) > YOUNG_CONNECTION_SECONDS + AUTHENTICATE_WITHIN_SECONDS;
