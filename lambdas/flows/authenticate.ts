import { isSessionId } from '../../contract/names.ts';
import { Refusal } from '../../contract/refusals.ts';
import type { ConnectionRow, PlayerRow, SessionName, SessionRow } from '../../contract/tables.ts';
import { seconds, sessionOf } from '../../rules/connection.ts';
import type { Identity } from '../../rules/identity.ts';
import type { Reaches } from '../platform/reach.ts';
import type { Sockets } from '../platform/sockets.ts';
import { type LostCondition, transact } from '../platform/transact.ts';
import { type Binding, bindConnection, getConnection } from '../stores/connections.ts';
import { addToPlayer, beginSession, getSession, joinSession } from '../stores/sessions.ts';
import { depart } from './depart.ts';
import { reviveSubscriptions } from './revive-subscriptions.ts';

export type AuthenticateReach = Reaches<{
  connections: 'get' | 'put' | 'update';
  sessions: 'get' | 'update';
  subscriptions: 'update';
}> & { readonly sockets: Sockets<'delete'> };

export interface AuthenticateRequest {
  readonly connectionId: string;
  readonly sessionId: string;
  readonly replaces?: string;
  readonly now: number;
}

/**
 * Makes a connection one of the user's session, and the session live [S1-02] [S0-10]. The session is read
 * first and bound only while it is as it was read: what was read then tells which transaction will hold,
 * and whether subscriptions are to be revived. A session that is live is joined without touching its
 * player, so that versions have no gaps [S0-09]. The session is keyed by the verified user: a session id
 * is only a name [S0-15].
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
  const { was, life } = await bind(reach, binding);
  // The mark stays until a revival has finished, so a crash half way is made good by the next bind.
  if (was?.dormant) await reviveSubscriptions(reach, session, life);
  if (replaces !== undefined && replaces !== connectionId) {
    await shut(reach, replaces, session, now);
  }
  return was === undefined || isForgotten(was, now) ? 'new' : 'resumed';
}

/** Past its time DynamoDB removes its rows one by one, in any order: what is still there is no whole. */
const isForgotten = ({ ttl }: SessionRow, now: number): boolean =>
  ttl !== undefined && ttl <= seconds(now);

interface Bound {
  /** The session just before; undefined where there was none. */
  readonly was: SessionRow | undefined;
  readonly life: number;
}

async function bind(reach: AuthenticateReach, binding: Binding): Promise<Bound> {
  for (;;) {
    const was = await getSession(reach, binding);
    const isLive = was?.state === 'live';
    const life = isLive ? was.life : (was?.life ?? 0) + 1;
    const outcome = await transact(reach, [
      bindConnection(reach, binding),
      ...(isLive
        ? [joinSession(reach, binding, life)]
        : [beginSession(reach, binding, life), addToPlayer(reach, binding)]),
    ]);
    if (outcome.isDone) return { was, life };
    const [connection, , player] = outcome.lost;
    if (connection) throw refusalOf(connection);
    // Told by its own row: beside a conflict, nothing is known of the session's condition.
    if (player && !hasSession(player, binding.sessionId)) throw new Refusal('too-many-sessions');
    // Ended, or begun by another bind, since it was read: look again.
  }
}

/**
 * A half-dead socket answers posts with 200 for minutes: it must be shut before the client goes on. Shut
 * first, then taken out: the other way round, a crash between would leave a socket open that nobody will
 * look at again.
 */
async function shut(
  reach: AuthenticateReach,
  connectionId: string,
  session: SessionName,
  now: number,
): Promise<void> {
  const row = await getConnection(reach, connectionId);
  const owner = row && sessionOf(row);
  if (!owner || !isSameSession(owner, session)) return;
  await reach.sockets.delete(connectionId);
  await depart(reach, connectionId, now);
}

const isSameSession = (a: SessionName, b: SessionName): boolean =>
  a.tenant === b.tenant && a.userId === b.userId && a.sessionId === b.sessionId;

const hasSession = ({ row }: LostCondition, sessionId: string): boolean =>
  (row as PlayerRow | undefined)?.sessions?.has(sessionId) ?? false;

function refusalOf({ row }: LostCondition): Refusal {
  const status = (row as ConnectionRow | undefined)?.status;
  const isBoundElsewhere = status === 'CONNECTED' || status === 'STALE';
  return new Refusal(isBoundElsewhere ? 'already-authenticated' : 'connection-gone');
}
