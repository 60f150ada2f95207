import type { Cursor } from '../../contract/protocol.ts';
import { Refusal } from '../../contract/refusals.ts';
import type { SessionName } from '../../contract/tables.ts';
import { isDueForSignOfLife, seconds, sessionOf } from '../../rules/connection.ts';
import { note } from '../platform/log.ts';
import type { Reaches } from '../platform/reach.ts';
import { getConnection, touchConnection } from '../stores/connections.ts';

export interface Speaker {
  readonly session: SessionName;
  readonly connectionId: string;
  readonly scopes: readonly string[];
}

/**
 * Whose connection this is. What a client says is also a sign of life, written down when the last one
 * is no longer fresh.
 *
 * Refuses `not-authenticated`, `token-expired`, `connection-gone`.
 */
export async function speakerOf(
  reach: Reaches<{ connections: 'get' | 'update' }>,
  { connectionId, now }: { readonly connectionId: string; readonly now: number },
): Promise<Speaker> {
  const row = await getConnection(reach, connectionId);
  if (row?.status === 'DISCONNECTED') throw new Refusal('connection-gone');
  const session = row && sessionOf(row);
  if (!row || !session) throw new Refusal('not-authenticated');
  if ((row.authExpiresAt ?? 0) <= seconds(now)) throw new Refusal('token-expired');
  if (isDueForSignOfLife(row, now)) await touchConnection(reach, connectionId, now);
  return { session, connectionId, scopes: row.scopes ?? [] };
}

/** How far a client says that it has got, topic by topic. */
export const noteAcknowledged = (
  { session, connectionId }: Omit<Speaker, 'scopes'>,
  cursors: readonly Cursor[],
): void =>
  note('session.acknowledged', {
    ...session,
    connectionId,
    positions: cursors.map(({ topic, seq }) => ({ topic, seq })),
  });
