import type { Notice, NoticeFrame } from '../../contract/protocol.ts';
import type { SessionName } from '../../contract/tables.ts';
import type { Reaches } from '../platform/reach.ts';
import type { Sockets } from '../platform/sockets.ts';
import { getPlayer } from '../stores/players.ts';
import { getSessions } from '../stores/sessions.ts';
import { connectionsOf } from './routes.ts';

export type NotifyReach = Reaches<{ sessions: 'get' | 'batchGet' }> & {
  readonly sockets: Sockets<'post'>;
};

/**
 * Posts a notice to every connection that a user has [S3-06], once: what does not arrive is in the row of the session
 * that it is about, for its next connection.
 */
export async function notifyUser(
  reach: NotifyReach,
  { tenant, userId }: Pick<SessionName, 'tenant' | 'userId'>,
  notice: Notice,
  now: number,
): Promise<void> {
  const { sessions = [] } = (await getPlayer(reach, { tenant, userId })) ?? {};
  const names = [...sessions].map((sessionId) => ({ tenant, userId, sessionId }));
  const rows = await getSessions(reach, names);
  const frame = JSON.stringify({ type: 'notice', ...notice } satisfies NoticeFrame);
  const ids = rows.flatMap((row) => connectionsOf(row, now));
  await Promise.all(ids.map((id) => reach.sockets.post(id, frame)));
}
