import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { continuesFrom, isSame, stamp, visibleEpoch } from '../../rules/sequence.ts';

const origin = fc.option(
  fc.record({ userId: fc.constantFrom('joe', 'sam'), sessionId: fc.constantFrom('1', '2') }),
  { nil: undefined },
);
const messages = fc
  .array(origin, { maxLength: 30 })
  .map((origins) => origins.map((each, at) => ({ id: `${at}`, ...(each && { origin: each }) })));

describe('stamp', () => {
  it('numbers without hole, whatever the batches', () => {
    fc.assert(
      fc.property(messages, fc.integer({ min: 1, max: 5 }), (all, size) => {
        let head: Parameters<typeof stamp>[0] = { epoch: 'e', head: 0 };
        const seqs: number[] = [];
        for (let at = 0; at < all.length; at += size) {
          const stamped = stamp(head, all.slice(at, at + size));
          seqs.push(...stamped.stamps.map(({ seq }) => seq));
          head = stamped.head;
        }
        expect(seqs).toEqual(all.map((_, at) => at + 1));
        expect(head.head).toBe(all.length);
      }),
    );
  });

  it('each subscriber that skips its own messages can walk its sequence whole', () => {
    fc.assert(
      fc.property(messages, origin, fc.integer({ min: 1, max: 5 }), (all, reader, size) => {
        if (reader === undefined) return;
        let head: Parameters<typeof stamp>[0] = { epoch: 'e', head: 0 };
        let position = 0;
        for (let at = 0; at < all.length; at += size) {
          const batch = all.slice(at, at + size);
          const stamped = stamp(head, batch);
          head = stamped.head;
          for (const [index, { seq, run }] of stamped.stamps.entries()) {
            const from = batch[index]?.origin;
            if (from && isSame(from, reader)) continue;
            expect(continuesFrom(seq, run, reader)).toBe(position);
            position = seq;
          }
        }
      }),
    );
  });
});

it('an operator’s setting changes the epoch that clients see', () => {
  expect(visibleEpoch('e', '')).toBe('e');
  expect(visibleEpoch('e', 'r1')).toBe('r1.e');
});
