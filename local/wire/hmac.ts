import { hash } from 'node:crypto';

const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;

/**
 * HMAC-SHA256 in hexadecimal, under one key for many texts. By RFC 2104 it is two hashes over blocks
 * that depend on the key alone; `createHmac` makes those blocks, and an object, anew for every text.
 * The key has at most {@link BLOCK_BYTES} bytes.
 */
export function hmacUnder(key: Buffer): (text: string) => string {
  if (key.length > BLOCK_BYTES) throw new RangeError(`An HMAC key of ${key.length} bytes.`);
  const block = (pad: number, more: number) => {
    const bytes = Buffer.alloc(BLOCK_BYTES + more, pad);
    for (const [at, byte] of key.entries()) bytes[at] = byte ^ pad;
    return bytes;
  };
  const inner = block(0x36, 0);
  const outer = block(0x5c, DIGEST_BYTES);
  return (text) => {
    hash('sha256', Buffer.concat([inner, Buffer.from(text)]), 'buffer').copy(outer, BLOCK_BYTES);
    return hash('sha256', outer);
  };
}
