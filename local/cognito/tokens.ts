import { randomUUID, sign, verify } from 'node:crypto';
import type { Account } from './account.ts';
import { type Input, isObject, notAuthorized } from './input.ts';
import type { PoolKeys, SigningKey } from './keys.ts';
import type { PoolClient } from './pool-client.ts';
import type { Session } from './session.ts';

/** What tokens are minted from. */
interface Grant {
  readonly issuer: string;
  readonly keys: PoolKeys;
  readonly client: PoolClient;
  readonly account: Account;
  readonly session: Session;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The scope of every token that comes of a password: the user may ask Cognito about themselves. */
const OWN_ACCOUNT = 'aws.cognito.signin.user.admin';

/** The `AuthenticationResult` of a sign-in or a refresh, without its refresh token. */
export function mintTokens({ issuer, keys, client, account, session, now }: Grant) {
  const iat = Math.floor(now / 1000);
  const common = {
    sub: account.sub,
    ...(account.groups.length > 0 && { 'cognito:groups': account.groups }),
    iss: issuer,
    origin_jti: session.id,
    event_id: randomUUID(),
    auth_time: Math.floor(session.signedInAt / 1000),
    iat,
  };
  const accessToken = {
    ...common,
    client_id: client.id,
    token_use: 'access',
    scope: OWN_ACCOUNT,
    exp: iat + client.accessTokenValidity,
    jti: randomUUID(),
    username: account.username,
  };
  const idToken = {
    ...common,
    ...claimsOf(account),
    'cognito:username': account.username,
    aud: client.id,
    token_use: 'id',
    exp: iat + client.idTokenValidity,
    jti: randomUUID(),
  };
  return {
    AccessToken: write(accessToken, keys.access),
    ExpiresIn: client.accessTokenValidity,
    TokenType: 'Bearer',
    IdToken: write(idToken, keys.id),
  };
}

/** An id token carries the attributes; those that are claims of yes or no, as booleans. */
function claimsOf({ attributes }: Account): Record<string, string | boolean> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [
      name,
      name.endsWith('_verified') ? value === 'true' : value,
    ]),
  );
}

function write(claims: object, { kid, privateKey }: SigningKey): string {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const signed = `${encode({ kid, alg: 'RS256' })}.${encode(claims)}`;
  return `${signed}.${sign('sha256', Buffer.from(signed), privateKey).toString('base64url')}`;
}

/** The claims of an access token, whoever signed it; undefined when it is not one. */
export function peekAccessToken(token: string): Input | undefined {
  try {
    const claims: unknown = JSON.parse(
      Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'),
    );
    return isObject(claims) && claims.token_use === 'access' ? claims : undefined;
  } catch {
    return undefined;
  }
}

/** Throws a NotAuthorizedException unless this key signed the token and it has not expired. */
export function demandAccessToken(token: string, key: SigningKey, now: number): void {
  const [header = '', claims = '', signature = ''] = token.split('.');
  const signed = Buffer.from(`${header}.${claims}`);
  if (!verify('sha256', signed, key.publicKey, Buffer.from(signature, 'base64url'))) {
    throw notAuthorized('Could not verify signature for Access Token');
  }
  if (Number(peekAccessToken(token)?.exp) * 1000 <= now) {
    throw notAuthorized('Access Token has expired');
  }
}
