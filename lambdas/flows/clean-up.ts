import type { CleanupAnswer } from '../../contract/connection-manager.ts';
import { PROBES_PER_CLEANUP } from '../../contract/limits.ts';
import { type ConnectionRow, targetOf } from '../../contract/tables.ts';
import { isStale } from '../../rules/connection.ts';
import type { Reaches } from '../platform/reach.ts';
import { scanConnections } from '../stores/connections.ts';
import { type AuditReach, audited } from './audited.ts';
import type { ManagerCall } from './manager-call.ts';
import { type ProbeReach, probeConnections } from './probe-connections.ts';

export type CleanUpReach = ProbeReach & AuditReach & Reaches<{ connections: 'scan' }>;

/**
 * Takes out connections that nothing was heard of for an hour, as soon as the gateway confirms that they
 * are gone [S2-04]. Expired rows are looked at as well: DynamoDB removes them when it likes. More than a
 * run can ask about are left to the next one.
 */
export async function cleanUp(
  reach: CleanUpReach,
  _: object,
  { act, now }: ManagerCall,
): Promise<CleanupAnswer> {
  const stale: ConnectionRow[] = [];
  for await (const rows of scanConnections(reach)) {
    for (const row of rows) if (isStale(row, now)) stale.push(row);
    if (stale.length >= PROBES_PER_CLEANUP) break;
  }
  const { left } = await audited(
    reach,
    act(targetOf('connections')),
    { stale: stale.length },
    () => probeConnections(reach, stale.slice(0, PROBES_PER_CLEANUP), now),
    ({ left, alive, unknown }) => ({ left, alive, unknown }),
  );
  return { message: 'Stale connections cleaned up', cleanedCount: left };
}
