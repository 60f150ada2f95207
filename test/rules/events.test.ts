import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { notificationDetail } from '../../contract/events.ts';
import { EVENT_BYTES_PER_PUT, EVENTS_PER_PUT } from '../../contract/limits.ts';
import { topicKey } from '../../contract/tables.ts';
import { eventPieces } from '../../rules/event-pieces.ts';
import { notificationEvent } from '../../rules/notification-event.ts';

const event = (characters: number, at = 0) => ({
  source: 'source',
  type: `type ${at}`,
  detail: 'é'.repeat(characters),
});

describe('pieces', () => {
  it('hold every event once, in order, and never more than PutEvents takes', () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 300_000 }), { maxLength: 40 });
    fc.assert(
      fc.property(sizes, (all) => {
        const events = all.map(event);
        const pieces = eventPieces(events);
        expect(pieces.flat()).toEqual(events);
        for (const piece of pieces) {
          const bytes = piece.map((each) => Buffer.byteLength(Object.values(each).join('')));
          expect(piece.length).toBeLessThanOrEqual(EVENTS_PER_PUT);
          expect(bytes.reduce((sum, each) => sum + each)).toBeLessThanOrEqual(EVENT_BYTES_PER_PUT);
        }
      }),
      { numRuns: 25 },
    );
  });

  it('are as few as their number asks for', () => {
    expect(eventPieces([])).toEqual([]);
    expect(
      eventPieces(Array.from({ length: 25 }, () => event(1))).map(({ length }) => length),
    ).toEqual([10, 10, 5]);
  });
});

describe('the event of a notification', () => {
  it('[S1-12] has the payload as JSON, not as text in a string', () => {
    const payload = { petId: 'rex', tags: ['a "b"', null], price: 1e300, é: 'ü' };
    const told = notificationEvent({
      topic: topicKey('acme', 'Pet/rex'),
      id: 'n1',
      payload: JSON.stringify(payload),
      at: '2026-01-01T12:00:00.000Z',
      topics: ['Pet', 'Pet/rex'],
      ttl: 1,
      origin: { userId: 'joe', sessionId: 'tab' },
    });
    expect(told).toMatchObject({ source: 'mtw.notifications', type: 'Notification' });
    expect(notificationDetail.parse(JSON.parse(told.detail))).toEqual({
      tenant: 'acme',
      topic: 'Pet/rex',
      id: 'n1',
      at: '2026-01-01T12:00:00.000Z',
      topics: ['Pet', 'Pet/rex'],
      payload,
    });
    // Who caused it is nobody's business outside.
    expect(told.detail).not.toContain('joe');
  });
});
