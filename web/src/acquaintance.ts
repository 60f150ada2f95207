import { formatSession } from './format.ts';
import type { Person } from './person.ts';
import type { Watch } from './watch.ts';

/** Somebody of whom only ids are known, in words for this page. */
export interface Acquaintance {
  readonly name: string;
  readonly look: Person['look'] | 'stranger';
}

/** The events know users by id only; the page knows the names of those who are on it. */
export function knownAs(player: string, people: readonly Person[], watch: Watch): Acquaintance {
  const person = people.find(({ userId }) => userId.value === player);
  if (person) return person;
  const isWatcher = watch.userId.value === player;
  return { name: isWatcher ? watch.name : `User ${formatSession(player)}`, look: 'stranger' };
}

export function placeOf(sessionId: string, people: readonly Person[], watch: Watch): string {
  if (sessionId === watch.sessionId) return 'looks on for this list';
  const isHere = people.some((one) => one.sessionId === sessionId);
  return isHere ? 'this page' : 'another page or device';
}
