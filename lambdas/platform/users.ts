import {
  AdminCreateUserCommand,
  AdminDeleteUserCommand,
  AdminGetUserCommand,
  AdminSetUserPasswordCommand,
  AdminUserGlobalSignOutCommand,
  type AttributeType,
  CognitoIdentityProviderClient,
  InitiateAuthCommand,
  RevokeTokenCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import type { FunctionName, functions, UserCall } from '../../contract/functions.ts';
import type { RefreshedTokens, Tokens } from '../../contract/http.ts';
import { USER_CALL_DEADLINE_MS } from '../../contract/limits.ts';
import { INVITATION_ATTRIBUTE } from '../../contract/names.ts';
import { Refusal } from '../../contract/refusals.ts';
import { userPool } from './environment.ts';
import { log } from './log.ts';

/** A user of the pool, by what a sign-up has to know of them. */
export interface User {
  /** The `sub`. */
  readonly userId: string;
  /** False while the password is still the temporary one that the user was created with. */
  readonly isFinished: boolean;
  /** The invitation that gave the account, if one did. */
  readonly invitation?: string;
}

/** `unknown`: it failed in some other way, and the user may have been created, or may be later. */
export type Creation =
  | { readonly is: 'created'; readonly userId: string }
  | { readonly is: 'taken' | 'password-invalid' }
  | { readonly is: 'unknown'; readonly cause: unknown };

/** What everybody may ask of the pool: no IAM, whoever knows the client's id. */
interface PublicCalls {
  /** Undefined when refused: in one and the same way, whether it is the name, the password or the user's state. */
  signIn(userName: string, password: string): Promise<Tokens | undefined>;
  /** Undefined when the token is good for nothing (any more). */
  refresh(refreshToken: string): Promise<RefreshedTokens | undefined>;
  /** Harmless when repeated. False when this is no refresh token at all. */
  revoke(refreshToken: string): Promise<boolean>;
}

interface AdminCalls {
  /** A user who is not finished. The pool's policy judges the password at once, as a temporary one. */
  create(userName: string, password: string, invitation: string): Promise<Creation>;
  /** The user can sign in with this password from now on. */
  finish(userId: string, password: string): Promise<void>;
  find(userName: string): Promise<User | undefined>;
  /** Harmless when repeated. */
  remove(userId: string): Promise<void>;
  /** Ends whatever the user's refresh tokens may still mint. Nothing for one whom the pool does not know. */
  signOutEverywhere(userId: string): Promise<void>;
}

interface CallOf {
  readonly AdminCreateUser: 'create';
  readonly AdminSetUserPassword: 'finish';
  readonly AdminGetUser: 'find';
  readonly AdminDeleteUser: 'remove';
  readonly AdminUserGlobalSignOut: 'signOutEverywhere';
}

export type Users<Calls extends UserCall = never> = PublicCalls & Pick<AdminCalls, CallOf[Calls]>;

type Knowing = {
  [Name in FunctionName]: (typeof functions)[Name] extends { knowsUserPool: true } ? Name : never;
}[FunctionName];
type Declared<Name extends FunctionName> = (typeof functions)[Name] extends {
  users: readonly (infer Call extends UserCall)[];
}
  ? Call
  : never;

const ATTRIBUTE = `custom:${INVITATION_ATTRIBUTE}`;

/** The user pool of this deployment: what anybody may ask of it, and the calls that this function was granted. */
export function openUsers<Name extends Knowing>(_: Name): Users<Declared<Name>> {
  const client = new CognitoIdentityProviderClient({});
  const { userPoolId: UserPoolId, clientId: ClientId } = userPool();
  const inTime = () => ({ abortSignal: AbortSignal.timeout(USER_CALL_DEADLINE_MS) });

  const users: PublicCalls & AdminCalls = {
    async signIn(userName, password) {
      const command = new InitiateAuthCommand({
        ClientId,
        AuthFlow: 'USER_PASSWORD_AUTH',
        AuthParameters: { USERNAME: userName, PASSWORD: password },
      });
      const answer = await client.send(command, inTime()).catch(refusedOr(REFUSES_SIGN_IN));
      const tokens = answer?.AuthenticationResult;
      // A challenge instead of tokens: the user was never finished.
      return tokens && { ...tokensOf(tokens), refreshToken: demand(tokens.RefreshToken) };
    },
    async refresh(refreshToken) {
      const command = new InitiateAuthCommand({
        ClientId,
        AuthFlow: 'REFRESH_TOKEN_AUTH',
        AuthParameters: { REFRESH_TOKEN: refreshToken },
      });
      const answer = await client.send(command, inTime()).catch(refusedOr(REFUSES_SIGN_IN));
      return answer?.AuthenticationResult && tokensOf(answer.AuthenticationResult);
    },
    async revoke(refreshToken) {
      const command = new RevokeTokenCommand({ ClientId, Token: refreshToken });
      return (
        (await client.send(command, inTime()).catch(refusedOr(NO_REFRESH_TOKEN))) !== undefined
      );
    },
    async create(userName, password, invitation) {
      const command = new AdminCreateUserCommand({
        UserPoolId,
        Username: userName,
        TemporaryPassword: password,
        MessageAction: 'SUPPRESS',
        UserAttributes: [{ Name: ATTRIBUTE, Value: invitation }],
      });
      try {
        const { User } = await client.send(command, inTime());
        return { is: 'created', userId: demand(attribute(User?.Attributes, 'sub')) };
      } catch (cause) {
        if (isNamed(cause, ['UsernameExistsException'])) return { is: 'taken' };
        if (isNamed(cause, ['InvalidPasswordException'])) return { is: 'password-invalid' };
        return { is: 'unknown', cause };
      }
    },
    async finish(userId, password) {
      const set = { UserPoolId, Username: userId, Password: password, Permanent: true };
      await client.send(new AdminSetUserPasswordCommand(set), inTime());
    },
    async find(userName) {
      const found = await client
        .send(new AdminGetUserCommand({ UserPoolId, Username: userName }), inTime())
        .catch(refusedOr(['UserNotFoundException']));
      if (!found) return undefined;
      const invitation = attribute(found.UserAttributes, ATTRIBUTE);
      return {
        userId: demand(attribute(found.UserAttributes, 'sub')),
        isFinished: found.UserStatus !== 'FORCE_CHANGE_PASSWORD',
        ...(invitation !== undefined && { invitation }),
      };
    },
    async remove(userId) {
      await client
        .send(new AdminDeleteUserCommand({ UserPoolId, Username: userId }), inTime())
        .catch(refusedOr(['UserNotFoundException']));
    },
    async signOutEverywhere(userId) {
      await client
        .send(new AdminUserGlobalSignOutCommand({ UserPoolId, Username: userId }), inTime())
        .catch(refusedOr(['UserNotFoundException']));
    },
  };
  return users;
}

/** All of them look the same from outside. A user who is locked out is NotAuthorized as well. */
const REFUSES_SIGN_IN = [
  'NotAuthorizedException',
  'UserNotFoundException',
  'UserNotConfirmedException',
  'PasswordResetRequiredException',
  'InvalidParameterException',
];
const NO_REFRESH_TOKEN = ['InvalidParameterException', 'UnsupportedTokenTypeException'];

/** Turns these faults into undefined. Refuses `busy` when Cognito throttles; all else stays a fault. */
const refusedOr = (names: readonly string[]) => (fault: unknown) => {
  if (isNamed(fault, ['TooManyRequestsException', 'LimitExceededException'])) {
    throw new Refusal('busy', undefined, 1);
  }
  if (!isNamed(fault, names)) throw fault;
  // Seldom the caller's doing: a client without this flow answers so to everybody.
  if (isNamed(fault, ['InvalidParameterException'])) log('users.parameter-refused');
  return undefined;
};

const isNamed = (fault: unknown, names: readonly string[]): boolean =>
  fault instanceof Error && names.includes(fault.name);

const attribute = (attributes: readonly AttributeType[] = [], name: string): string | undefined =>
  attributes.find(({ Name }) => Name === name)?.Value;

const tokensOf = (result: {
  readonly AccessToken?: string;
  readonly IdToken?: string;
  readonly ExpiresIn?: number;
}): RefreshedTokens => ({
  accessToken: demand(result.AccessToken),
  idToken: demand(result.IdToken),
  expiresIn: demand(result.ExpiresIn),
});

function demand<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('Cognito left out what it always answers.');
  return value;
}
