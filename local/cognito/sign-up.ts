import { demandRequired, readAttributes } from './attributes.ts';
import { notAuthorized, required } from './input.ts';
import { demandConformity, hashPassword, REFUSAL } from './password.ts';
import type { Action } from './room.ts';

/** A user makes their own account: UNCONFIRMED until an administrator confirms it (no mail is sent here). */
export const signUp: Action = async (room, input) => {
  const { pool } = room.client(required(input, 'ClientId'));
  const username = required(input, 'Username');
  const password = required(input, 'Password');
  if (pool.onlyAdminsCreateUsers) {
    throw notAuthorized('SignUp is not permitted for this user pool');
  }
  const attributes = readAttributes(input.UserAttributes, pool.schema);
  demandRequired(attributes, pool.schema);
  demandConformity(password, pool.policy, REFUSAL.signUp);
  const { sub } = pool.accounts.add(
    { username, attributes, status: 'UNCONFIRMED', password: await hashPassword(password) },
    'User already exists',
  );
  return { UserConfirmed: false, UserSub: sub };
};

export const adminConfirmSignUp: Action = (room, input) => {
  const { accounts } = room.pool(required(input, 'UserPoolId'));
  const { username, status } = accounts.get(required(input, 'Username'));
  if (status !== 'UNCONFIRMED') {
    throw notAuthorized(`User cannot be confirmed. Current status is ${status}`);
  }
  accounts.change(username, { status: 'CONFIRMED' });
  return {};
};
