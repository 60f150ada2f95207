import { type KeyObject, verify } from 'node:crypto';
import type { IssuerKeys } from './issuer-keys.ts';

/** A JWT authorizer of the template. */
export interface JwtAuthorizer {
  readonly issuer: string;
  readonly audience: readonly string[];
}

type Claims = Readonly<Record<string, unknown>>;

/** Why a token was refused, in the words of the `error_description`. */
export class TokenRefusal extends Error {}

/** RSA signatures only. */
const HASHES = new Map([
  ['RS256', 'sha256'],
  ['RS384', 'sha384'],
  ['RS512', 'sha512'],
]);

/**
 * The claims of a token that this authorizer accepts at `now` (ms since the epoch). Throws a
 * {@link TokenRefusal}. The words on segments, expiry and audience are AWS's; the others are ours.
 */
export async function acceptToken(
  token: string,
  { issuer, audience }: JwtAuthorizer,
  keys: IssuerKeys,
  now: number,
): Promise<Claims> {
  const parts = token.split('.');
  const [header = '', payload = '', signature = ''] = parts;
  if (parts.length !== 3) throw new TokenRefusal('token contains an invalid number of segments');
  const { alg, kid } = decode(header);
  const claims = decode(payload);
  const hash = HASHES.get(String(alg));
  if (!hash) throw new TokenRefusal(`signing method ${printable(alg)} is invalid`);
  if (claims.iss !== issuer) throw new TokenRefusal('the token does not have a valid issuer');
  const key = await findKey(keys, issuer, String(kid));
  const signed = Buffer.from(`${header}.${payload}`);
  if (!verify(hash, signed, key, Buffer.from(signature, 'base64url'))) {
    throw new TokenRefusal('the token does not have a valid signature');
  }
  checkTimes(claims, now / 1000);
  checkAudience(claims, audience);
  return claims;
}

async function findKey(keys: IssuerKeys, issuer: string, kid: string): Promise<KeyObject> {
  const key = await keys.find(issuer, kid).catch(() => {
    throw new TokenRefusal('OIDC discovery endpoint communication error');
  });
  if (!key) throw new TokenRefusal('the token was signed by an unknown key');
  return key;
}

function checkTimes({ exp, nbf, iat }: Claims, now: number): void {
  if (typeof exp !== 'number' || exp <= now) throw new TokenRefusal('the token has expired');
  if (nbf !== undefined && !(Number(nbf) <= now)) {
    throw new TokenRefusal('the token is not valid yet');
  }
  if (iat !== undefined && !(Number(iat) <= now)) {
    throw new TokenRefusal('the token was issued in the future');
  }
}

/** `client_id` counts only where there is no `aud`: Cognito's access tokens have none. */
function checkAudience({ aud, client_id }: Claims, audience: readonly string[]): void {
  const named = [aud ?? client_id].flat();
  if (!named.some((entry) => typeof entry === 'string' && audience.includes(entry))) {
    throw new TokenRefusal('the token does not have a valid audience');
  }
}

/** The scopes that a token carries, by `scope` or `scp`. */
export function scopesOf({ scope, scp }: Claims): string[] {
  const carried = scope ?? scp;
  return Array.isArray(carried)
    ? carried.map(String)
    : String(carried ?? '')
        .split(' ')
        .filter(Boolean);
}

/** Claims as an event has them: every one a string, a list as `[a b]`. */
export function toTexts(claims: Claims): Record<string, string> {
  return Object.fromEntries(Object.entries(claims).map(([name, value]) => [name, toText(value)]));
}

function toText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(toText).join(' ')}]`;
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
}

function decode(part: string): Claims {
  try {
    const decoded: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    if (typeof decoded === 'object' && decoded !== null) return decoded as Claims;
  } catch {
    // Not JSON: refused below, like JSON that is no object.
  }
  throw new TokenRefusal('the token is malformed');
}

/** What a token says of itself goes into a header: nothing there may break out of it. */
function printable(text: unknown): string {
  return String(text)
    .replaceAll(/[^\w.-]/g, '')
    .slice(0, 20);
}
