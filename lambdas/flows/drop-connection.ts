import type { DropConnectionAnswer } from '../../contract/internal.ts';
import { getConnection } from '../stores/connections.ts';
import { type EvictReach, evict } from './evict.ts';

/**
 * Takes one connection out of its session and closes its socket [S0-06]. Harmless when repeated or late.
 * A gateway that cannot close it now is a fault, so that the caller's retry comes back for it.
 */
export async function dropConnection(
  reach: EvictReach,
  connectionId: string,
  now: number,
): Promise<DropConnectionAnswer> {
  // Read before: the gateway's own `$disconnect` may be quicker than what follows the closing.
  const row = await getConnection(reach, connectionId);
  if ((await evict(reach, connectionId, now)) === 'stays') {
    throw new Error(`The gateway did not close the socket of connection ${connectionId}.`);
  }
  return { connectionId, dropped: row !== undefined && row.status !== 'DISCONNECTED' };
}
