import { describe, expect, it } from 'vitest';
import {
  DIRECT_MESSAGE_CLAIM_SECONDS,
  DIRECT_MESSAGE_KEPT_SECONDS,
  FRAME_BYTES,
} from '../../contract/limits.ts';
import { isNotificationId } from '../../contract/names.ts';
import {
  directMessageFrame,
  handedOn,
  idUnder,
  newDirectMessage,
  reportOf,
  settled,
  standingOf,
  takenOver,
} from '../../rules/direct-message.ts';

const NOW = Date.parse('2026-01-01T12:00:00.000Z');
const later = (seconds: number) => NOW + seconds * 1000;
const joe = { tenant: 'acme', userId: 'joe' };
const request = { to: { userIds: ['sam'] }, message: { text: 'hello' } };
const fresh = newDirectMessage('m1', joe, request, NOW);
const counts = { delivered: 2, gone: 1, failed: 0 };

describe('the id of a message', () => {
  it('under a key is that of its tenant, its sender and its key', () => {
    const id = idUnder(joe, 'key-1');
    expect(isNotificationId(id)).toBe(true);
    expect(idUnder({ ...joe }, 'key-1')).toBe(id);
    expect(idUnder(joe, 'key-2')).not.toBe(id);
    expect(idUnder({ ...joe, userId: 'sam' }, 'key-1')).not.toBe(id);
    expect(idUnder({ ...joe, tenant: 'other' }, 'key-1')).not.toBe(id);
  });
});

describe('the frame of a message', () => {
  it('is its envelope with the payload as it was given', () => {
    expect(directMessageFrame(fresh, { text: 'ü', __proto__: null })).toBe(
      '{"type":"message","id":"m1","at":"2026-01-01T12:00:00.000Z","payload":{"text":"ü"}}',
    );
    expect(JSON.parse(directMessageFrame(fresh, null)).payload).toBeNull();
  });

  it('is refused above one frame, and where there is no payload', () => {
    const room = FRAME_BYTES - Buffer.byteLength(directMessageFrame(fresh, ''));
    expect(() => directMessageFrame(fresh, 'x'.repeat(room))).not.toThrow();
    expect(() => directMessageFrame(fresh, 'x'.repeat(room + 1))).toThrow('too-large');
    expect(() => directMessageFrame(fresh, 'ü'.repeat(room / 2 + 1))).toThrow('too-large');
    expect(() => directMessageFrame(fresh, undefined)).toThrow('malformed');
  });
});

describe('what stands under a key', () => {
  const same = newDirectMessage('m1', joe, request, later(5));
  const released = ({ claimedUntil: _, ...row }: typeof fresh) => row;

  it.each([
    { to: { userIds: ['ann'] }, message: request.message },
    { to: request.to, message: { text: 'bye' } },
  ])('is another one: %j', (change) => {
    expect(standingOf(newDirectMessage('m1', joe, change, NOW), same, later(5))).toBe('other');
  });

  it('is being sent until its claim runs out, and then anybody’s', () => {
    expect(standingOf(fresh, same, later(5))).toBe('claimed');
    expect(standingOf(fresh, same, later(DIRECT_MESSAGE_CLAIM_SECONDS - 1))).toBe('claimed');
    expect(standingOf(fresh, same, later(DIRECT_MESSAGE_CLAIM_SECONDS))).toBe('free');
  });

  it('is told once it is done, or left to its pages; not while pages are still handed on', () => {
    expect(standingOf(settled(fresh, 3, counts), same, later(100))).toBe('told');
    const handed = handedOn(fresh, 1500, 2);
    expect(standingOf(handed, same, later(5))).toBe('claimed');
    expect(standingOf(handed, same, later(100))).toBe('free');
    expect(standingOf(released(handed), same, later(100))).toBe('told');
    // All are counted: nobody has to send them again, whether or not their sender died.
    const { waiting: _, ...counted } = handed;
    expect(standingOf(counted, same, later(100))).toBe('told');
  });

  it('is nothing any more past its time', () => {
    const other = { ...fresh, request: 'other' };
    expect(standingOf(other, same, later(DIRECT_MESSAGE_KEPT_SECONDS - 1))).toBe('other');
    expect(standingOf(other, same, later(DIRECT_MESSAGE_KEPT_SECONDS))).toBe('free');
  });

  it('taken over begins anew, as the same message', () => {
    const handed = { ...handedOn(fresh, 1500, 2), delivered: 7 };
    const next = newDirectMessage('m1', joe, request, later(60));
    expect(takenOver(handed, next, later(60))).toEqual({ ...next, at: fresh.at, version: 3 });
    const past = later(DIRECT_MESSAGE_KEPT_SECONDS);
    const another = newDirectMessage('m1', joe, request, past);
    expect(takenOver(handed, another, past)).toEqual({ ...another, version: 3 });
  });
});

describe('what became of a message', () => {
  const report = { id: 'm1', recipients: 0, delivered: 0, gone: 0, failed: 0 };

  it('is told while its recipients are looked for, and once it is done', () => {
    expect(reportOf(fresh)).toEqual({ ...report, state: 'sending' });
    const done = settled(fresh, 3, counts);
    expect(done).not.toHaveProperty('claimedUntil');
    expect(reportOf(done)).toEqual({ ...report, ...counts, recipients: 3, state: 'done' });
    expect(reportOf(settled(fresh, 0, { delivered: 0, gone: 0, failed: 0 })).state).toBe('done');
  });

  it('is sending until the last page is counted', () => {
    const handed = handedOn(fresh, 1500, 2);
    expect(handed.waiting).toEqual(new Set(['2-1', '2-2']));
    expect(reportOf(handed)).toEqual({ ...report, recipients: 1500, state: 'sending' });
    const { waiting: _, ...counted } = handed;
    expect(reportOf(counted).state).toBe('done');
  });

  it('counts no page of a try that was taken over', () => {
    const again = handedOn(takenOver(handedOn(fresh, 1500, 2), fresh, later(60)), 1500, 2);
    const before = handedOn(fresh, 1500, 2).waiting;
    expect([...again.waiting].filter((page) => before.has(page))).toEqual([]);
  });
});
