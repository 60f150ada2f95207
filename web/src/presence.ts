/** Who is online, from one answer and all changes since. Pure. */

import type { LifecycleType } from '../../contract/events.ts';
import type { OnlineAnswer, OnlineChange } from '../../sample/ephemera/operations.ts';

/** The newest that is known of each user and each session; the offline ones too, so that late news loses. */
export type Presence = ReadonlyMap<string, OnlineChange>;

export interface Online {
  readonly player: string;
  /** ISO. */
  readonly since: string;
  readonly sessions: readonly { readonly sessionId: string; readonly since: string }[];
}

const keyOf = ({ player, sessionId = '' }: OnlineChange): string => `${player} ${sessionId}`;

/** Changes of one row can overtake each other: the one that happened later stays. */
export function changed(known: Presence, change: OnlineChange): Presence {
  const before = known.get(keyOf(change));
  if (before && before.since > change.since) return known;
  return new Map(known).set(keyOf(change), change);
}

/** The answer replaces all that was known, but for the changes that came while it was on its way. */
export function listed({ players }: OnlineAnswer, meanwhile: readonly OnlineChange[]): Presence {
  const told = players.flatMap(({ player, since, sessions }): OnlineChange[] => [
    { player, since, isOnline: true },
    ...sessions.map((session) => ({ player, ...session, isOnline: true })),
  ]);
  return [...told, ...meanwhile].reduce(changed, new Map());
}

/** In the order in which they came. */
export function whoIsOnline(known: Presence): Online[] {
  const here = [...known.values()].filter(({ isOnline }) => isOnline);
  return [...Map.groupBy(here, ({ player }) => player)]
    .map(([player, rows]) => {
      const sessions = rows
        .flatMap(({ sessionId, since }) => (sessionId ? [{ sessionId, since }] : []))
        .sort(bySince);
      const own = rows.find(({ sessionId }) => !sessionId) ?? sessions[0];
      return { player, since: own?.since ?? '', sessions };
    })
    .sort(bySince);
}

const bySince = (one: { since: string }, other: { since: string }): number =>
  one.since.localeCompare(other.since);

/** The lifecycle event that a change comes from. */
export function eventOf({ sessionId, isOnline }: OnlineChange): LifecycleType {
  return `${sessionId ? 'Session' : 'Player'} ${isOnline ? 'Connect' : 'Disconnect'}`;
}
