import type { DropConnectionAnswer } from '../../contract/internal.ts';
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
  const eviction = await evict(reach, connectionId, now);
  if (eviction === 'stays') {
    throw new Error(`The gateway did not close the socket of connection ${connectionId}.`);
  }
  return { connectionId, dropped: eviction === 'left' };
}
