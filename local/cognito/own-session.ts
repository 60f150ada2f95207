import { AwsFault } from '../service.ts';
import { describeAccount } from './account.ts';
import { demandEnabled } from './grant.ts';
import { invalidParameter, notAuthorized, required } from './input.ts';
import type { Action, Room } from './room.ts';
import { demandAccessToken, peekAccessToken } from './tokens.ts';

/** Ends one session: its refresh token mints nothing more, and Cognito itself refuses its access tokens. */
export const revokeToken: Action = (room, input) => {
  const { client, pool } = room.client(required(input, 'ClientId'));
  const token = required(input, 'Token');
  if (!client.canRevokeTokens) {
    throw new AwsFault(
      'UnsupportedOperationException',
      'Token revocation is not enabled for this client.',
    );
  }
  const parts = token.split('.').length;
  if (parts === 3) {
    throw new AwsFault('UnsupportedTokenTypeException', 'Only refresh tokens can be revoked.');
  }
  if (parts !== 5) throw invalidParameter('The token is not a refresh token.');
  const id = pool.keys.unseal(token);
  // A token that nobody knows is as good as revoked: the answer is the same.
  if (id !== undefined && pool.sessions.find(id)?.clientId === client.id) pool.sessions.revoke(id);
  return {};
};

export const globalSignOut: Action = (room, input) => {
  const { pool, account } = ownAccount(room, required(input, 'AccessToken'));
  pool.sessions.revokeAllOf(account.username);
  return {};
};

export const adminUserGlobalSignOut: Action = (room, input) => {
  const pool = room.pool(required(input, 'UserPoolId'));
  pool.sessions.revokeAllOf(pool.accounts.get(required(input, 'Username')).username);
  return {};
};

export const getUser: Action = (room, input) => {
  const { account } = ownAccount(room, required(input, 'AccessToken'));
  const { Username, UserAttributes } = describeAccount(account, 'UserAttributes');
  return { Username, UserAttributes };
};

/** Who holds this access token. Throws a NotAuthorizedException for one that no longer counts. */
function ownAccount(room: Room, token: string) {
  const claims = peekAccessToken(token);
  const pool = room.pools.find(({ issuer }) => issuer === claims?.iss);
  if (!pool || !claims) throw notAuthorized('Invalid Access Token');
  demandAccessToken(token, pool.keys.access, room.clock.now());
  const session = pool.sessions.find(String(claims.origin_jti));
  if (!session || session.isRevoked) throw notAuthorized('Access Token has been revoked');
  const account = pool.accounts.get(session.username);
  demandEnabled(account);
  return { pool, account };
}
