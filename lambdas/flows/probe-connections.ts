import type { ConnectionRow } from '../../contract/tables.ts';
import { isShortLived } from '../../rules/connection.ts';
import { steps } from '../../rules/connection-states.ts';
import { inParallel } from '../platform/parallel.ts';
import type { Sockets } from '../platform/sockets.ts';
import { touchConnection } from '../stores/connections.ts';
import { type EvictReach, evict } from './evict.ts';

export type ProbeReach = EvictReach & { readonly sockets: Sockets<'get' | 'delete'> };

/** What a probe has to know of a row: crowds of them are held in memory. */
export type ProbedRow = Pick<ConnectionRow, 'connectionId' | 'status' | 'ttl'>;
export const toProbe = ({ connectionId, status, ttl }: ConnectionRow): ProbedRow => ({
  connectionId,
  status,
  ttl,
});

export interface Probed {
  /** Taken out by this call. */
  readonly left: number;
  readonly alive: number;
  /** The gateway could not say in time, or did not close what it had called gone. */
  readonly unknown: number;
}

export interface ProbeTimes {
  readonly now: number;
  /** When at the latest they are asked again: no row of a living socket may expire before. */
  readonly againWithinSeconds: number;
  /** How long to ask, in real time: a gateway that answers slowly must not use up the function's time. */
  readonly budgetSeconds: number;
}

const PROBES_AT_ONCE = 32;

/**
 * Asks the gateway about each of these connections before anything is judged [S2-04] [S3-04]: those whose
 * socket is gone leave. The caller sees to it that none is so young that the gateway may not know it yet.
 */
export async function probeConnections(
  reach: ProbeReach,
  rows: readonly ProbedRow[],
  { now, againWithinSeconds, budgetSeconds }: ProbeTimes,
): Promise<Probed> {
  const until = performance.now() + budgetSeconds * 1000;
  const verdicts = await inParallel(rows, PROBES_AT_ONCE, async (row): Promise<Verdict> => {
    if (performance.now() > until) return 'unknown';
    const { connectionId, status } = row;
    const outcome = await reach.sockets.get(connectionId);
    if (outcome === 'failed') return 'unknown';
    if (outcome === 'done') {
      const isNews = status === steps.miss.to || isShortLived(row, now, againWithinSeconds);
      if (isNews) await touchConnection(reach, connectionId, now);
      return 'alive';
    }
    const eviction = await evict(reach, connectionId, now);
    return eviction === 'stays' ? 'unknown' : eviction;
  });
  const count = (verdict: Verdict) => verdicts.filter((each) => each === verdict).length;
  return { left: count('left'), alive: count('alive'), unknown: count('unknown') };
}

type Verdict = 'left' | 'before' | 'alive' | 'unknown';
