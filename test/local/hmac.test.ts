import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hmacUnder } from '../../local/wire/hmac.ts';

describe('hmacUnder', () => {
  it('gives what createHmac gives, for any key of a signature and any text', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 64 }),
        fc.array(fc.string({ unit: 'binary', maxLength: 300 }), { minLength: 1, maxLength: 3 }),
        (key, texts) => {
          const under = hmacUnder(Buffer.from(key));
          for (const text of texts) {
            expect(under(text)).toBe(createHmac('sha256', key).update(text).digest('hex'));
          }
        },
      ),
    );
  });

  it('refuses a key that would have to be hashed first', () => {
    expect(() => hmacUnder(Buffer.alloc(65))).toThrow(RangeError);
  });
});
