import { PLAYER_ITEM, type PlayerRow, playerKey } from '../../contract/tables.ts';
import type { Evidence } from '../audit/evidence.ts';
import { rowsOf } from '../support/rows.ts';

/** Transitions that rows tell of, and what the bus was told of them. */
export interface Told {
  readonly transitions: number;
  /** One of the session for each transition, and one of the player where it is a first or a last one. */
  readonly expected: number;
  readonly seen: number;
  /** What the bus was told again beyond that. */
  readonly again: number;
}

export function countTold({ rows, events }: Pick<Evidence, 'rows' | 'events'>): Told {
  const players = rowsOf<PlayerRow>(rows, 'sessions').filter(({ item }) => item === PLAYER_ITEM);
  const transitions = players.reduce((sum, { version }) => sum + version, 0);
  const distinct = new Map(events.map((event) => [event.detail.eventId, event]));
  const present = new Map<string, Set<string>>();
  let turns = 0;
  const ofSessions = [...distinct.values()]
    .filter(({ type }) => type.startsWith('Session'))
    .sort((a, b) => a.detail.version - b.detail.version);
  for (const { type, detail } of ofSessions) {
    const key = playerKey(detail.tenant, detail.player);
    const sessions = present.get(key) ?? new Set<string>();
    present.set(key, sessions);
    const was = sessions.size;
    if (type === 'Session Connect') sessions.add(detail.sessionId);
    else sessions.delete(detail.sessionId);
    if ((was === 0) !== (sessions.size === 0)) turns += 1;
  }
  return {
    transitions,
    expected: transitions + turns,
    seen: distinct.size,
    again: events.length - distinct.size,
  };
}
