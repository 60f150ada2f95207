import { hash } from 'node:crypto';
import type { LifecycleEvent, LifecycleType } from '../contract/events.ts';
import { type PlayerRow, playerOfKey } from '../contract/tables.ts';

/**
 * What one change of a player's row tells the bus [S0-08], in order: who comes is there before their
 * sessions and leaves after them, and what came is told before what went. The same two images give the
 * same events with the same ids, however often they are delivered [S0-09]. `at` is when the change was
 * recorded, ISO.
 *
 * Every session of a change is told, though the flows of Switchboard change one at a time.
 */
export function lifecycleEvents(
  before: PlayerRow | undefined,
  after: PlayerRow,
  at: string,
): LifecycleEvent[] {
  const was = before?.sessions ?? new Set();
  const is = after.sessions ?? new Set();
  const came = [...is].filter((sessionId) => !was.has(sessionId)).sort();
  const went = [...was].filter((sessionId) => !is.has(sessionId)).sort();
  const event = (type: LifecycleType) => (sessionId: string) => eventOf(type, after, sessionId, at);
  return [
    ...(was.size === 0 ? came.slice(0, 1).map(event('Player Connect')) : []),
    ...came.map(event('Session Connect')),
    ...went.map(event('Session Disconnect')),
    ...(is.size === 0 ? went.slice(-1).map(event('Player Disconnect')) : []),
  ];
}

function eventOf(
  type: LifecycleType,
  { player, version }: PlayerRow,
  sessionId: string,
  at: string,
): LifecycleEvent {
  const { tenant, userId } = playerOfKey(player);
  const identity = JSON.stringify([tenant, userId, version, type, sessionId]);
  const eventId = hash('sha256', identity).slice(0, EVENT_ID_CHARACTERS);
  return { type, detail: { sessionId, player: userId, tenant, eventId, version, at } };
}

/** 128 bits of the hash: no two events will ever share them by chance. */
const EVENT_ID_CHARACTERS = 32;
