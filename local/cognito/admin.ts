import { describeAccount } from './account.ts';
import { demandRequired, readAttributes } from './attributes.ts';
import { invalidParameter, required, text } from './input.ts';
import { demandConformity, hashPassword, makePassword, REFUSAL } from './password.ts';
import type { Pool } from './pool.ts';
import type { Action, Room } from './room.ts';

const DAY_MS = 86_400_000;

/** A user with a temporary password, which must obey the policy as well. No message is sent here. */
export const adminCreateUser: Action = async (room, input) => {
  const pool = room.pool(required(input, 'UserPoolId'));
  const username = required(input, 'Username');
  if (input.MessageAction === 'RESEND') {
    throw invalidParameter(
      'The local stage sends no messages: MessageAction may be SUPPRESS only.',
    );
  }
  const attributes = readAttributes(input.UserAttributes, pool.schema);
  demandRequired(attributes, pool.schema);
  const password = text(input, 'TemporaryPassword') ?? makePassword(pool.policy);
  demandConformity(password, pool.policy, REFUSAL.adminCreateUser);
  const account = pool.accounts.add(
    {
      username,
      attributes,
      status: 'FORCE_CHANGE_PASSWORD',
      password: await hashPassword(password),
      temporaryUntil: temporaryUntil(room, pool),
    },
    'User account already exists',
  );
  return { User: describeAccount(account, 'Attributes') };
};

export const adminSetUserPassword: Action = async (room, input) => {
  const pool = room.pool(required(input, 'UserPoolId'));
  const { username } = pool.accounts.get(required(input, 'Username'));
  const password = required(input, 'Password');
  demandConformity(password, pool.policy, REFUSAL.newPassword);
  const hashed = await hashPassword(password);
  const isPermanent = input.Permanent === true;
  pool.accounts.change(username, {
    password: hashed,
    status: isPermanent ? 'CONFIRMED' : 'FORCE_CHANGE_PASSWORD',
    temporaryUntil: isPermanent ? undefined : temporaryUntil(room, pool),
  });
  return {};
};

function temporaryUntil(room: Room, pool: Pool): number {
  return room.clock.now() + pool.policy.temporaryDays * DAY_MS;
}

export const adminGetUser: Action = (room, input) => {
  const { accounts } = room.pool(required(input, 'UserPoolId'));
  return describeAccount(accounts.get(required(input, 'Username')), 'UserAttributes');
};

export const adminUpdateUserAttributes: Action = (room, input) => {
  const { accounts, schema } = room.pool(required(input, 'UserPoolId'));
  const { username, attributes } = accounts.get(required(input, 'Username'));
  const changed = readAttributes(input.UserAttributes, schema);
  accounts.change(username, { attributes: { ...attributes, ...changed } });
  return {};
};

export const adminDeleteUser: Action = (room, input) => {
  const { accounts, sessions } = room.pool(required(input, 'UserPoolId'));
  sessions.forgetAllOf(accounts.remove(required(input, 'Username')).username);
  return {};
};

export const adminEnableUser: Action = (room, input) => {
  const { accounts } = room.pool(required(input, 'UserPoolId'));
  accounts.change(required(input, 'Username'), { isEnabled: true });
  return {};
};

/** Disabling a user also revokes every token that they have. */
export const adminDisableUser: Action = (room, input) => {
  const { accounts, sessions } = room.pool(required(input, 'UserPoolId'));
  const { username } = accounts.change(required(input, 'Username'), { isEnabled: false });
  sessions.revokeAllOf(username);
  return {};
};
