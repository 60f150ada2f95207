import type { Notice } from '../../contract/protocol.ts';
import type { Sockets } from '../platform/sockets.ts';
import { markStale } from '../stores/connections.ts';
import { type DepartReach, depart } from './depart.ts';

export type EvictReach = DepartReach & { readonly sockets: Sockets<'delete'> };

/** `left` by this call, or had left `before` it; `stays`: the gateway did not close its socket, and it is stale. */
export type Eviction = 'left' | 'before' | 'stays';

/**
 * Closes a socket and then takes its connection out of its session, whatever made somebody think that it is
 * to go: a 410 may have been a mistake, and a half-dead socket answers posts with 200 for minutes. In this
 * order, so that who has left is known to be closed: routes to it that are still remembered lose nothing.
 */
export async function evict(
  reach: EvictReach,
  connectionId: string,
  now: number,
  notice?: Notice,
): Promise<Eviction> {
  if ((await reach.sockets.delete(connectionId)) === 'failed') {
    await markStale(reach, connectionId);
    return 'stays';
  }
  return (await depart(reach, connectionId, now, notice)) ? 'left' : 'before';
}
