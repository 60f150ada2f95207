const TEXT = 0x81;
const LENGTH_IN_16_BITS = 126;
const LENGTH_IN_64_BITS = 127;
const LONGEST_HEADER = 10;
const MASK_BYTES = 4;

export const BINARY_OPCODE = 0x2;
const FIRST_CONTROL_OPCODE = 0x8;

export function isDataOpcode(opcode: number): boolean {
  return opcode < FIRST_CONTROL_OPCODE;
}

/** One whole unmasked text frame, ready to be written to a client's socket in a single piece. */
export function textFrame(payload: Buffer): Buffer {
  const { length } = payload;
  const headerBytes = length < LENGTH_IN_16_BITS ? 2 : length < 0x1_0000 ? 4 : LONGEST_HEADER;
  const frame = Buffer.allocUnsafe(headerBytes + length);
  frame[0] = TEXT;
  if (headerBytes === 2) {
    frame[1] = length;
  } else if (headerBytes === 4) {
    frame[1] = LENGTH_IN_16_BITS;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = LENGTH_IN_64_BITS;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  payload.copy(frame, headerBytes);
  return frame;
}

/** What a frame's header says of it. */
export interface FrameHeader {
  readonly final: boolean;
  readonly opcode: number;
  readonly payloadBytes: number;
}

/**
 * Watches a client's bytes go by and reports each frame's header as soon as it is complete: `ws`
 * knows only whole messages, AWS limits single frames. It judges nothing; `ws` refuses what is malformed.
 */
export function scanFrames(onHeader: (header: FrameHeader) => void): (chunk: Buffer) => void {
  const header = Buffer.alloc(LONGEST_HEADER);
  let filled = 0;
  let toSkip = 0;

  return (chunk) => {
    let at = 0;
    while (at < chunk.length) {
      if (toSkip > 0) {
        const step = Math.min(toSkip, chunk.length - at);
        toSkip -= step;
        at += step;
        continue;
      }
      header[filled++] = chunk.readUInt8(at++);
      if (filled < 2 || filled < headerLength(header)) continue;
      filled = 0;
      const payloadBytes = payloadLength(header);
      toSkip = payloadBytes + (header.readUInt8(1) & 0x80 ? MASK_BYTES : 0);
      const first = header.readUInt8(0);
      onHeader({ final: (first & 0x80) !== 0, opcode: first & 0x0f, payloadBytes });
    }
  };
}

function headerLength(header: Buffer): number {
  const length = header.readUInt8(1) & 0x7f;
  return length < LENGTH_IN_16_BITS ? 2 : length === LENGTH_IN_16_BITS ? 4 : LONGEST_HEADER;
}

function payloadLength(header: Buffer): number {
  const length = header.readUInt8(1) & 0x7f;
  if (length < LENGTH_IN_16_BITS) return length;
  return length === LENGTH_IN_16_BITS ? header.readUInt16BE(2) : Number(header.readBigUInt64BE(2));
}
