import type { DropConnectionAnswer } from '../../contract/internal.ts';
import type { Sockets } from '../platform/sockets.ts';
import { type DepartReach, depart } from './depart.ts';

/**
 * Takes one connection out of its session and closes its socket [S0-06]. Harmless when repeated or
 * late, and then it still closes: the first call may have died between the two. A gateway that cannot
 * close it now is a fault, so that the caller's retry comes back for it.
 */
export async function dropConnection(
  reach: DepartReach & { readonly sockets: Sockets<'delete'> },
  connectionId: string,
  now: number,
): Promise<DropConnectionAnswer> {
  const dropped = await depart(reach, connectionId, now);
  if ((await reach.sockets.delete(connectionId)) === 'failed') {
    throw new Error(`The gateway did not close the socket of connection ${connectionId}.`);
  }
  return { connectionId, dropped };
}
