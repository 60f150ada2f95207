import type { ConnectionRow } from '../../contract/tables.ts';
import { isShortLived } from '../../rules/connection.ts';
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
  /** The gateway could not say, or did not close what it had called gone. */
  readonly unknown: number;
}

const PROBES_AT_ONCE = 32;

/**
 * Asks the gateway about each of these connections before anything is judged [S2-04] [S3-04]: those whose
 * socket is gone leave. The caller sees to it that none is so young that the gateway may not know it yet.
 */
export async function probeConnections(
  reach: ProbeReach,
  rows: readonly ProbedRow[],
  now: number,
): Promise<Probed> {
  const verdicts = await inParallel(rows, PROBES_AT_ONCE, (row) => probe(reach, row, now));
  const count = (verdict: Verdict) => verdicts.filter((each) => each === verdict).length;
  return { left: count('left'), alive: count('alive'), unknown: count('unknown') };
}

type Verdict = 'left' | 'before' | 'alive' | 'unknown';

async function probe(reach: ProbeReach, row: ProbedRow, now: number): Promise<Verdict> {
  const { connectionId, status } = row;
  const outcome = await reach.sockets.get(connectionId);
  if (outcome === 'failed') return 'unknown';
  if (outcome === 'done') {
    const isNews = status === 'STALE' || isShortLived(row, now);
    if (isNews) await touchConnection(reach, connectionId, now);
    return 'alive';
  }
  const eviction = await evict(reach, connectionId, now);
  return eviction === 'stays' ? 'unknown' : eviction;
}
