import { type PlayerRow, playerOfKey } from '../../contract/tables.ts';
import { type OnlineRow, onlineRow } from './rows.ts';

/**
 * What the published row of a user says otherwise than our own rows about that user [S0-12]. The row
 * is the truth as of its version, so it stands in for every event up to that one, also those that
 * never came; events after it have a higher version and win.
 */
export function corrections(
  { player: key, sessions = new Set(), version }: PlayerRow,
  known: readonly OnlineRow[],
  now: number,
): OnlineRow[] {
  const { tenant, userId: player } = playerOfKey(key);
  const about = { tenant, player, version, since: new Date(now).toISOString() };
  const strayed = known.flatMap(({ sessionId }) =>
    sessionId === undefined || sessions.has(sessionId) ? [] : sessionId,
  );
  const truth = [
    onlineRow({ ...about, isOnline: sessions.size > 0 }),
    ...[...sessions].map((sessionId) => onlineRow({ ...about, sessionId, isOnline: true })),
    ...strayed.map((sessionId) => onlineRow({ ...about, sessionId, isOnline: false })),
  ];
  const isKnown = new Map(known.map(({ who, isOnline }) => [who, isOnline]));
  return truth.filter(({ who, isOnline }) => (isKnown.get(who) ?? false) !== isOnline);
}
