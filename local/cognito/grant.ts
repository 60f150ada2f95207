import type { Account } from './account.ts';
import { type Input, notAuthorized, parameter } from './input.ts';
import type { PoolClient } from './pool-client.ts';
import type { OpenPool, Room } from './room.ts';
import { mintTokens } from './tokens.ts';

/** Begins a session and answers with its tokens. */
export function signIn(room: Room, pool: OpenPool, client: PoolClient, account: Account) {
  const session = pool.sessions.begin(account.username, client.id, client.refreshTokenValidity);
  const tokens = mintTokens({ ...pool, client, account, session, now: room.clock.now() });
  const AuthenticationResult = { ...tokens, RefreshToken: pool.keys.seal(session.id) };
  return { ChallengeParameters: {}, AuthenticationResult };
}

/** New tokens for a living session; its refresh token stays the same. */
export function refreshTokens(room: Room, pool: OpenPool, client: PoolClient, given: Input) {
  const id = pool.keys.unseal(parameter(given, 'REFRESH_TOKEN'));
  const session = id === undefined ? undefined : pool.sessions.find(id);
  if (!session || session.clientId !== client.id) throw notAuthorized('Invalid Refresh Token');
  const account = pool.accounts.find(session.username);
  if (!account) throw notAuthorized('Invalid Refresh Token');
  demandEnabled(account);
  if (session.isRevoked) throw notAuthorized('Refresh Token has been revoked');
  const now = room.clock.now();
  if (session.expiresAt <= now) throw notAuthorized('Refresh Token has expired');
  const tokens = mintTokens({ ...pool, client, account, session, now });
  return { ChallengeParameters: {}, AuthenticationResult: tokens };
}

export function demandEnabled(account: Account): void {
  if (!account.isEnabled) throw notAuthorized('User is disabled.');
}
