import type { CleanupAnswer } from '../../contract/connection-manager.ts';
import {
  CLEANUP_EVERY_HOURS,
  CLEANUP_PROBING_SECONDS,
  PROBES_PER_CLEANUP,
} from '../../contract/limits.ts';
import { targetOf } from '../../contract/tables.ts';
import type { AuditedCall } from '../../rules/audit.ts';
import { isStale } from '../../rules/connection.ts';
import { turnsOf } from '../../rules/turns.ts';
import { measure } from '../platform/metrics.ts';
import type { Reaches } from '../platform/reach.ts';
import { scanConnections } from '../stores/connections.ts';
import { type AuditReach, audited } from './audited.ts';
import { type ProbedRow, type ProbeReach, probeConnections, toProbe } from './probe-connections.ts';

export type CleanUpReach = ProbeReach & AuditReach & Reaches<{ connections: 'scan' }>;

/**
 * Takes out connections that nothing was heard of for an hour, as soon as the gateway confirms that they
 * are gone [S2-04]. Expired rows are looked at as well: DynamoDB removes them when it likes. Of more than
 * a run can ask about, each has its turn.
 */
export async function cleanUp(
  reach: CleanUpReach,
  _: object,
  { act, now }: AuditedCall,
): Promise<CleanupAnswer> {
  const stale: ProbedRow[] = [];
  for await (const rows of scanConnections(reach)) {
    stale.push(...rows.filter((row) => isStale(row, now)).map(toProbe));
  }
  const hours = CLEANUP_EVERY_HOURS * 3600;
  const { asked } = turnsOf(stale, PROBES_PER_CLEANUP, Math.floor(now / (hours * 1000)));
  const { left } = await audited(
    reach,
    act(targetOf('connections')),
    { stale: stale.length },
    () =>
      probeConnections(reach, asked, {
        now,
        againWithinSeconds: hours,
        budgetSeconds: CLEANUP_PROBING_SECONDS,
      }),
    ({ left, alive, unknown }) => ({ left, alive, unknown }),
  );
  measure({ CleanedConnections: left });
  return { message: 'Stale connections cleaned up', cleanedCount: left };
}
