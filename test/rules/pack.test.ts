import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FRAME_BYTES } from '../../contract/limits.ts';
import type { Notification, Pack } from '../../contract/protocol.ts';
import { packFrames } from '../../rules/pack.ts';

const frame = (characters: number, at = 0) =>
  JSON.stringify({ type: 'notification', seq: at, payload: 'é'.repeat(characters) });

/** What a client makes of them. */
const unpacked = (frames: readonly string[]): unknown[] =>
  frames.flatMap<unknown>((text) => {
    const read = JSON.parse(text) as Pack | Notification;
    return read.type === 'pack' ? read.frames : [read];
  });

describe('packs', () => {
  it('[S3-08] hold every frame once and in order, and are never larger than one frame', () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 40 });
    fc.assert(
      fc.property(sizes, (all) => {
        const frames = all.map(frame);
        const packs = packFrames(frames);
        expect(unpacked(packs)).toEqual(frames.map((text) => JSON.parse(text)));
        for (const pack of packs) {
          if (!frames.includes(pack))
            expect(Buffer.byteLength(pack)).toBeLessThanOrEqual(FRAME_BYTES);
        }
      }),
    );
  });

  it('fill a frame to its last byte', () => {
    const [first = ''] = packFrames([frame(1), frame(1)]);
    const free = FRAME_BYTES - Buffer.byteLength(first);
    const filler = JSON.stringify('x'.repeat(free - 3));
    expect(packFrames([frame(1), frame(1), filler])).toHaveLength(1);
    expect(packFrames([frame(1), frame(1), `${filler.slice(0, -1)}x"`])).toHaveLength(2);
  });

  it('one alone, and one too large to share, stay as they are', () => {
    expect(packFrames([])).toEqual([]);
    expect(packFrames([frame(1)])).toEqual([frame(1)]);
    const large = frame(FRAME_BYTES);
    expect(packFrames([frame(1), large, frame(2)])).toEqual([frame(1), large, frame(2)]);
  });
});
