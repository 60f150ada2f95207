import {
  CONNECTIONS_PER_SESSION,
  RETENTION_SECONDS,
  SESSIONS_PER_USER,
  YOUNG_CONNECTION_SECONDS,
} from '../../contract/limits.ts';
import { isSessionId } from '../../contract/names.ts';
import type { Accepted, Authenticated } from '../../contract/protocol.ts';
import { Refusal, type RefusalCode } from '../../contract/refusals.ts';
import type { ConnectionRow, PlayerRow, SessionRow } from '../../contract/tables.ts';
import { seconds } from '../../rules/connection.ts';
import type { Identity } from '../../rules/identity.ts';
import { isRevoked } from '../../rules/revocation.ts';
import { type Coming, comingOf, hasRoom, type SessionLimits } from '../../rules/session.ts';
import type { TopicPolicy } from '../../rules/topic-policy.ts';
import type { Reaches } from '../platform/reach.ts';
import type { Sockets } from '../platform/sockets.ts';
import { type LostCondition, type TransactItem, transact } from '../platform/transact.ts';
import { type Binding, bindConnection } from '../stores/connections.ts';
import { addToPlayer } from '../stores/players.ts';
import { type Beginning, beginSession, getSession, joinSession } from '../stores/sessions.ts';
import { evict } from './evict.ts';
import { type MakeRoomReach, makeRoom } from './make-room.ts';
import { probeMembers } from './probe-session.ts';
import { reviveSubscriptions } from './revive-subscriptions.ts';

export type AuthenticateReach = MakeRoomReach &
  Reaches<{
    connections: 'get' | 'put' | 'update';
    sessions: 'get' | 'update' | 'batchGet';
    subscriptions: 'update';
  }> & { readonly sockets: Sockets<'get' | 'delete'>; readonly topics: TopicPolicy };

export interface AuthenticateRequest {
  readonly connectionId: string;
  readonly sessionId: string;
  readonly replaces?: string;
  /** In the order of `acceptable`. */
  readonly accepts?: readonly Accepted[];
  readonly now: number;
  /** @default - those of contract/limits.ts */
  readonly limits?: SessionLimits;
}

const usualLimits: SessionLimits = {
  sessionsPerUser: SESSIONS_PER_USER,
  connectionsPerSession: CONNECTIONS_PER_SESSION,
  retentionSeconds: RETENTION_SECONDS,
};

/** What the reply tells of the session. */
export type Entered = Pick<Authenticated, 'session' | 'notice'>;

/**
 * Makes a connection one of the user's session, and the session live [S1-02] [S0-10]. The session is read
 * first and bound only while it is as it was read: what was read then tells which transaction will hold,
 * and whether subscriptions are to be revived. A session that is live is joined without touching its
 * player, so that versions have no gaps [S0-09]. The session is keyed by the verified user: a session id
 * is only a name [S0-15].
 *
 * Refuses `session-id-invalid`, `connection-gone`, `already-authenticated`, `access-revoked`; `too-many-sessions`
 * and `too-many-connections` [S3-07], both not before those that are dead have given way.
 */
export async function authenticate(
  reach: AuthenticateReach,
  { tenant, userId, expiresAt, issuedAt, scopes }: Identity,
  {
    connectionId,
    sessionId,
    replaces,
    accepts = [],
    now,
    limits = usualLimits,
  }: AuthenticateRequest,
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
  const was = await enter(reach, binding, {
    limits,
    replaces,
    comingTo: (live) => comingOf(live, binding, replaces),
  });
  if (replaces !== undefined && replaces !== connectionId && was?.conns?.has(replaces)) {
    const eviction = await evict(reach, replaces, now);
    // It goes on taking posts: whoever remembers it as the only one has to learn of this one.
    if (eviction === 'stays') {
      await enter(reach, binding, {
        limits,
        comingTo: (live) => ({ ...comingOf(live, binding), isQuiet: false }),
      });
    }
  }
  if (was === undefined || isForgotten(was, now)) return { session: 'new' };
  return { session: 'resumed', ...(was.notice && { notice: was.notice }) };
}

/** Past its time DynamoDB removes its rows one by one, in any order: what is still there is no whole. */
const isForgotten = ({ ttl }: SessionRow, now: number): boolean =>
  ttl !== undefined && ttl <= seconds(now);

interface Entering {
  readonly limits: SessionLimits;
  readonly replaces?: string | undefined;
  readonly comingTo: (live: SessionRow) => Coming;
}

/** Binds, and revives what is to be revived; gives the session as it was just before. */
async function enter(
  reach: AuthenticateReach,
  binding: Binding,
  entering: Entering,
): Promise<SessionRow | undefined> {
  const { limits, replaces } = entering;
  const { connectionId, now } = binding;
  /** Hardly any user has a mark: it is taken for none until their row says otherwise. */
  let revokedUntil: number | undefined;
  for (;;) {
    const was = await getSession(reach, binding);
    if (was && isRevoked(was, binding)) throw new Refusal('access-revoked');
    if (
      was?.state === 'live' &&
      !hasRoom(was, connectionId, replaces, limits.connectionsPerSession)
    ) {
      if (await probeMembers(reach, binding, was.conns ?? [], now)) continue;
      throw atLimit('too-many-connections', limits.connectionsPerSession);
    }
    const { life, items } = entryTo(reach, binding, { was, revokedUntil }, entering);
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
    if (player && !hasSession(player, binding.sessionId)) {
      if (isRevoked(rowOf(player), binding)) throw new Refusal('access-revoked');
      if (rowOf(player).revokedUntil !== revokedUntil) {
        ({ revokedUntil } = rowOf(player));
        continue;
      }
      if (await makeRoom(reach, binding, limits, now)) continue;
      throw atLimit('too-many-sessions', limits.sessionsPerUser);
    }
    // Ended, left, or joined by another bind since it was read: look again.
  }
}

const atLimit = (code: RefusalCode, most: number): Refusal =>
  new Refusal(code, `${most} at the most.`, YOUNG_CONNECTION_SECONDS);

/** What makes a connection a member of the session as it was read, and the number it has then. */
function entryTo(
  reach: AuthenticateReach,
  binding: Binding,
  { was, revokedUntil }: { readonly was: SessionRow | undefined } & Beginning,
  { limits, comingTo }: Entering,
): { readonly life: number; readonly items: readonly TransactItem[] } {
  const next = (was?.life ?? 0) + 1;
  if (was?.state !== 'live') {
    return {
      life: next,
      items: [
        beginSession(reach, binding, { was, revokedUntil }),
        addToPlayer(reach, binding, { most: limits.sessionsPerUser, revokedUntil }),
      ],
    };
  }
  const { isQuiet, ...coming } = comingTo(was);
  const life = isQuiet ? was.life : next;
  return { life, items: [joinSession(reach, binding, { was, life, coming })] };
}

const rowOf = ({ row }: LostCondition): Partial<PlayerRow> => row ?? {};

const hasSession = (player: LostCondition, sessionId: string): boolean =>
  rowOf(player).sessions?.has(sessionId) ?? false;

function refusalOf({ row }: LostCondition): Refusal {
  const status = (row as ConnectionRow | undefined)?.status;
  const isBoundElsewhere = status === 'CONNECTED' || status === 'STALE';
  return new Refusal(isBoundElsewhere ? 'already-authenticated' : 'connection-gone');
}
