import {
  AdminCreateUserCommand,
  AdminDisableUserCommand,
  AdminGetUserCommand,
  AdminSetUserPasswordCommand,
  CognitoIdentityProviderClient,
} from '@aws-sdk/client-cognito-identity-provider';
import { USER_POOL_CLIENT_VARIABLE, USER_POOL_VARIABLE } from '../../contract/environment.ts';
import { PASSWORD_LEAST_CHARACTERS } from '../../contract/limits.ts';
import { INVITATION_ATTRIBUTE } from '../../contract/names.ts';
import { createUserPools } from '../../local/cognito/user-pools.ts';
import { handMadeContext, resource } from '../local/fixtures/hand-made-context.ts';

export interface TestUserPool {
  /** What a function has to be told to find this pool. */
  readonly environment: Readonly<Record<string, string>>;
  /** A finished user whom no invitation made. */
  addUser(userName: string, password: string): Promise<void>;
  disable(userName: string): Promise<void>;
  statusOf(userName: string): Promise<string | undefined>;
  stop(): Promise<void>;
}

const POOL = 'us-east-1_testTEST1';
const CLIENT = 'testtesttesttesttesttest01';

/** The stage's own Cognito behind its wire, with one pool like that of the product. */
export async function startUserPool(): Promise<TestUserPool> {
  const stage = await handMadeContext([
    resource('AWS::Cognito::UserPool', POOL, {
      AdminCreateUserConfig: { AllowAdminCreateUserOnly: true },
      UsernameConfiguration: { CaseSensitive: false },
      Policies: { PasswordPolicy: { MinimumLength: PASSWORD_LEAST_CHARACTERS } },
      Schema: [{ Name: INVITATION_ATTRIBUTE, AttributeDataType: 'String' }],
    }),
    resource('AWS::Cognito::UserPoolClient', CLIENT, {
      UserPoolId: POOL,
      ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
      PreventUserExistenceErrors: 'ENABLED',
    }),
  ]);
  await stage.start(createUserPools(stage.context));
  const operator = new CognitoIdentityProviderClient(stage.sdk);
  const about = (Username: string) => ({ UserPoolId: POOL, Username });
  return {
    environment: {
      AWS_REGION: stage.sdk.region,
      AWS_ACCESS_KEY_ID: stage.sdk.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: stage.sdk.credentials.secretAccessKey,
      AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER: stage.sdk.endpoint,
      [USER_POOL_VARIABLE]: POOL,
      [USER_POOL_CLIENT_VARIABLE]: CLIENT,
    },
    addUser: async (userName, Password) => {
      const user = about(userName);
      await operator.send(new AdminCreateUserCommand({ ...user, MessageAction: 'SUPPRESS' }));
      await operator.send(new AdminSetUserPasswordCommand({ ...user, Password, Permanent: true }));
    },
    disable: async (userName) => {
      await operator.send(new AdminDisableUserCommand(about(userName)));
    },
    statusOf: async (userName) => {
      try {
        return (await operator.send(new AdminGetUserCommand(about(userName)))).UserStatus;
      } catch (fault) {
        if (fault instanceof Error && fault.name === 'UserNotFoundException') return undefined;
        throw fault;
      }
    },
    stop: async () => {
      operator.destroy();
      await stage.stop();
    },
  };
}
