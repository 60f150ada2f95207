import { isSessionId } from '../../contract/names.ts';
import type { Accepted, Authenticated } from '../../contract/protocol.ts';
import { Refusal } from '../../contract/refusals.ts';
import type { ConnectionRow, PlayerRow, SessionRow } from '../../contract/tables.ts';
import { seconds } from '../../rules/connection.ts';
import type { Identity } from '../../rules/identity.ts';
import { isRevoked } from '../../rules/revocation.ts';
import { type Coming, comingOf } from '../../rules/session.ts';
import type { TopicPolicy } from '../../rules/topic-policy.ts';
import type { Reaches } from '../platform/reach.ts';
import type { Sockets } from '../platform/sockets.ts';
import { type LostCondition, type TransactItem, transact } from '../platform/transact.ts';
import { type Binding, bindConnection } from '../stores/connections.ts';
import { addToPlayer } from '../stores/players.ts';
import { beginSession, getSession, joinSession } from '../stores/sessions.ts';
import { evict } from './evict.ts';
import { reviveSubscriptions } from './revive-subscriptions.ts';

export type AuthenticateReach = Reaches<{
  connections: 'get' | 'put' | 'update';
  sessions: 'get' | 'update';
  subscriptions: 'update';
}> & { readonly sockets: Sockets<'delete'>; readonly topics: TopicPolicy };

export interface AuthenticateRequest {
  readonly connectionId: string;
  readonly sessionId: string;
  readonly replaces?: string;
  /** In the order of `acceptable`. */
  readonly accepts?: readonly Accepted[];
  readonly now: number;
}

/** What the reply tells of the session. */
export type Entered = Pick<Authenticated, 'session' | 'notice'>;

/**
 * Makes a connection one of the user's session, and the session live [S1-02] [S0-10]. The session is read
 * first and bound only while it is as it was read: what was read then tells which transaction will hold,
 * and whether subscriptions are to be revived. A session that is live is joined without touching its
 * player, so that versions have no gaps [S0-09]. The session is keyed by the verified user: a session id
 * is only a name [S0-15].
 *
 * Refuses `session-id-invalid`, `connection-gone`, `already-authenticated`, `access-revoked`, `too-many-sessions`.
 */
export async function authenticate(
  reach: AuthenticateReach,
  { tenant, userId, expiresAt, issuedAt, scopes }: Identity,
  { connectionId, sessionId, replaces, accepts = [], now }: AuthenticateRequest,
): Promise<Entered> {
  if (!isSessionId(sessionId)) throw new Refusal('session-id-invalid');
  const session = { tenant, userId, sessionId };
  const binding: Binding = {
    ...session,
    connectionId,
    authExpiresAt: expiresAt,
    issuedAt,
    scopes: reach.topics.scopesOf(scopes),
    accepts,
    now,
  };
  const was = await enter(reach, binding, (live) => comingOf(live, binding, replaces));
  if (replaces !== undefined && replaces !== connectionId && was?.conns?.has(replaces)) {
    const eviction = await evict(reach, replaces, now);
    // It goes on taking posts: whoever remembers it as the only one has to learn of this one.
    if (eviction === 'stays') {
      await enter(reach, binding, (live) => ({ ...comingOf(live, binding), isQuiet: false }));
    }
  }
  if (was === undefined || isForgotten(was, now)) return { session: 'new' };
  return { session: 'resumed', ...(was.notice && { notice: was.notice }) };
}

/** Past its time DynamoDB removes its rows one by one, in any order: what is still there is no whole. */
const isForgotten = ({ ttl }: SessionRow, now: number): boolean =>
  ttl !== undefined && ttl <= seconds(now);

type ComingTo = (live: SessionRow) => Coming;

/** Binds, and revives what is to be revived; gives the session as it was just before. */
async function enter(
  reach: AuthenticateReach,
  binding: Binding,
  comingTo: ComingTo,
): Promise<SessionRow | undefined> {
  for (;;) {
    const was = await getSession(reach, binding);
    if (was && isRevoked(was, binding)) throw new Refusal('access-revoked');
    const { life, items } = entryTo(reach, binding, was, comingTo);
    const outcome = await transact(reach, [bindConnection(reach, binding), ...items]);
    if (outcome.isDone) {
      // The mark stays until a revival has finished, so a crash half way is made good by the next bind.
      const isToRevive = was?.dormant || (was?.state === 'live' && was.life < life);
      if (isToRevive) await reviveSubscriptions(reach, binding, life);
      return was;
    }
    const [connection, , player] = outcome.lost;
    if (connection) throw refusalOf(connection);
    // Told by its own row: beside a conflict, nothing is known of the session's condition.
    if (player && !hasSession(player, binding.sessionId)) throw refusalOfPlayer(player, binding);
    // Ended, left, or joined by another bind since it was read: look again.
  }
}

/** What makes a connection a member of the session as it was read, and the number it has then. */
function entryTo(
  reach: AuthenticateReach,
  binding: Binding,
  was: SessionRow | undefined,
  comingTo: ComingTo,
): { readonly life: number; readonly items: readonly TransactItem[] } {
  const next = (was?.life ?? 0) + 1;
  if (was?.state !== 'live') {
    return { life: next, items: [beginSession(reach, binding, next), addToPlayer(reach, binding)] };
  }
  const { isQuiet, ...coming } = comingTo(was);
  const life = isQuiet ? was.life : next;
  return { life, items: [joinSession(reach, binding, { was, life, coming })] };
}

function refusalOfPlayer({ row }: LostCondition, binding: Binding): Refusal {
  const isBarred = isRevoked((row ?? {}) as Partial<PlayerRow>, binding);
  return new Refusal(isBarred ? 'access-revoked' : 'too-many-sessions');
}

const hasSession = ({ row }: LostCondition, sessionId: string): boolean =>
  (row as PlayerRow | undefined)?.sessions?.has(sessionId) ?? false;

function refusalOf({ row }: LostCondition): Refusal {
  const status = (row as ConnectionRow | undefined)?.status;
  const isBoundElsewhere = status === 'CONNECTED' || status === 'STALE';
  return new Refusal(isBoundElsewhere ? 'already-authenticated' : 'connection-gone');
}
