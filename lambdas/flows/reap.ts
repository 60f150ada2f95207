import { note } from '../platform/log.ts';
import type { Reaches } from '../platform/reach.ts';
import type { Sockets } from '../platform/sockets.ts';
import { getConnection, putTombstone } from '../stores/connections.ts';

/**
 * Closes a socket that has not authenticated in time [S1-05]. Where no row stands yet it leaves a
 * tombstone, so that a `$connect` that comes later than its own reaper fails. `again`: the gateway
 * knows no such socket, which may be because its `$connect` still runs. One that had left before the
 * reaper's first look is past that.
 */
export async function reap(
  reach: Reaches<{ connections: 'get' | 'put' }> & { readonly sockets: Sockets<'delete'> },
  connectionId: string,
  now: number,
  isFirstLook = true,
): Promise<'spared' | 'closed' | 'again'> {
  for (;;) {
    const row = await getConnection(reach, connectionId);
    if (row?.status === 'CONNECTED' || row?.status === 'STALE') return 'spared';
    const hasLeft = row?.status === 'DISCONNECTED';
    if (!hasLeft && !(await putTombstone(reach, connectionId, now, row))) continue;
    if (!hasLeft && row) note('connection.left', { connectionId });
    if ((await reach.sockets.delete(connectionId)) === 'done') return 'closed';
    return hasLeft && isFirstLook ? 'spared' : 'again';
  }
}
