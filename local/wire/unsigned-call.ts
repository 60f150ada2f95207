import type { IncomingMessage } from 'node:http';
import type { Principal } from '../service.ts';

const cognitoTarget = 'AWSCognitoIdentityProviderService.';

/** What a user pool does for callers without AWS credentials; every other action wants a signature. */
const publicActions = new Set([
  'AssociateSoftwareToken',
  'ChangePassword',
  'ConfirmDevice',
  'ConfirmForgotPassword',
  'ConfirmSignUp',
  'DeleteUser',
  'DeleteUserAttributes',
  'ForgetDevice',
  'ForgotPassword',
  'GetDevice',
  'GetTokensFromRefreshToken',
  'GetUser',
  'GetUserAttributeVerificationCode',
  'GetUserAuthFactors',
  'GlobalSignOut',
  'InitiateAuth',
  'ListDevices',
  'ResendConfirmationCode',
  'RespondToAuthChallenge',
  'RevokeToken',
  'SetUserMFAPreference',
  'SetUserSettings',
  'SignUp',
  'UpdateAuthEventFeedback',
  'UpdateDeviceStatus',
  'UpdateUserAttributes',
  'VerifySoftwareToken',
  'VerifyUserAttribute',
]);

/** The one service that answers callers it does not know. */
export const publicService = 'cognito-idp';

/** A caller without a signature. */
export const anonymous: Principal = {
  kind: 'service',
  name: 'anonymous',
  arn: 'anonymous',
  roleArn: '',
};

/** Cognito's endpoints answer pages of every origin; nothing else at the endpoint does. */
export const corsHeaders = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date',
};

export const preflightHeaders = {
  ...corsHeaders,
  'access-control-allow-headers':
    'cache-control,content-type,x-amz-target,x-amz-user-agent,amz-sdk-invocation-id,amz-sdk-request',
  'access-control-allow-methods': 'GET,POST',
  'access-control-max-age': '172800',
};

/** A user pool's public action, or its keys: what is answered without a signature. */
export function isPublic(method: string, url: string, target: string): boolean {
  return method === 'GET'
    ? /^\/[^/?]+\/\.well-known\//.test(url)
    : target.startsWith(cognitoTarget) && publicActions.has(target.slice(cognitoTarget.length));
}

/** A page asks whether it may send such a call; one with a signature is not for pages. */
export function isPreflight({ method, headers }: IncomingMessage): boolean {
  const wanted = headers['access-control-request-headers'] ?? '';
  return method === 'OPTIONS' && !/\bauthorization\b/i.test(wanted);
}
