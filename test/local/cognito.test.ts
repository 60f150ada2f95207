import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AdminAddUserToGroupCommand,
  AdminCreateUserCommand,
  AdminDeleteUserCommand,
  AdminDisableUserCommand,
  AdminEnableUserCommand,
  AdminGetUserCommand,
  AdminInitiateAuthCommand,
  AdminListGroupsForUserCommand,
  AdminRemoveUserFromGroupCommand,
  AdminSetUserPasswordCommand,
  AdminUserGlobalSignOutCommand,
  CognitoIdentityProviderClient,
  CreateGroupCommand,
  DescribeUserPoolCommand,
  GetUserCommand,
  InitiateAuthCommand,
  ListGroupsCommand,
  ListUsersCommand,
  RespondToAuthChallengeCommand,
  RevokeTokenCommand,
  SignUpCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { CognitoJwtVerifier } from 'aws-jwt-verify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAccess } from '../../local/access/access.ts';
import { createClock } from '../../local/clock.ts';
import { createUserPools } from '../../local/cognito/user-pools.ts';
import { createGates } from '../../local/gates/gates.ts';
import { choosePorts } from '../../local/ports.ts';
import type { Resource, StageContext } from '../../local/service.ts';
import { openStore } from '../../local/store.ts';
import { createTrace } from '../../local/trace.ts';
import { createWire } from '../../local/wire/endpoint.ts';

const REGION = 'us-east-1';
const POOL = 'us-east-1_abcDEF123';
const OPEN_POOL = 'us-east-1_openOPEN1';
const CLIENT = 'clientclientclientclient01';
const FRANK_CLIENT = 'frankfrankfrankfrankfrank1';
const OPEN_CLIENT = 'openopenopenopenopenopen01';
const ISSUER = `https://cognito-idp.${REGION}.amazonaws.com/${POOL}`;
const ACCOUNT = '000000000000';
const PASSWORD = 'Correct-Horse-7';

const resources: Resource[] = [
  resource('AWS::Cognito::UserPool', POOL, {
    AdminCreateUserConfig: { AllowAdminCreateUserOnly: true },
    UsernameConfiguration: { CaseSensitive: false },
    Policies: {
      PasswordPolicy: {
        MinimumLength: 12,
        RequireUppercase: true,
        RequireLowercase: true,
        RequireNumbers: true,
        RequireSymbols: true,
        TemporaryPasswordValidityDays: 3,
      },
    },
    Schema: [{ Name: 'tenant', AttributeDataType: 'String' }],
  }),
  resource('AWS::Cognito::UserPool', OPEN_POOL, {
    UsernameAttributes: ['email'],
    Schema: [{ Name: 'name', Required: true }],
  }),
  resource('AWS::Cognito::UserPoolClient', CLIENT, {
    UserPoolId: POOL,
    ExplicitAuthFlows: [
      'ALLOW_USER_PASSWORD_AUTH',
      'ALLOW_ADMIN_USER_PASSWORD_AUTH',
      'ALLOW_REFRESH_TOKEN_AUTH',
    ],
    PreventUserExistenceErrors: 'ENABLED',
    AccessTokenValidity: 5,
    TokenValidityUnits: { AccessToken: 'minutes' },
  }),
  resource('AWS::Cognito::UserPoolClient', FRANK_CLIENT, { UserPoolId: POOL }),
  resource('AWS::Cognito::UserPoolClient', OPEN_CLIENT, {
    UserPoolId: OPEN_POOL,
    ExplicitAuthFlows: ['USER_PASSWORD_AUTH'],
  }),
  resource('AWS::Lambda::Function', 'granted', {
    Role: `arn:aws:iam::${ACCOUNT}:role/granted-role`,
  }),
  resource('AWS::IAM::Role', 'granted-role', {
    Policies: [
      {
        PolicyName: 'exact',
        PolicyDocument: {
          Statement: {
            Effect: 'Allow',
            Action: 'cognito-idp:DescribeUserPool',
            Resource: `arn:aws:cognito-idp:${REGION}:${ACCOUNT}:userpool/${POOL}`,
          },
        },
      },
    ],
  }),
  resource('AWS::Cognito::UserPoolGroup', 'players', { UserPoolId: POOL, GroupName: 'players' }),
];

function resource(type: string, id: string, properties: Resource['properties']): Resource {
  const arn = type.endsWith('Role')
    ? `arn:aws:iam::${ACCOUNT}:role/${id}`
    : `arn:aws:cognito-idp:${REGION}:${ACCOUNT}:userpool/${id}`;
  return { stack: 'S', logicalId: id, type, id, arn, properties, path: `S/${id}` };
}

function assemblyOf(all: readonly Resource[]): StageContext['assembly'] {
  const ofType = (type: string) => all.filter((entry) => entry.type === type);
  const find = (type: string, id: string) =>
    ofType(type).find((entry) => entry.id === id || entry.arn === id);
  return { resources: all, ofType, find, outputs: {}, directory: '', assetPath: () => '' };
}

const directory = mkdtempSync(join(tmpdir(), 'cognito-'));
const store = openStore(directory);
const clock = createClock();
const assembly = assemblyOf(resources);
const warnings: string[] = [];
const access = createAccess(assembly);
const context: StageContext = {
  region: REGION,
  account: ACCOUNT,
  assembly,
  ports: await choosePorts(0, assembly),
  access,
  functions: {
    invoke: () => Promise.reject(new Error('no function here')),
    invokeLater() {},
    kill: () => false,
  },
  trace: createTrace(),
  gates: createGates(),
  clock,
  store,
  directory,
  warn: (sentence) => void warnings.push(sentence),
};
const endpoint = `http://127.0.0.1:${context.ports.aws}`;
const pools = createUserPools(context);
const wire = createWire(context, [pools]);

/** A client with the credentials of a function, or of the operator. */
function clientOf(name: string): CognitoIdentityProviderClient {
  const environment = access.environmentFor(name);
  return new CognitoIdentityProviderClient({
    region: REGION,
    endpoint,
    credentials: {
      accessKeyId: environment.AWS_ACCESS_KEY_ID ?? '',
      secretAccessKey: environment.AWS_SECRET_ACCESS_KEY ?? '',
      sessionToken: environment.AWS_SESSION_TOKEN,
    },
    maxAttempts: 1,
  });
}
const client = clientOf('operator');

beforeAll(async () => {
  expect(await pools.start()).toBe('2 user pools');
  await wire.start();
});

afterAll(async () => {
  client.destroy();
  await wire.stop();
  await pools.stop();
  store.close();
  rmSync(directory, { recursive: true });
  expect(warnings).toEqual([]);
});

let count = 0;
/** A user with a permanent password. */
async function makeUser(username = `user-${++count}`): Promise<string> {
  await client.send(new AdminCreateUserCommand({ UserPoolId: POOL, Username: username }));
  await client.send(
    new AdminSetUserPasswordCommand({
      UserPoolId: POOL,
      Username: username,
      Password: PASSWORD,
      Permanent: true,
    }),
  );
  return username;
}

function byPassword(USERNAME: string, PASSWORD_ = PASSWORD, ClientId = CLIENT) {
  return new InitiateAuthCommand({
    ClientId,
    AuthFlow: 'USER_PASSWORD_AUTH',
    AuthParameters: { USERNAME, PASSWORD: PASSWORD_ },
  });
}

async function signIn(username: string, password = PASSWORD) {
  const { AuthenticationResult } = await client.send(byPassword(username, password));
  const { AccessToken = '', RefreshToken = '', IdToken = '' } = AuthenticationResult ?? {};
  return { AccessToken, RefreshToken, IdToken, AuthenticationResult };
}

function byRefreshToken(REFRESH_TOKEN: string, ClientId = CLIENT) {
  return new InitiateAuthCommand({
    ClientId,
    AuthFlow: 'REFRESH_TOKEN_AUTH',
    AuthParameters: { REFRESH_TOKEN },
  });
}

/** What the caller sees of a refusal: its name, its words and the HTTP status. */
async function refusal(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => ({ name: 'nothing', message: 'was refused' }),
    (cause) => cause,
  );
  return `${error.$metadata?.httpStatusCode} ${error.name}: ${error.message}`;
}

const WRONG = '400 NotAuthorizedException: Incorrect username or password.';

describe('signing in', () => {
  it('gives tokens that aws-jwt-verify accepts by the published keys, one key for each use', async () => {
    const username = await makeUser();
    const { AccessToken, IdToken, RefreshToken, AuthenticationResult } = await signIn(username);
    expect(AuthenticationResult).toMatchObject({ ExpiresIn: 300, TokenType: 'Bearer' });
    expect(RefreshToken.split('.')).toHaveLength(5);

    const published = await fetch(`${endpoint}/${POOL}/.well-known/jwks.json`);
    const jwks = (await published.json()) as Parameters<typeof accessVerifier.cacheJwks>[0];
    expect(jwks.keys).toHaveLength(2);
    expect(JSON.stringify(jwks)).not.toContain('"d"');
    const accessVerifier = CognitoJwtVerifier.create({
      userPoolId: POOL,
      tokenUse: 'access',
      clientId: CLIENT,
    });
    const idVerifier = CognitoJwtVerifier.create({
      userPoolId: POOL,
      tokenUse: 'id',
      clientId: CLIENT,
    });
    accessVerifier.cacheJwks(jwks);
    idVerifier.cacheJwks(jwks);

    const access = await accessVerifier.verify(AccessToken);
    const id = await idVerifier.verify(IdToken);
    expect(Object.keys(access).sort()).toEqual(
      [
        ...['auth_time', 'client_id', 'event_id', 'exp', 'iat', 'iss', 'jti', 'origin_jti'],
        ...['scope', 'sub', 'token_use', 'username'],
      ].sort(),
    );
    expect(access).toMatchObject({
      iss: ISSUER,
      client_id: CLIENT,
      scope: 'aws.cognito.signin.user.admin',
      username,
      sub: expect.stringMatching(/^[\da-f]{8}-[\da-f]{4}-4/),
      exp: access.iat + 300,
    });
    expect(id).toMatchObject({
      aud: CLIENT,
      'cognito:username': username,
      exp: id.iat + 3600,
      origin_jti: access.origin_jti,
    });
    const kidOf = (token: string) =>
      JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid;
    expect(kidOf(IdToken)).not.toBe(kidOf(AccessToken));
  });

  it('answers a wrong password and an unknown user alike, with HTTP 400', async () => {
    const username = await makeUser();
    expect(await refusal(signIn(username, 'wrong'))).toBe(WRONG);
    expect(await refusal(signIn('nobody-at-all', 'wrong'))).toBe(WRONG);
  });

  it('says that a user does not exist only where the client lets it', async () => {
    expect(await refusal(client.send(byPassword('nobody@x.y', 'wrong', OPEN_CLIENT)))).toBe(
      '400 UserNotFoundException: User does not exist.',
    );
  });

  it('refuses a flow that the client does not allow', async () => {
    expect(await refusal(client.send(byPassword('joe', 'x', FRANK_CLIENT)))).toBe(
      '400 InvalidParameterException: USER_PASSWORD_AUTH flow not enabled for this client',
    );
    const admin = new AdminInitiateAuthCommand({
      UserPoolId: POOL,
      ClientId: FRANK_CLIENT,
      AuthFlow: 'ADMIN_USER_PASSWORD_AUTH',
    });
    expect(await refusal(client.send(admin))).toBe(
      '400 InvalidParameterException: Auth flow not enabled for this client',
    );
  });

  it('names the parameter that is missing and the client that does not exist', async () => {
    const incomplete = new InitiateAuthCommand({
      ClientId: CLIENT,
      AuthFlow: 'USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: 'joe' },
    });
    expect(await refusal(client.send(incomplete))).toBe(
      '400 InvalidParameterException: Missing required parameter PASSWORD',
    );
    expect(await refusal(client.send(byPassword('joe', 'x', 'noclient')))).toBe(
      '400 ResourceNotFoundException: User pool client noclient does not exist.',
    );
  });

  it('takes usernames in any case when the pool is not case-sensitive', async () => {
    await makeUser('MixedCase');
    expect((await signIn('mIXEDcASE')).AccessToken).not.toBe('');
    const again = new AdminCreateUserCommand({ UserPoolId: POOL, Username: 'mixedcase' });
    expect(await refusal(client.send(again))).toBe(
      '400 UsernameExistsException: User account already exists',
    );
  });

  it('works by ADMIN_USER_PASSWORD_AUTH', async () => {
    const username = await makeUser();
    const { AuthenticationResult } = await client.send(
      new AdminInitiateAuthCommand({
        UserPoolId: POOL,
        ClientId: CLIENT,
        AuthFlow: 'ADMIN_USER_PASSWORD_AUTH',
        AuthParameters: { USERNAME: username, PASSWORD },
      }),
    );
    expect(AuthenticationResult?.AccessToken).toBeDefined();
  });

  it('tells a disabled user so, and lets them in again once enabled', async () => {
    const username = await makeUser();
    await client.send(new AdminDisableUserCommand({ UserPoolId: POOL, Username: username }));
    expect(await refusal(signIn(username))).toBe('400 NotAuthorizedException: User is disabled.');
    expect(await refusal(signIn(username, 'wrong'))).toBe(WRONG);
    await client.send(new AdminEnableUserCommand({ UserPoolId: POOL, Username: username }));
    expect((await signIn(username)).AccessToken).not.toBe('');
  });
});

describe('the lock-out', () => {
  const LOCKED = '400 NotAuthorizedException: Password attempts exceeded';

  it('begins with the fifth wrong password, lasts a second, and doubles', async () => {
    const username = await makeUser();
    for (let i = 0; i < 5; i++) expect(await refusal(signIn(username, 'wrong'))).toBe(WRONG);
    expect(await refusal(signIn(username))).toBe(LOCKED);
    clock.advance(1_000);
    expect(await refusal(signIn(username, 'wrong'))).toBe(WRONG);
    clock.advance(1_500);
    expect(await refusal(signIn(username))).toBe(LOCKED);
    clock.advance(500);
    expect((await signIn(username)).AccessToken).not.toBe('');
    expect(await refusal(signIn(username, 'wrong'))).toBe(WRONG);
    expect((await signIn(username)).AccessToken).not.toBe('');
  });

  it('cannot be outrun by guessing in parallel', async () => {
    const username = await makeUser();
    const guesses = Array.from({ length: 12 }, () => refusal(signIn(username, 'wrong')));
    const answers = await Promise.all(guesses);
    expect(answers.filter((answer) => answer === WRONG)).toHaveLength(5);
    expect(answers.filter((answer) => answer === LOCKED)).toHaveLength(7);
  });

  it('never lasts longer than 15 minutes, and 15 quiet minutes forgive everything', async () => {
    for (let i = 0; i < 5; i++) expect(await refusal(signIn('no-one', 'wrong'))).toBe(WRONG);
    for (let i = 0; i < 12; i++) {
      clock.advance(15 * 60_000 - 1_000);
      await refusal(signIn('no-one', 'wrong'));
    }
    clock.advance(15 * 60_000);
    for (let i = 0; i < 5; i++) expect(await refusal(signIn('no-one', 'wrong'))).toBe(WRONG);
    expect(await refusal(signIn('no-one', 'wrong'))).toBe(LOCKED);
  }, 20_000);
});

describe('refresh tokens', () => {
  it('give new tokens of the same sign-in, and no new refresh token', async () => {
    const { AccessToken, RefreshToken } = await signIn(await makeUser());
    clock.advance(10_000);
    const { AuthenticationResult } = await client.send(byRefreshToken(RefreshToken));
    expect(AuthenticationResult).not.toHaveProperty('RefreshToken');
    const [before, after] = [AccessToken, AuthenticationResult?.AccessToken ?? ''].map((token) =>
      JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()),
    );
    expect(after.iat).toBeGreaterThanOrEqual(before.iat + 10);
    expect(after.auth_time).toBe(before.auth_time);
    expect(after.origin_jti).toBe(before.origin_jti);
    expect(after.jti).not.toBe(before.jti);
  });

  it('are refused when invented, of another client, revoked or expired', async () => {
    const { RefreshToken } = await signIn(await makeUser());
    const invalid = '400 NotAuthorizedException: Invalid Refresh Token';
    expect(await refusal(client.send(byRefreshToken('a.b.c.d.e')))).toBe(invalid);
    const tampered = RefreshToken.replace(/.$/, (last) => (last === 'A' ? 'Q' : 'A'));
    expect(await refusal(client.send(byRefreshToken(tampered)))).toBe(invalid);
    expect(await refusal(client.send(byRefreshToken(RefreshToken, FRANK_CLIENT)))).toBe(invalid);

    const revoked = await signIn(await makeUser());
    const revoke = new RevokeTokenCommand({ ClientId: CLIENT, Token: revoked.RefreshToken });
    await client.send(revoke);
    await client.send(revoke);
    expect(await refusal(client.send(byRefreshToken(revoked.RefreshToken)))).toBe(
      '400 NotAuthorizedException: Refresh Token has been revoked',
    );

    clock.advance(30 * 86_400_000);
    expect(await refusal(client.send(byRefreshToken(RefreshToken)))).toBe(
      '400 NotAuthorizedException: Refresh Token has expired',
    );
  });

  it('end with the user: disabled, signed out everywhere, deleted', async () => {
    const username = await makeUser();
    const pool = { UserPoolId: POOL, Username: username };
    const first = await signIn(username);
    await client.send(new AdminDisableUserCommand(pool));
    expect(await refusal(client.send(byRefreshToken(first.RefreshToken)))).toContain('disabled');
    await client.send(new AdminEnableUserCommand(pool));
    expect(await refusal(client.send(byRefreshToken(first.RefreshToken)))).toContain('revoked');

    const second = await signIn(username);
    await client.send(new AdminUserGlobalSignOutCommand(pool));
    expect(await refusal(client.send(byRefreshToken(second.RefreshToken)))).toContain('revoked');

    const third = await signIn(username);
    await client.send(new AdminDeleteUserCommand(pool));
    expect(await refusal(client.send(byRefreshToken(third.RefreshToken)))).toContain('Invalid');
    expect(await refusal(client.send(new AdminGetUserCommand(pool)))).toBe(
      '400 UserNotFoundException: User does not exist.',
    );
  });

  it('are the only tokens that RevokeToken takes', async () => {
    const { AccessToken } = await signIn(await makeUser());
    const revoke = (Token: string) =>
      refusal(client.send(new RevokeTokenCommand({ ClientId: CLIENT, Token })));
    expect(await revoke(AccessToken)).toContain('400 UnsupportedTokenTypeException');
    expect(await revoke('rubbish')).toContain('400 InvalidParameterException');
    expect(await revoke('a.b.c.d.e')).toBe('undefined nothing: was refused');
  });
});

describe('GetUser', () => {
  it('tells the user about themselves, until their access token ends', async () => {
    const username = await makeUser();
    const { AccessToken, RefreshToken } = await signIn(username);
    const own = new GetUserCommand({ AccessToken });
    expect(await client.send(own)).toMatchObject({ Username: username });
    await client.send(new RevokeTokenCommand({ ClientId: CLIENT, Token: RefreshToken }));
    expect(await refusal(client.send(own))).toBe(
      '400 NotAuthorizedException: Access Token has been revoked',
    );
    const expiring = await signIn(username);
    clock.advance(300_000);
    expect(await refusal(client.send(new GetUserCommand(expiring)))).toBe(
      '400 NotAuthorizedException: Access Token has expired',
    );
  });

  it('refuses an id token, a forged token and rubbish', async () => {
    const { AccessToken, IdToken } = await signIn(await makeUser());
    const [header, , signature] = AccessToken.split('.');
    const claims = { iss: ISSUER, token_use: 'access', exp: 9e9 };
    const forged = `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`;
    for (const token of [IdToken, forged, 'rubbish', 'a.b.c']) {
      expect(await refusal(client.send(new GetUserCommand({ AccessToken: token })))).toMatch(
        /^400 NotAuthorizedException/,
      );
    }
  });
});

describe('password policy', () => {
  it.each([
    ['Short-1', 'not long enough'],
    ['lower-case-only-1', 'must have uppercase characters'],
    ['UPPER-CASE-ONLY-1', 'must have lowercase characters'],
    ['No-Numbers-Here', 'must have numeric characters'],
    ['NoSymbolsHere12', 'must have symbol characters'],
  ])('refuses %s: %s, in the words of each action', async (Password, broken) => {
    const create = new AdminCreateUserCommand({
      UserPoolId: POOL,
      Username: 'never',
      TemporaryPassword: Password,
    });
    expect(await refusal(client.send(create))).toBe(
      `400 InvalidPasswordException: Password did not conform with password policy: Password ${broken}`,
    );
    const Username = await makeUser();
    const set = new AdminSetUserPasswordCommand({ UserPoolId: POOL, Username, Password });
    expect(await refusal(client.send(set))).toBe(
      `400 InvalidPasswordException: Password does not conform to policy: Password ${broken}`,
    );
  });
});

describe('a temporary password', () => {
  const TEMPORARY = 'Temporary-Pass-1';

  async function challenged(username: string) {
    await client.send(
      new AdminCreateUserCommand({
        UserPoolId: POOL,
        Username: username,
        TemporaryPassword: TEMPORARY,
      }),
    );
    return client.send(byPassword(username, TEMPORARY));
  }

  function answer(username: string, Session: string | undefined, NEW_PASSWORD = PASSWORD) {
    return new RespondToAuthChallengeCommand({
      ClientId: CLIENT,
      ChallengeName: 'NEW_PASSWORD_REQUIRED',
      Session,
      ChallengeResponses: { USERNAME: username, NEW_PASSWORD },
    });
  }

  it('opens only the choice of a permanent one, once', async () => {
    const challenge = await challenged('newcomer');
    expect(challenge.ChallengeName).toBe('NEW_PASSWORD_REQUIRED');
    expect(challenge.AuthenticationResult).toBeUndefined();
    expect(
      await refusal(client.send(answer('newcomer', challenge.Session, 'weak-password'))),
    ).toContain('Password does not conform to policy');
    const [one, two] = await Promise.allSettled([
      client.send(answer('newcomer', challenge.Session)),
      client.send(answer('newcomer', challenge.Session, 'Another-Horse-8')),
    ]);
    expect([one.status, two.status].sort()).toEqual(['fulfilled', 'rejected']);
    const user = await client.send(
      new AdminGetUserCommand({ UserPoolId: POOL, Username: 'newcomer' }),
    );
    expect(user.UserStatus).toBe('CONFIRMED');
  });

  it('is no use with the session of somebody else, an old one, or after its days', async () => {
    const { Session } = await challenged('late');
    await challenged('other');
    const invalid = '400 NotAuthorizedException: Invalid session for the user.';
    expect(await refusal(client.send(answer('other', Session)))).toBe(invalid);
    expect(await refusal(client.send(answer('late', 'made.up.by.a.thief')))).toBe(invalid);
    clock.advance(3 * 60_000);
    expect(await refusal(client.send(answer('late', Session)))).toBe(
      '400 NotAuthorizedException: Invalid session for the user, session is expired.',
    );
    clock.advance(3 * 86_400_000);
    expect(await refusal(client.send(byPassword('late', TEMPORARY)))).toBe(
      '400 NotAuthorizedException: Temporary password has expired and must be reset by an administrator.',
    );
  });
});

describe('users', () => {
  it('cannot sign themselves up where only administrators create users', async () => {
    const signUp = new SignUpCommand({ ClientId: CLIENT, Username: 'me', Password: PASSWORD });
    expect(await refusal(client.send(signUp))).toBe(
      '400 NotAuthorizedException: SignUp is not permitted for this user pool',
    );
  });

  it('who sign up by email get a username of their own and wait for confirmation', async () => {
    const signUp = (over: object) =>
      client.send(
        new SignUpCommand({
          ClientId: OPEN_CLIENT,
          Username: 'sam@example.com',
          Password: PASSWORD,
          UserAttributes: [{ Name: 'name', Value: 'Sam' }],
          ...over,
        }),
      );
    expect(await refusal(signUp({ UserAttributes: [] }))).toContain(
      'name: The attribute is required',
    );
    expect(await refusal(signUp({ UserAttributes: [{ Name: 'custom:x', Value: '' }] }))).toContain(
      'custom:x: Attribute does not exist in the schema.',
    );
    expect(await refusal(signUp({ Password: 'weak-password' }))).toBe(
      '400 InvalidPasswordException: Password did not conform with policy: Password must have uppercase characters',
    );
    const outcomes = await Promise.allSettled([
      signUp({}),
      signUp({ Username: 'Sam@example.com' }),
    ]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await refusal(signUp({}))).toBe('400 UsernameExistsException: User already exists');
    expect(await refusal(client.send(byPassword('sam@example.com', PASSWORD, OPEN_CLIENT)))).toBe(
      '400 UserNotConfirmedException: User is not confirmed.',
    );
    const user = await client.send(
      new AdminGetUserCommand({ UserPoolId: OPEN_POOL, Username: 'SAM@example.com' }),
    );
    expect(user.Username).toMatch(/^[\da-f-]{36}$/);
    expect(user.UserStatus).toBe('UNCONFIRMED');
  });

  it('carry their groups in both tokens, in the order in which they joined', async () => {
    const Username = await makeUser();
    const member = { UserPoolId: POOL, Username };
    await client.send(new CreateGroupCommand({ UserPoolId: POOL, GroupName: 'acme' }));
    await client.send(new AdminAddUserToGroupCommand({ ...member, GroupName: 'players' }));
    await client.send(new AdminAddUserToGroupCommand({ ...member, GroupName: 'acme' }));
    const { AccessToken, IdToken } = await signIn(Username);
    for (const token of [AccessToken, IdToken]) {
      const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
      expect(claims['cognito:groups']).toEqual(['players', 'acme']);
    }
    await client.send(new AdminRemoveUserFromGroupCommand({ ...member, GroupName: 'players' }));
    const { Groups } = await client.send(new AdminListGroupsForUserCommand(member));
    expect(Groups?.map(({ GroupName }) => GroupName)).toEqual(['acme']);
    const all = await client.send(new ListGroupsCommand({ UserPoolId: POOL }));
    expect(all.Groups?.map(({ GroupName }) => GroupName)).toEqual(['acme', 'players']);
    const nowhere = new AdminAddUserToGroupCommand({ ...member, GroupName: 'nowhere' });
    expect(await refusal(client.send(nowhere))).toBe(
      '400 ResourceNotFoundException: Group not found.',
    );
    const twice = new CreateGroupCommand({ UserPoolId: POOL, GroupName: 'acme' });
    expect(await refusal(client.send(twice))).toContain('400 GroupExistsException');
  });

  it('are listed in pages and by filter', async () => {
    const Username = await makeUser('findable');
    const found = await client.send(
      new ListUsersCommand({ UserPoolId: POOL, Filter: `username = "${Username}"` }),
    );
    expect(found.Users?.map((user) => user.Username)).toEqual(['findable']);
    const names: (string | undefined)[] = [];
    let PaginationToken: string | undefined;
    do {
      const page: { Users?: { Username?: string }[]; PaginationToken?: string } = await client.send(
        new ListUsersCommand({ UserPoolId: POOL, Limit: 3, PaginationToken }),
      );
      names.push(...(page.Users ?? []).map((user) => user.Username));
      PaginationToken = page.PaginationToken;
    } while (PaginationToken);
    expect(names).toEqual([...new Set(names)].sort());
    expect(names).toContain('findable');
  });

  it('survive a restart with their keys: an old refresh token still works', async () => {
    const { RefreshToken } = await signIn(await makeUser());
    const before = await fetch(`${endpoint}/${POOL}/.well-known/jwks.json`).then((r) => r.text());
    await pools.stop();
    await pools.start();
    const after = await fetch(`${endpoint}/${POOL}/.well-known/jwks.json`).then((r) => r.text());
    expect(after).toBe(before);
    const { AuthenticationResult } = await client.send(byRefreshToken(RefreshToken));
    expect(AuthenticationResult?.AccessToken).toBeDefined();
  });

  it('are kept without their passwords', async () => {
    await makeUser();
    expect(JSON.stringify(store.entries(`cognito-users/${POOL}`))).not.toContain(PASSWORD);
  });
});

describe('access', () => {
  const describePool = new DescribeUserPoolCommand({ UserPoolId: POOL });
  const post = async (action: string, body: string) => {
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: { 'x-amz-target': `AWSCognitoIdentityProviderService.${action}` },
      body,
    });
    return response.json();
  };

  it('to administration needs the right to that action on that pool', async () => {
    const { UserPool } = await client.send(describePool);
    expect(UserPool).toMatchObject({
      Id: POOL,
      Policies: { PasswordPolicy: { MinimumLength: 12 } },
    });
    const granted = clientOf('granted');
    expect((await granted.send(describePool)).UserPool?.Id).toBe(POOL);
    expect(await refusal(granted.send(new ListUsersCommand({ UserPoolId: POOL })))).toMatch(
      /^400 AccessDeniedException: .*granted.*cognito-idp:ListUsers.*userpool\/us-east-1_abcDEF123/,
    );
    const other = new DescribeUserPoolCommand({ UserPoolId: OPEN_POOL });
    expect(await refusal(granted.send(other))).toContain('AccessDeniedException');
    granted.destroy();
  });

  it('to administration is refused to unsigned calls', async () => {
    expect(await post('AdminDeleteUser', '{}')).toMatchObject({
      __type: expect.stringContaining('MissingAuthenticationTokenException'),
    });
  });

  it('to a pool or an action that is not here is refused with a sentence', async () => {
    const nowhere = new DescribeUserPoolCommand({ UserPoolId: 'us-east-1_nowhere' });
    expect(await refusal(client.send(nowhere))).toBe(
      '400 ResourceNotFoundException: User pool us-east-1_nowhere does not exist.',
    );
    expect(await post('ForgotPassword', '{}')).toEqual({
      __type: 'UnknownOperationException',
      message: 'The local stage does not have the Cognito action ForgotPassword.',
    });
    expect(await post('InitiateAuth', '{')).toMatchObject({ __type: 'SerializationException' });
    expect(await post('InitiateAuth', '{}')).toMatchObject({ __type: 'InvalidParameterException' });
    const keys = await fetch(`${endpoint}/us-east-1_nowhere/.well-known/jwks.json`);
    expect(keys.status).toBe(404);
  });
});

describe('a template that the stage cannot stand in for', () => {
  it.each([
    ['AWS::Cognito::UserPool', { LambdaConfig: { PreSignUp: 'arn' } }, 'PreSignUp'],
    ['AWS::Cognito::UserPool', { MfaConfiguration: 'ON' }, 'MFA'],
    ['AWS::Cognito::UserPoolClient', { GenerateSecret: true }, 'GenerateSecret'],
  ])('stops the start with a sentence: %s %o', async (type, properties, named) => {
    const odd = resource(type, 'Odd', properties);
    const service = createUserPools({ ...context, assembly: assemblyOf([odd]) });
    await expect(service.start()).rejects.toThrow(new RegExp(`S/Odd .*${named}`));
  });
});
