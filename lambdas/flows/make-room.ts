import { SESSIONS_PROBED_AT_ONCE } from '../../contract/limits.ts';
import type { SessionName, SessionRow } from '../../contract/tables.ts';
import type { SessionLimits } from '../../rules/session.ts';
import { inParallel, inPieces } from '../platform/parallel.ts';
import type { Reaches } from '../platform/reach.ts';
import { getPlayer } from '../stores/players.ts';
import { getSessions } from '../stores/sessions.ts';
import { checkSession } from './check-session.ts';
import { type ProbeSessionReach, probeSession } from './probe-session.ts';

export type MakeRoomReach = ProbeSessionReach & Reaches<{ sessions: 'batchGet' }>;

/**
 * Looks for a session of this user that can give way to another one [S3-07]. First those whose connections the
 * gateway calls gone, the oldest first: a `$disconnect` that was lost locks nobody out. Then the one that
 * nobody has been connected to for longest: its grace time is for a client that may come back, and here one
 * has come. It ends as it would have a little later, and can be resumed like any other.
 *
 * True when trying again makes sense: there is room now, or somebody else made some.
 */
export async function makeRoom(
  reach: MakeRoomReach,
  { tenant, userId }: Omit<SessionName, 'sessionId'>,
  { sessionsPerUser, retentionSeconds }: SessionLimits,
  now: number,
): Promise<boolean> {
  const player = await getPlayer(reach, { tenant, userId });
  const names = [...(player?.sessions ?? [])].map((sessionId) => ({ tenant, userId, sessionId }));
  if (names.length < sessionsPerUser) return true;
  const rows = await getSessions(reach, names);
  const live = names.flatMap((name, at) => {
    const row = rows[at];
    return row?.state === 'live' ? [{ name, row }] : [];
  });
  const atOnce = { graceSeconds: 0, retentionSeconds, now };

  const connected = live.filter(({ row }) => row.conns !== undefined).sort(byAge);
  for (const piece of inPieces(connected, SESSIONS_PROBED_AT_ONCE)) {
    const verdicts = await inParallel(piece, SESSIONS_PROBED_AT_ONCE, ({ name }) =>
      probeSession(reach, name, atOnce),
    );
    if (verdicts.some(({ is }) => is === 'ended')) return true;
  }
  for (const { name } of live.filter(({ row }) => row.conns === undefined).sort(byDeparture)) {
    if ((await checkSession(reach, name, atOnce)).is === 'ended') return true;
  }
  return false;
}

interface Found {
  readonly row: SessionRow;
}
const byAge = (one: Found, other: Found): number =>
  Date.parse(one.row.connectedAt) - Date.parse(other.row.connectedAt);
const byDeparture = (one: Found, other: Found): number =>
  (one.row.detachedAt ?? 0) - (other.row.detachedAt ?? 0);
