import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import {
  SEALED_IV_BYTES,
  SEALED_KEY_BYTES,
  SEALED_TAG_BYTES,
  SEALED_WITH,
  type Sealed,
  sealedContext,
} from '../../contract/sealed.ts';

const CIPHER = 'aes-256-gcm';

/** [S3-12] Seals a payload for `publish`: whoever has this key of 32 bytes reads it, and nobody on the way does. */
export function sealPayload(payload: unknown, kid: string, key: Uint8Array): Sealed {
  const iv = randomBytes(SEALED_IV_BYTES);
  const cipher = createCipheriv(CIPHER, key, iv).setAAD(Buffer.from(sealedContext(kid)));
  const text = cipher.update(JSON.stringify(payload), 'utf8');
  const data = Buffer.concat([text, cipher.final(), cipher.getAuthTag()]);
  return { enc: SEALED_WITH, kid, iv: iv.toString('base64url'), data: data.toString('base64url') };
}

/** Throws where the key is another one, or the box was changed. */
export function openPayload({ kid, iv, data }: Sealed, key: Uint8Array): unknown {
  const bytes = Buffer.from(data, 'base64url');
  const end = bytes.length - SEALED_TAG_BYTES;
  const options = { authTagLength: SEALED_TAG_BYTES };
  const decipher = createDecipheriv(CIPHER, key, Buffer.from(iv, 'base64url'), options)
    .setAAD(Buffer.from(sealedContext(kid)))
    .setAuthTag(bytes.subarray(Math.max(0, end)));
  const text = Buffer.concat([decipher.update(bytes.subarray(0, end)), decipher.final()]);
  return JSON.parse(text.toString('utf8'));
}

/** What a key is for: one tenant's topic, and the name by which it is told from earlier ones. */
export interface SealingKeyName {
  readonly tenant: string;
  readonly topic: string;
  readonly kid: string;
}

/**
 * A topic's key out of one secret (HKDF, SHA-256): nothing but the secret has to be kept, and who has a topic's key
 * learns nothing of another's. A new `kid` is a new key.
 */
export const sealingKey = (secret: Uint8Array, { tenant, topic, kid }: SealingKeyName): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, tenant, `${topic} ${kid}`, SEALED_KEY_BYTES));
