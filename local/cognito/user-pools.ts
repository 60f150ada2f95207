import {
  type AwsAnswer,
  type AwsCall,
  AwsFault,
  type Service,
  type StageContext,
} from '../service.ts';
import * as admin from './admin.ts';
import { describeUserPool } from './describe-user-pool.ts';
import { readInput, required } from './input.ts';
import { toKeySet } from './keys.ts';
import { listUsers } from './list-users.ts';
import * as membership from './membership.ts';
import { respondToAuthChallenge } from './new-password.ts';
import * as ownSession from './own-session.ts';
import { type Action, openRoom, type Room } from './room.ts';
import { adminInitiateAuth, initiateAuth } from './sign-in.ts';
import { adminConfirmSignUp, signUp } from './sign-up.ts';

/** Anyone may call these: what they need to know is in the request. */
const PUBLIC_ACTIONS = new Map<string, Action>([
  ['InitiateAuth', initiateAuth],
  ['RespondToAuthChallenge', respondToAuthChallenge],
  ['RevokeToken', ownSession.revokeToken],
  ['GlobalSignOut', ownSession.globalSignOut],
  ['GetUser', ownSession.getUser],
  ['SignUp', signUp],
]);

/** These are signed calls, allowed by the caller's policies on the pool. */
const ADMIN_ACTIONS = new Map<string, Action>([
  ['AdminInitiateAuth', adminInitiateAuth],
  ['AdminCreateUser', admin.adminCreateUser],
  ['AdminConfirmSignUp', adminConfirmSignUp],
  ['AdminSetUserPassword', admin.adminSetUserPassword],
  ['AdminGetUser', admin.adminGetUser],
  ['AdminUpdateUserAttributes', admin.adminUpdateUserAttributes],
  ['AdminDeleteUser', admin.adminDeleteUser],
  ['AdminEnableUser', admin.adminEnableUser],
  ['AdminDisableUser', admin.adminDisableUser],
  ['AdminUserGlobalSignOut', ownSession.adminUserGlobalSignOut],
  ['AdminAddUserToGroup', membership.adminAddUserToGroup],
  ['AdminRemoveUserFromGroup', membership.adminRemoveUserFromGroup],
  ['AdminListGroupsForUser', membership.adminListGroupsForUser],
  ['CreateGroup', membership.createGroup],
  ['ListGroups', membership.listGroups],
  ['ListUsers', listUsers],
  ['DescribeUserPool', describeUserPool],
]);

/** What a client needs in order to check a pool's tokens: public, unsigned, by GET. */
const WELL_KNOWN = /^\/([^/?]+)\/\.well-known\/(jwks\.json|openid-configuration)(?:\?|$)/;

/**
 * The user pools of the template, at the Cognito user pools API.
 * Users, sessions and keys last as long as the store does.
 */
export function createUserPools(context: StageContext): Service {
  let room: Room | undefined;

  return {
    name: 'user pools',
    scopes: ['cognito-idp'],
    async start() {
      room = await openRoom(context);
      const { length } = room.pools;
      return `${length} user pool${length === 1 ? '' : 's'}`;
    },
    async handle(call) {
      if (!room)
        throw new AwsFault('InternalErrorException', 'The user pools have not started.', 500);
      if (call.method === 'GET') return publish(room, call.url);
      return answer(await run(room, call));
    },
    async stop() {},
  };

  async function run(open: Room, call: AwsCall): Promise<object> {
    const input = readInput(call.body);
    const adminAction = ADMIN_ACTIONS.get(call.action);
    const action = adminAction ?? PUBLIC_ACTIONS.get(call.action);
    if (!action) {
      throw new AwsFault(
        'UnknownOperationException',
        `The local stage does not have the Cognito action ${call.action}.`,
      );
    }
    if (adminAction) {
      const pool = `userpool/${required(input, 'UserPoolId')}`;
      const arn = `arn:aws:cognito-idp:${context.region}:${context.account}:${pool}`;
      context.access.demand(call.principal, `cognito-idp:${call.action}`, arn);
    }
    return action(open, input);
  }
}

function publish(room: Room, url: string): AwsAnswer {
  const [, poolId = '', document] = WELL_KNOWN.exec(url) ?? [];
  const pool = room.pools.find(({ id }) => id === poolId);
  if (!pool) {
    throw new AwsFault('ResourceNotFoundException', `No user pool publishes ${url}.`, 404);
  }
  if (document === 'jwks.json') return answer(toKeySet(pool.keys), 'application/json');
  const { issuer } = pool;
  return answer({ issuer, jwks_uri: `${issuer}/.well-known/jwks.json` }, 'application/json');
}

function answer(content: object, type = 'application/x-amz-json-1.1'): AwsAnswer {
  return { status: 200, headers: { 'content-type': type }, body: JSON.stringify(content) };
}
