import { expect, test } from 'vitest';
import type { OnlineChange } from '../../sample/ephemera/operations.ts';
import { changed, eventOf, listed, type Presence, whoIsOnline } from '../../web/src/presence.ts';

const at = (second: number): string => new Date(second * 1000).toISOString();
const came = (player: string, second: number, sessionId?: string): OnlineChange => ({
  player,
  ...(sessionId && { sessionId }),
  isOnline: true,
  since: at(second),
});
const went = (...who: Parameters<typeof came>): OnlineChange => ({
  ...came(...who),
  isOnline: false,
});

const after = (...changes: readonly OnlineChange[]) =>
  whoIsOnline(changes.reduce(changed, new Map() as Presence));
const names = (online: ReturnType<typeof after>) => online.map(({ player }) => player);

test('a user is online with each of their sessions, in the order in which they came', () => {
  expect(after(came('joe', 2), came('joe', 5, 'b'), came('joe', 2, 'a'), came('ann', 1))).toEqual([
    { player: 'ann', since: at(1), sessions: [] },
    {
      player: 'joe',
      since: at(2),
      sessions: [
        { sessionId: 'a', since: at(2) },
        { sessionId: 'b', since: at(5) },
      ],
    },
  ]);
});

test('a user who loses one of two sessions stays online', () => {
  const [joe] = after(
    came('joe', 1),
    came('joe', 1, 'a'),
    came('joe', 2, 'b'),
    went('joe', 3, 'a'),
  );
  expect(joe?.sessions).toEqual([{ sessionId: 'b', since: at(2) }]);
});

test('what happened earlier and is told later changes nothing', () => {
  expect(after(went('joe', 5), came('joe', 1), came('sam', 1))).toHaveLength(1);
});

test('what changes while the list is on its way is not lost, whichever of the two is newer', () => {
  const answer = {
    players: [
      { player: 'joe', since: at(9), sessions: [{ sessionId: 'a', since: at(9) }] },
      { player: 'sam', since: at(1), sessions: [] },
    ],
  };
  const meanwhile = [went('joe', 8), went('sam', 9), came('ann', 9)];
  expect(names(whoIsOnline(listed(answer, meanwhile)))).toEqual(['joe', 'ann']);
});

test('each change says which of the four events it comes from', () => {
  expect([came('j', 1), went('j', 1), came('j', 1, 's'), went('j', 1, 's')].map(eventOf)).toEqual([
    'Player Connect',
    'Player Disconnect',
    'Session Connect',
    'Session Disconnect',
  ]);
});
