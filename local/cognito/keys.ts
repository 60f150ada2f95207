import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  hash,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { promisify } from 'node:util';
import type { Store } from '../service.ts';

/** One RSA key pair and the name that tokens call it by. */
export interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** The secrets of one pool: made on its first start, kept for as long as its users are. */
export interface PoolKeys {
  readonly id: SigningKey;
  readonly access: SigningKey;
  /** An opaque five-part string (a JWE's outward shape) that only this pool can open again. */
  seal(content: string): string;
  /** What was sealed; undefined for anything that this pool did not seal. */
  unseal(sealed: string): string | undefined;
}

const makeKeyPair = promisify(generateKeyPair);
const CIPHER = 'aes-256-gcm';
const SEALED_HEADER = encode(JSON.stringify({ cty: 'JWT', enc: 'A256GCM', alg: 'RSA-OAEP' }));

export async function openKeys(poolId: string, store: Store): Promise<PoolKeys> {
  const keep = async (name: string, make: () => Promise<string>): Promise<string> => {
    const area = `cognito-keys/${poolId}`;
    const kept = store.get(area, name);
    if (kept !== undefined) return kept;
    const made = await make();
    store.set(area, name, made);
    return made;
  };
  const [id, access, secret] = await Promise.all([
    keep('id', makePrivateKey),
    keep('access', makePrivateKey),
    keep('secret', async () => randomBytes(32).toString('base64')),
  ]);
  const key = Buffer.from(secret, 'base64');
  return {
    id: toSigningKey(id),
    access: toSigningKey(access),
    seal: (content) => seal(content, key),
    unseal: (sealed) => unseal(sealed, key),
  };
}

async function makePrivateKey(): Promise<string> {
  const { privateKey } = await makeKeyPair('rsa', { modulusLength: 2048 });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function toSigningKey(pem: string): SigningKey {
  const privateKey = createPrivateKey(pem);
  const publicKey = createPublicKey(privateKey);
  const der = publicKey.export({ type: 'spki', format: 'der' });
  return { kid: hash('sha256', der, 'base64'), privateKey, publicKey };
}

/** The key set at `/{poolId}/.well-known/jwks.json`: the id token's key, then the access token's. */
export function toKeySet(keys: PoolKeys) {
  return {
    keys: [keys.id, keys.access].map(({ kid, publicKey }) => {
      const { e, n } = publicKey.export({ format: 'jwk' });
      return { alg: 'RS256', e, kid, kty: 'RSA', n, use: 'sig' };
    }),
  };
}

function seal(content: string, key: Buffer): string {
  const iv = randomBytes(12);
  const cipher = createCipheriv(CIPHER, key, iv);
  const sealed = Buffer.concat([cipher.update(content, 'utf8'), cipher.final()]);
  // The second part of a real JWE is the wrapped key. Ours never leaves the pool: noise of that length.
  const noise = randomBytes(256);
  return [SEALED_HEADER, ...[noise, iv, sealed, cipher.getAuthTag()].map(encode)].join('.');
}

function unseal(sealed: string, key: Buffer): string | undefined {
  const [, , iv = '', content = '', tag = ''] = sealed.split('.');
  try {
    const decipher = createDecipheriv(CIPHER, key, Buffer.from(iv, 'base64url'), {
      authTagLength: 16,
    });
    decipher.setAuthTag(Buffer.from(tag, 'base64url'));
    const opened = decipher.update(Buffer.from(content, 'base64url'));
    return Buffer.concat([opened, decipher.final()]).toString('utf8');
  } catch {
    return undefined;
  }
}

function encode(part: string | Buffer): string {
  return Buffer.from(part).toString('base64url');
}
