import { FRAME_BYTES } from '../contract/limits.ts';
import type { Pack } from '../contract/protocol.ts';

const OPENING = `${JSON.stringify({ type: 'pack' } satisfies Pick<Pack, 'type'>).slice(0, -1)},"frames":[`;
const CLOSING = ']}';

/**
 * Frames for one connection, in their order, in as few as they fit into [S3-08]: each frame is a post, and
 * one billed message per 32 KB. One that is alone, or too large to share, stays as it is.
 */
export function packFrames(frames: readonly string[]): readonly string[] {
  if (frames.length < 2) return frames;
  const packs: string[][] = [];
  let room = 0;
  for (const frame of frames) {
    const bytes = Buffer.byteLength(frame) + 1; // with the comma before it
    const last = packs.at(-1);
    if (last && bytes <= room) {
      last.push(frame);
      room -= bytes;
    } else {
      packs.push([frame]);
      room = FRAME_BYTES - OPENING.length - CLOSING.length - (bytes - 1);
    }
  }
  return packs.map((pack) =>
    pack.length === 1 ? (pack[0] ?? '') : `${OPENING}${pack.join()}${CLOSING}`,
  );
}
