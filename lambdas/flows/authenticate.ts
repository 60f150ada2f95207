import { randomUUID } from 'node:crypto';
import { isSessionId } from '../../contract/names.ts';
import { Refusal } from '../../contract/refusals.ts';
import type { ConnectionRow, SessionName } from '../../contract/tables.ts';
import type { Identity } from '../../rules/identity.ts';
import type { Reaches } from '../platform/reach.ts';
import type { Sockets } from '../platform/sockets.ts';
import { type LostCondition, transact } from '../platform/transact.ts';
import { type Binding, bindConnection } from '../stores/connections.ts';
import { addToPlayer, beginSession, getSession, joinSession } from '../stores/sessions.ts';
import { depart } from './depart.ts';
import { reviveSubscriptions } from './revive-subscriptions.ts';

export type AuthenticateReach = Reaches<{
  connections: 'get' | 'put' | 'update';
  sessions: 'get' | 'update';
  subscriptions: 'batchWrite';
}> & { readonly sockets: Sockets<'delete'> };

export interface AuthenticateRequest {
  readonly connectionId: string;
  readonly sessionId: string;
  readonly replaces?: string;
  readonly now: number;
}

/**
 * Makes a connection one of the user's session, and the session live [S1-02] [S0-10]. Nothing is read
 * before the transaction decides; a session that is live is joined without touching its player, so that
 * versions have no gaps [S0-09]. The session is keyed by the verified user: a session id is only a
 * name [S0-15].
 *
 * Refuses `session-id-invalid`, `connection-gone`, `already-authenticated`, `too-many-sessions`.
 */
export async function authenticate(
  reach: AuthenticateReach,
  { tenant, userId, expiresAt }: Identity,
  { connectionId, sessionId, replaces, now }: AuthenticateRequest,
): Promise<'new' | 'resumed'> {
  if (!isSessionId(sessionId)) throw new Refusal('session-id-invalid');
  const session: SessionName = { tenant, userId, sessionId };
  const binding: Binding = { ...session, connectionId, authExpiresAt: expiresAt, now };
  const bound = await bind(reach, binding);
  const row = await getSession(reach, session);
  // The mark stays until a revival has finished, so a crash half way is made good by the next bind.
  if (row?.dormant) await reviveSubscriptions(reach, session, row.life);
  if (replaces !== undefined && replaces !== connectionId) {
    // A half-dead socket answers posts with 200 for minutes: it must be shut before the client goes on.
    if (await depart(reach, replaces, now, session)) await reach.sockets.delete(replaces);
  }
  return bound;
}

async function bind(reach: AuthenticateReach, binding: Binding): Promise<'new' | 'resumed'> {
  for (;;) {
    const joined = await transact(reach, [
      bindConnection(reach, binding),
      joinSession(reach, binding),
    ]);
    if (joined.isDone) return 'resumed';
    const [connection, session] = joined.lost;
    if (connection) throw refusalOf(connection);

    const begun = await transact(reach, [
      bindConnection(reach, binding),
      beginSession(reach, binding, randomUUID().slice(0, 8)),
      addToPlayer(reach, binding),
    ]);
    if (begun.isDone) return session?.row === undefined ? 'new' : 'resumed';
    const [lostConnection, lostSession, lostPlayer] = begun.lost;
    if (lostConnection) throw refusalOf(lostConnection);
    // Lost to another bind of the same session: it is live now, so join it.
    if (!lostSession && lostPlayer) throw new Refusal('too-many-sessions');
  }
}

function refusalOf({ row }: LostCondition): Refusal {
  const status = (row as ConnectionRow | undefined)?.status;
  const isBoundElsewhere = status === 'CONNECTED' || status === 'STALE';
  return new Refusal(isBoundElsewhere ? 'already-authenticated' : 'connection-gone');
}
