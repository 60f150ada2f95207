import { POST_AGAIN_AFTER_MS, YOUNG_CONNECTION_SECONDS } from '../../contract/limits.ts';
import { ageInSeconds } from '../../rules/connection.ts';
import { clock } from '../platform/clock.ts';
import type { Reaches } from '../platform/reach.ts';
import type { SocketOutcome, Sockets } from '../platform/sockets.ts';
import { getConnection } from '../stores/connections.ts';

export type PostFrameReach = Reaches<{ connections: 'get' }> & {
  readonly sockets: Sockets<'post'>;
};

/**
 * Posts to one socket; a 410 about a young connection is asked again before it counts [S4-05]. `left`: it is
 * gone, and its row says so already.
 */
export async function postFrame(
  reach: PostFrameReach,
  connectionId: string,
  frame: string,
  now: number,
): Promise<SocketOutcome | 'left'> {
  const outcome = await reach.sockets.post(connectionId, frame);
  if (outcome !== 'gone') return outcome;
  const row = await getConnection(reach, connectionId);
  if (row === undefined || row.status === 'DISCONNECTED') return 'left';
  if (ageInSeconds(row, now) >= YOUNG_CONNECTION_SECONDS) return outcome;
  // Not every part of the gateway may know it yet.
  await clock.pause(POST_AGAIN_AFTER_MS);
  return reach.sockets.post(connectionId, frame);
}
