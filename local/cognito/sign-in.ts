import { AwsFault } from '../service.ts';
import { userNotFound } from './account.ts';
import { demandEnabled, refreshTokens, signIn } from './grant.ts';
import {
  type Input,
  invalidParameter,
  map,
  notAuthorized,
  notFound,
  parameter,
  required,
} from './input.ts';
import { challengeNewPassword } from './new-password.ts';
import { isPassword } from './password.ts';
import type { PoolClient } from './pool-client.ts';
import type { Action, OpenPool, Room } from './room.ts';

/** A flow: what the client must allow for it, and how it goes. */
interface Flow {
  readonly allowedBy: string;
  run(room: Room, pool: OpenPool, client: PoolClient, given: Input): object | Promise<object>;
}

type Flows = Readonly<Record<string, Flow>>;

const BY_ADMIN: Flow = { allowedBy: 'ALLOW_ADMIN_USER_PASSWORD_AUTH', run: signInByPassword };
const BY_REFRESH_TOKEN: Flow = { allowedBy: 'ALLOW_REFRESH_TOKEN_AUTH', run: refreshTokens };
const REFRESH_FLOWS: Flows = {
  REFRESH_TOKEN_AUTH: BY_REFRESH_TOKEN,
  REFRESH_TOKEN: BY_REFRESH_TOKEN,
};
const PUBLIC_FLOWS: Flows = {
  USER_PASSWORD_AUTH: { allowedBy: 'ALLOW_USER_PASSWORD_AUTH', run: signInByPassword },
  ...REFRESH_FLOWS,
};
const ADMIN_FLOWS: Flows = {
  ADMIN_USER_PASSWORD_AUTH: BY_ADMIN,
  ADMIN_NO_SRP_AUTH: BY_ADMIN,
  ...REFRESH_FLOWS,
};

export const initiateAuth: Action = (room, input) => {
  const { client, pool } = room.client(required(input, 'ClientId'));
  const refusal = `${required(input, 'AuthFlow')} flow not enabled for this client`;
  const flow = choose(PUBLIC_FLOWS, client, input, refusal);
  return flow.run(room, pool, client, map(input, 'AuthParameters'));
};

export const adminInitiateAuth: Action = (room, input) => {
  const asked = room.pool(required(input, 'UserPoolId'));
  const { client, pool } = room.client(required(input, 'ClientId'));
  if (pool.id !== asked.id) throw notFound(`User pool client ${client.id} does not exist.`);
  const flow = choose(ADMIN_FLOWS, client, input, 'Auth flow not enabled for this client');
  return flow.run(room, pool, client, map(input, 'AuthParameters'));
};

function choose(flows: Flows, client: PoolClient, input: Input, refusal: string): Flow {
  const name = required(input, 'AuthFlow');
  const flow = flows[name];
  if (flow && client.authFlows.includes(flow.allowedBy)) return flow;
  if (flow || !client.authFlows.includes(`ALLOW_${name}`)) throw invalidParameter(refusal);
  throw invalidParameter(
    `The local stage does not have the flow ${name} here: use one of ${Object.keys(flows).join(', ')}.`,
  );
}

/** The password is judged before all else, so that nothing about a user shows without it. */
async function signInByPassword(room: Room, pool: OpenPool, client: PoolClient, given: Input) {
  const username = parameter(given, 'USERNAME');
  const password = parameter(given, 'PASSWORD');
  const asked = pool.accounts.find(username);
  const isRight = await isPassword(password, asked?.password);
  room.attempts.judge(`${pool.id}/${asked?.sub ?? username.toLowerCase()}`, isRight);
  if (!asked && !client.hidesUnknownUsers) throw userNotFound();
  // Looked up again: the user may have changed or gone while the password was checked.
  const account = pool.accounts.find(username);
  if (!isRight || !account || account.password !== asked?.password) {
    throw notAuthorized('Incorrect username or password.');
  }
  demandEnabled(account);
  if (account.status === 'UNCONFIRMED') {
    throw new AwsFault('UserNotConfirmedException', 'User is not confirmed.');
  }
  return account.status === 'FORCE_CHANGE_PASSWORD'
    ? challengeNewPassword(room, pool, client, account)
    : signIn(room, pool, client, account);
}
