/**
 * [S3-12] A payload that only those can read who have its key: neither tables, logs and backups, nor whoever reads
 * notifications from the bus. AES-GCM with 256 bits; texts are base64 for URLs, without padding.
 */
export interface Sealed {
  readonly enc: typeof SEALED_WITH;
  /** Names the key: publisher and client agree on what it means. */
  readonly kid: string;
  /** 12 random bytes, new for each message: under one key never twice. */
  readonly iv: string;
  /** The payload as JSON in UTF-8, encrypted; its tag of 16 bytes at the end. */
  readonly data: string;
}

export const SEALED_WITH = 'A256GCM';
export const SEALED_IV_BYTES = 12;
export const SEALED_TAG_BYTES = 16;
export const SEALED_KEY_BYTES = 32;

/** What is authenticated beside the data: a box under another name of its key does not open. */
export const sealedContext = (kid: string): string => `switchboard ${SEALED_WITH} ${kid}`;

/** Of an access token: keys by their ids, as JSON `{kid: base64url}`. A pre-token trigger may put it there. */
export const TOPIC_KEYS_CLAIM = 'switchboard:topic-keys';

export function isSealed(payload: unknown): payload is Sealed {
  const { enc, kid, iv, data } = Object(payload) as Partial<Record<keyof Sealed, unknown>>;
  return enc === SEALED_WITH && [kid, iv, data].every((part) => typeof part === 'string');
}

/** What a client tells where it opens no box: `key-failed` is tried again, the other messages are not handed on. */
export type SealedTrouble = 'key-failed' | 'not-opened' | 'not-sealed';
