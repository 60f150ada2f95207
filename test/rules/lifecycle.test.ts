import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LifecycleEvent } from '../../contract/events.ts';
import { PLAYER_ITEM, type PlayerRow, playerKey } from '../../contract/tables.ts';
import { lifecycleEvents } from '../../rules/lifecycle.ts';

const AT = '2026-01-01T12:00:00.000Z';
const image = (sessions: readonly string[], version: number, userId = 'joe'): PlayerRow => ({
  player: playerKey('default', userId),
  item: PLAYER_ITEM,
  version,
  ...(sessions.length > 0 && { sessions: new Set(sessions) }),
});
const told = (events: readonly LifecycleEvent[]) =>
  events.map(({ type, detail }) => `${type} ${detail.sessionId}`);

const sets = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'));
const histories = fc.array(sets, { minLength: 1, maxLength: 12 });

/** Every event of a history of sets, as successive images tell them. */
function eventsOf(history: readonly (readonly string[])[], userId?: string): LifecycleEvent[] {
  const images = history.map((sessions, at) => image(sessions, at + 1, userId));
  return images.flatMap((after, at) => lifecycleEvents(images[at - 1], after, AT));
}

describe('lifecycle events', () => {
  it('[S0-08] the first session: the player comes, then the session', () => {
    const events = lifecycleEvents(undefined, image(['a'], 1), AT);
    expect(told(events)).toEqual(['Player Connect a', 'Session Connect a']);
    expect(events[0]?.detail).toEqual({
      sessionId: 'a',
      player: 'joe',
      tenant: 'default',
      version: 1,
      at: AT,
      eventId: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
  });

  it.each([
    ['a second session', ['a'], ['a', 'b'], ['Session Connect b']],
    ['one of two ends', ['a', 'b'], ['b'], ['Session Disconnect a']],
    ['the last one ends', ['a'], [], ['Session Disconnect a', 'Player Disconnect a']],
    ['nothing changed', ['a'], ['a'], []],
    ['one for another', ['a'], ['b'], ['Session Connect b', 'Session Disconnect a']],
    [
      'several at once',
      [],
      ['b', 'a'],
      ['Player Connect a', 'Session Connect a', 'Session Connect b'],
    ],
    [
      'all at once',
      ['b', 'a'],
      [],
      ['Session Disconnect a', 'Session Disconnect b', 'Player Disconnect b'],
    ],
  ])('[S0-08] %s', (_, before, after, expected) => {
    expect(told(lifecycleEvents(image(before, 4), image(after, 5), AT))).toEqual(expected);
  });

  it('[S0-09] player events alternate, each session comes and goes in turn, and none is lost', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const online = new Set<string>();
        let isThere = false;
        for (const { type, detail } of eventsOf(history)) {
          if (type === 'Session Connect') expect(online).not.toContain(detail.sessionId);
          if (type === 'Session Disconnect') expect(online).toContain(detail.sessionId);
          if (type === 'Player Connect') {
            expect([isThere, online.size]).toEqual([false, 0]);
            isThere = true;
          }
          expect(isThere).toBe(true);
          if (type === 'Session Connect') online.add(detail.sessionId);
          if (type === 'Session Disconnect') online.delete(detail.sessionId);
          if (type === 'Player Disconnect') {
            expect(online.size).toBe(0);
            isThere = false;
          }
        }
        expect(online).toEqual(new Set(history.at(-1)));
        expect(isThere).toBe(online.size > 0);
      }),
    );
  });

  it('[S0-09] an event has the same id whenever it is told, and no other event has it', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const events = ['joe', 'sam'].flatMap((userId) => eventsOf(history, userId));
        const ids = new Set(events.map(({ detail }) => detail.eventId));
        expect(ids.size).toBe(events.length);
        expect(eventsOf(history)).toEqual(eventsOf(history));
      }),
    );
  });

  it('a user id may hold everything that a key admits', () => {
    const [event] = lifecycleEvents(undefined, image(['a'], 1, 'cognito:eu|x/y'), AT);
    expect(event?.detail).toMatchObject({ tenant: 'default', player: 'cognito:eu|x/y' });
  });
});
