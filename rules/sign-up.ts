import type { HttpFailure, SignUpRefusal } from '../contract/http.ts';
import { readCode } from '../contract/invitation-code.ts';
import { PASSWORD_CHARACTERS, USER_NAME_CHARACTERS } from '../contract/limits.ts';
import { Refusal } from '../contract/refusals.ts';
import { hashOf } from './invitation.ts';

/** A sign-up whose every field has the right form. */
export interface Wanted {
  /** The hash: the code itself goes no further. */
  readonly code: string;
  readonly userName: string;
  readonly password: string;
}

/**
 * Judged field by field, before anything is read, so that it tells nothing of codes or users [S0-02].
 *
 * Refuses `invitation-invalid`, `user-name-invalid`, `password-invalid`.
 */
export function readSignUp(asked: {
  readonly userName?: unknown;
  readonly password?: unknown;
  readonly inviteCode?: unknown;
}): Wanted {
  const { userName, password, inviteCode } = asked;
  const letters = typeof inviteCode === 'string' ? readCode(inviteCode) : undefined;
  if (letters === undefined) throw new Refusal('invitation-invalid');
  if (typeof userName !== 'string' || !isUserName(userName)) throw new Refusal('user-name-invalid');
  if (typeof password !== 'string' || !isPassword(password)) throw new Refusal('password-invalid');
  return { code: hashOf(letters), userName, password };
}

/** What Cognito admits: no spaces, nothing that is invisible or turns the reading direction. */
const userNameShape = /^[\p{L}\p{M}\p{S}\p{N}\p{P}]+$/u;
/** Cognito takes a `sub` wherever it takes a user name: nobody may be named like one. */
const subShape = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** In one spelling only: a name that looks the same in other characters (NFKC) is refused. */
const isUserName = (name: string): boolean =>
  name.length <= USER_NAME_CHARACTERS &&
  userNameShape.test(name) &&
  !subShape.test(name) &&
  name.normalize('NFKC') === name;

/** The form that Cognito's API demands; what else makes a good password its policy says. */
const isPassword = (password: string): boolean =>
  password.length <= PASSWORD_CHARACTERS && /^\S.*\S$/s.test(password) && password.isWellFormed();

const fields: Partial<Record<HttpFailure['code'], SignUpRefusal['errorField']>> = {
  'invitation-invalid': 'inviteCode',
  'invitation-in-use': 'inviteCode',
  'user-name-invalid': 'userName',
  'user-name-taken': 'userName',
  'password-invalid': 'password',
};

/** [S0-02] A refused sign-up, in the documents' own words. */
export const signUpRefusal = ({ code, message }: HttpFailure): SignUpRefusal => ({
  code,
  errorField: fields[code] ?? 'system',
  errorMessage: message,
});
