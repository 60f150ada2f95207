import type { RevokeAnswer, RevokeRequest } from '../../contract/internal.ts';
import { DEFAULT_TENANT } from '../../contract/names.ts';
import { type SessionName, sessionOfKey, targetOf } from '../../contract/tables.ts';
import type { AuditedCall } from '../../rules/audit.ts';
import { seconds } from '../../rules/connection.ts';
import { inParallel } from '../platform/parallel.ts';
import type { Reaches } from '../platform/reach.ts';
import type { Users } from '../platform/users.ts';
import { barPlayer, barSession } from '../stores/bars.ts';
import type { PlayerName } from '../stores/players.ts';
import { getSession, sessionsOf } from '../stores/sessions.ts';
import { type AuditReach, audited } from './audited.ts';
import { type CheckSessionReach, endDetached, finishEnd } from './check-session.ts';
import { depart } from './depart.ts';
import { type EvictReach, evict } from './evict.ts';

export type RevokeReach = EvictReach &
  AuditReach &
  CheckSessionReach &
  Reaches<{ sessions: 'get' | 'query' | 'update' }> & {
    readonly users: Pick<Users<'AdminUserGlobalSignOut'>, 'signOutEverywhere'>;
    readonly retentionSeconds: number;
  };

type Tally = { readonly [Key in keyof RevokeAnswer]: string[] };

const SESSIONS_AT_ONCE = 8;
const SOCKETS_AT_ONCE = 8;

/**
 * Shuts a user out [S3-05]: every session ends now, without its grace time, every socket is closed, the
 * pool mints nothing more for them, and no token that was issued until now opens a session again. With a
 * `sessionId` only that session is shut: a newer token opens it again.
 *
 * The mark comes first: whoever binds with an old token beside this either came before it, and is ended
 * below, or is refused by it. Harmless when repeated.
 */
export async function revoke(
  reach: RevokeReach,
  { userId, tenant = DEFAULT_TENANT, sessionId }: RevokeRequest,
  { act }: Pick<AuditedCall, 'act'>,
  clock: () => number,
): Promise<RevokeAnswer> {
  const player = { tenant, userId };
  const tally: Tally = { endedSessions: [], closed: [], stillOpen: [] };
  const target =
    sessionId === undefined
      ? targetOf('user', tenant, userId)
      : targetOf('session', tenant, userId, sessionId);
  return audited(
    reach,
    act(target),
    undefined,
    async () => {
      if (sessionId !== undefined) {
        await shut(reach, { ...player, sessionId }, tally, clock());
        return tally;
      }
      await shutAll(reach, player, tally, clock());
      // Whoever had a token minted meanwhile is shut out by the second round.
      await reach.users.signOutEverywhere(userId);
      await shutAll(reach, player, tally, clock());
      return tally;
    },
    (answer) => ({ ...answer }),
  );
}

async function shutAll(
  reach: RevokeReach,
  player: PlayerName,
  tally: Tally,
  now: number,
): Promise<void> {
  await barPlayer(reach, player, seconds(now));
  const rows = await sessionsOf(reach, player.tenant, player.userId);
  const sessions = rows.flatMap(({ player, item }) => sessionOfKey(player, item) ?? []);
  await inParallel(sessions, SESSIONS_AT_ONCE, (session) => shut(reach, session, tally, now));
}

/** Each look but the first follows a change by somebody else, and none of them can add a connection. */
const LOOKS_MOST = 20;
/** A departure beside this may be dated a little later. */
const ANY_TIME_SECONDS = 3600;

async function shut(
  reach: RevokeReach,
  session: SessionName,
  tally: Tally,
  now: number,
): Promise<void> {
  const until = seconds(now);
  await barSession(reach, session, until);
  const ttl = until + reach.retentionSeconds;
  for (let looks = 0; looks < LOOKS_MOST; looks += 1) {
    const row = await getSession(reach, session);
    if (row && (row.revokedUntil ?? 0) < until) {
      // Begun since then: there was none to mark.
      await barSession(reach, session, until);
      continue;
    }
    if (row?.state !== 'live') {
      if (row) await finishEnd(reach, session, row, ttl);
      return;
    }
    await inParallel([...(row.conns ?? [])], SOCKETS_AT_ONCE, async (connectionId) => {
      // One that nobody can shut leaves all the same: its session is over, and nothing looks for it any more.
      const isShut = (await evict(reach, connectionId, now)) !== 'stays';
      if (!isShut) await depart(reach, connectionId, now);
      tally.closed.push(connectionId);
      if (!isShut) tally.stillOpen.push(connectionId);
    });
    if (await endDetached(reach, session, until + ANY_TIME_SECONDS, ttl)) {
      tally.endedSessions.push(session.sessionId);
    }
  }
  throw new Error(`Session ${session.sessionId} did not come to its end.`);
}
