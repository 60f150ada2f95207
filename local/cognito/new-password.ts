import type { Account } from './account.ts';
import { demandEnabled, signIn } from './grant.ts';
import { invalidParameter, map, notAuthorized, parameter, required } from './input.ts';
import { demandConformity, hashPassword, REFUSAL } from './password.ts';
import type { PoolClient } from './pool-client.ts';
import type { Action, OpenPool, Room } from './room.ts';

/** The challenge that this folder knows: a user with a temporary password chooses one of their own. */
const CHALLENGE = 'NEW_PASSWORD_REQUIRED';
/** How long one may take to answer (`AuthSessionValidity`'s default). */
const ANSWER_WITHIN_MS = 3 * 60_000;

/** What the sealed session string says. */
interface Asked {
  readonly username: string;
  readonly clientId: string;
  readonly until: number;
}

export function challengeNewPassword(
  room: Room,
  pool: OpenPool,
  client: PoolClient,
  account: Account,
) {
  const now = room.clock.now();
  if (account.temporaryUntil !== undefined && account.temporaryUntil <= now) {
    throw notAuthorized('Temporary password has expired and must be reset by an administrator.');
  }
  const asked: Asked = {
    username: account.username,
    clientId: client.id,
    until: now + ANSWER_WITHIN_MS,
  };
  return {
    ChallengeName: CHALLENGE,
    Session: pool.keys.seal(JSON.stringify(asked)),
    ChallengeParameters: {
      USER_ID_FOR_SRP: account.username,
      requiredAttributes: '[]',
      userAttributes: JSON.stringify(account.attributes),
    },
  };
}

export const respondToAuthChallenge: Action = async (room, input) => {
  const { client, pool } = room.client(required(input, 'ClientId'));
  const name = required(input, 'ChallengeName');
  if (name !== CHALLENGE) {
    throw invalidParameter(
      `The local stage does not have the challenge ${name}, only ${CHALLENGE}.`,
    );
  }
  const answer = map(input, 'ChallengeResponses');
  const username = parameter(answer, 'USERNAME');
  const password = parameter(answer, 'NEW_PASSWORD');
  const demandOpen = () => demandAsked(room, pool, client, required(input, 'Session'), username);
  demandOpen();
  demandConformity(password, pool.policy, REFUSAL.newPassword);
  const hashed = await hashPassword(password);
  // Asked again: of two answers at once, one comes too late.
  const account = pool.accounts.change(demandOpen().username, {
    password: hashed,
    status: 'CONFIRMED',
    temporaryUntil: undefined,
  });
  return signIn(room, pool, client, account);
};

/** The user whom this session string was given to. Throws a NotAuthorizedException. */
function demandAsked(
  room: Room,
  pool: OpenPool,
  client: PoolClient,
  session: string,
  username: string,
): Account {
  const asked = readAsked(pool.keys.unseal(session));
  const account = asked && pool.accounts.find(asked.username);
  const isTheirs =
    asked?.clientId === client.id &&
    account?.status === 'FORCE_CHANGE_PASSWORD' &&
    pool.accounts.find(username)?.sub === account.sub;
  if (!isTheirs) throw notAuthorized('Invalid session for the user.');
  if (asked.until <= room.clock.now()) {
    throw notAuthorized('Invalid session for the user, session is expired.');
  }
  demandEnabled(account);
  return account;
}

/** Refresh tokens are sealed with the same key: only what has the shape of a challenge counts. */
function readAsked(opened: string | undefined): Asked | undefined {
  return opened?.startsWith('{') ? JSON.parse(opened) : undefined;
}
