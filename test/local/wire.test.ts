import { createHash, createHmac } from 'node:crypto';
import {
  ApiGatewayManagementApiClient,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import {
  CognitoIdentityProviderClient,
  InitiateAuthCommand,
  ListUsersCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AwsAnswer, type AwsCall, AwsFault, type Service } from '../../local/service.ts';
import { openSmallStage, type SmallStage } from './fixtures/small-stage.ts';

/** Answers with what it was asked, so that a test sees what came through the door. */
const seen: AwsCall[] = [];
let answer: (call: AwsCall) => AwsAnswer = () => ({ status: 200, body: '{}' });
const echo: Service = {
  name: 'echo',
  scopes: ['dynamodb', 'sqs', 'cognito-idp', 'execute-api'],
  start: async () => '',
  stop: async () => {},
  handle: async (call) => {
    seen.push(call);
    return answer(call);
  },
};

let stage: SmallStage;
const code = 'export const handler = async (event) => event;';
beforeAll(async () => {
  stage = await openSmallStage({ functions: { greet: { code } }, services: () => [echo] });
});
afterAll(() => stage.stop());

async function refusal(call: Promise<unknown>) {
  try {
    await call;
  } catch (error) {
    const { name, message, $metadata } = error as Error & {
      $metadata?: { httpStatusCode?: number };
    };
    return { name, message, status: $metadata?.httpStatusCode };
  }
  throw new Error('It was not refused');
}

const getItem = new GetItemCommand({ TableName: 'Pets', Key: { id: { S: 'ä +=/*(1)' } } });
const dynamoDb = (overrides: object = {}) =>
  new DynamoDBClient({ ...stage.clientOf('greet'), ...overrides });

describe('a call signed by a real SDK', () => {
  test('reaches the service of its scope with its principal, action and body', async () => {
    await dynamoDb().send(getItem);
    const call = seen.at(-1);
    expect(call).toMatchObject({
      service: 'dynamodb',
      action: 'GetItem',
      method: 'POST',
      url: '/',
    });
    expect(call?.principal).toMatchObject({ kind: 'function', name: 'greet' });
    expect(JSON.parse(String(call?.body))).toEqual(getItem.input);
  });

  test('may be the operator’s', async () => {
    await new SQSClient(stage.clientOf('operator')).send(new ListQueuesCommand({ MaxResults: 3 }));
    expect(seen.at(-1)).toMatchObject({ service: 'sqs', principal: { kind: 'operator' } });
  });

  test('may have a path with an encoded id and bytes for a body', async () => {
    const { endpoint, ...config } = stage.clientOf('greet');
    const client = new ApiGatewayManagementApiClient({ ...config, endpoint: `${endpoint}/prod` });
    const Data = Buffer.from([0, 1, 2, 255]);
    await client.send(new PostToConnectionCommand({ ConnectionId: 'R0oXdKVMIAMCJQ=', Data }));
    expect(seen.at(-1)).toMatchObject({ url: '/prod/@connections/R0oXdKVMIAMCJQ%3D' });
    expect(seen.at(-1)?.body).toEqual(Data);
  });

  test('may have a query and a path that needs encoding', async () => {
    const lambda = new LambdaClient(stage.clientOf('operator'));
    const call = new InvokeCommand({ FunctionName: 'no such:ü', Qualifier: 'a b*c' });
    expect(await refusal(lambda.send(call))).toMatchObject({ name: 'ResourceNotFoundException' });
  });

  test('is in the trace with who, what, how long and how it ended', async () => {
    answer = () => ({
      status: 400,
      on: 'Pets',
      body: '{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"}',
    });
    await refusal(dynamoDb().send(getItem));
    answer = () => ({ status: 200, body: '{}' });
    const event = stage.context.trace.recent().findLast(({ kind }) => kind === 'call');
    expect(event).toMatchObject({
      by: 'greet',
      what: 'dynamodb:GetItem',
      on: 'Pets',
      outcome: 'ConditionalCheckFailedException',
    });
    expect(event?.durationMs).toBeGreaterThan(0);
  });
});

describe('the door refuses in the words of AWS', () => {
  const { credentials: unknown } = {
    credentials: { accessKeyId: 'ASIAAAAAAAAAAAAAAAAA', secretAccessKey: 'x', sessionToken: 'y' },
  };
  const invalidToken = 'The security token included in the request is invalid.';
  const expectUnsent = async (call: Promise<unknown>) => {
    const before = seen.length;
    const refused = await refusal(call);
    expect(seen.length).toBe(before);
    return refused;
  };

  test('an unknown key', async () => {
    expect(await expectUnsent(dynamoDb({ credentials: unknown }).send(getItem))).toEqual({
      name: 'UnrecognizedClientException',
      message: invalidToken,
      status: 400,
    });
  });

  test('the session token of another function', async () => {
    const { credentials } = stage.clientOf('greet');
    const stolen = { ...credentials, sessionToken: 'another' };
    const bare = { ...credentials, sessionToken: undefined };
    for (const credentials of [stolen, bare]) {
      expect(await expectUnsent(dynamoDb({ credentials }).send(getItem))).toMatchObject({
        name: 'UnrecognizedClientException',
      });
    }
  });

  test('a wrong secret, to each service in its own dialect', async () => {
    const { credentials, ...config } = stage.clientOf('greet');
    const wrong = { ...config, credentials: { ...credentials, secretAccessKey: 'wrong' } };
    const message =
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.';
    const name = 'InvalidSignatureException';
    expect(await expectUnsent(new DynamoDBClient(wrong).send(getItem))).toEqual({
      name,
      message,
      status: 400,
    });
    const invoke = new InvokeCommand({ FunctionName: 'greet' });
    expect(await expectUnsent(new LambdaClient(wrong).send(invoke))).toEqual({
      name,
      message,
      status: 403,
    });
  });

  test('another region', async () => {
    expect(await expectUnsent(dynamoDb({ region: 'eu-west-1' }).send(getItem))).toMatchObject({
      name: 'InvalidSignatureException',
      message: expect.stringContaining('scoped to a valid region'),
    });
  });

  test.each([
    ['late', -6, /^Signature expired: \d{8}T\d{6}Z is now earlier than .* - 5 min\.\)$/],
    ['early', 6, /^Signature not yet current: \d{8}T\d{6}Z is still later than .* \+ 5 min\.\)$/],
  ])('a clock that is six minutes %s', async (_case, minutes, words) => {
    const client = dynamoDb({ systemClockOffset: minutes * 60_000 });
    expect(await expectUnsent(client.send(getItem))).toMatchObject({
      name: 'InvalidSignatureException',
      message: expect.stringMatching(words),
    });
  });

  test('four minutes are no harm', async () => {
    await dynamoDb({ systemClockOffset: -4 * 60_000 }).send(getItem);
  });

  test('once the clock was moved, a signature may be of any time that a function had meanwhile', async () => {
    const { clock } = stage.context;
    const hour = 3_600_000;
    clock.advance(2 * hour);
    for (const systemClockOffset of [0, hour, 2 * hour]) {
      await dynamoDb({ systemClockOffset }).send(getItem);
    }
    const later = dynamoDb({ systemClockOffset: 2 * hour + 6 * 60_000 });
    expect(await expectUnsent(later.send(getItem))).toMatchObject({
      name: 'InvalidSignatureException',
    });
  });

  test('what was changed on the way: body, query or a signed header', async () => {
    const signed = signedRequest();
    expect((await signed.send()).status).toBe(200);
    expect((await signed.send({ body: '{"a":2}' })).status).toBe(400);
    expect((await signed.send({ path: '/?b=1&a=3&a-b=' })).status).toBe(400);
    const target = { 'x-amz-target': 'DynamoDB_20120810.DeleteItem' };
    expect((await signed.send({ headers: target })).status).toBe(400);
  });

  test('a header in another shape, and none at all', async () => {
    const signed = signedRequest();
    const malformed = await signed.send({ headers: { authorization: 'AWS4-HMAC-SHA256 Nothing' } });
    expect(await malformed.json()).toMatchObject({
      __type: 'com.amazon.coral.service#IncompleteSignatureException',
    });
    const missing = await fetch(stage.clientOf('greet').endpoint);
    expect(missing.status).toBe(403);
    expect(missing.headers.get('x-amzn-errortype')).toBe('MissingAuthenticationTokenException');
    expect(await missing.json()).toEqual({ message: 'Missing Authentication Token' });
  });

  test('a service that the stage does not have, by a sentence that names those it has', async () => {
    const signed = signedRequest('s3vectors');
    expect(await (await signed.send()).json()).toMatchObject({
      message: expect.stringMatching(
        /^The local stage has no s3vectors: it answers for lambda, dynamodb/,
      ),
    });
  });
});

describe('faults', () => {
  test('of a service come as errors of the SDK', async () => {
    answer = () => {
      throw new AwsFault('ResourceNotFoundException', 'Requested resource not found');
    };
    expect(await refusal(dynamoDb().send(getItem))).toEqual({
      name: 'ResourceNotFoundException',
      message: 'Requested resource not found',
      status: 400,
    });
  });

  test('inside the stage show nothing outside, and the person at the keyboard everything', async () => {
    answer = () => {
      throw new TypeError('secret of the stage');
    };
    const refused = await refusal(dynamoDb().send(getItem));
    expect(refused).toMatchObject({ name: 'InternalFailure', status: 500 });
    expect(refused.message).not.toContain('secret');
    expect(stage.warnings.at(-1)).toContain('secret of the stage');
  });
});

describe('calls without a signature', () => {
  const cognito = () => new CognitoIdentityProviderClient(stage.clientOf('greet'));
  const send = (target: string, method = 'POST', path = '/') =>
    fetch(stage.clientOf('greet').endpoint + path, {
      method,
      headers: { 'x-amz-target': target, 'content-type': 'application/x-amz-json-1.1' },
    });

  beforeAll(() => {
    answer = () => ({ status: 200, body: '{}' });
  });

  test('are answered when a user pool offers them to everyone, for pages of every origin', async () => {
    const answered = await send('AWSCognitoIdentityProviderService.InitiateAuth');
    expect(answered.status).toBe(200);
    expect(answered.headers.get('access-control-allow-origin')).toBe('*');
    expect(seen.at(-1)).toMatchObject({
      service: 'cognito-idp',
      action: 'InitiateAuth',
      principal: { kind: 'service', name: 'anonymous' },
    });
  });

  test('are what the SDK sends for them', async () => {
    const AuthParameters = { USERNAME: 'joe', PASSWORD: 'x' };
    const input = { AuthFlow: 'USER_PASSWORD_AUTH', ClientId: 'c', AuthParameters } as const;
    await cognito().send(new InitiateAuthCommand(input));
    expect(seen.at(-1)?.principal.name).toBe('anonymous');
    await cognito().send(new ListUsersCommand({ UserPoolId: 'us-east-1_a' }));
    expect(seen.at(-1)?.principal.name).toBe('greet');
  });

  test('are refused for what administrators do, and for every other service', async () => {
    for (const target of [
      'AWSCognitoIdentityProviderService.AdminCreateUser',
      'DynamoDB_20120810.GetItem',
    ]) {
      const refused = await send(target);
      expect(refused.status).toBe(400);
      expect(refused.headers.get('access-control-allow-origin')).toBeNull();
      expect(await refused.json()).toMatchObject({
        __type: 'com.amazon.coral.service#MissingAuthenticationTokenException',
      });
    }
  });

  test('get the keys of a user pool', async () => {
    const keys = await fetch(
      `${stage.clientOf('greet').endpoint}/us-east-1_a/.well-known/jwks.json`,
    );
    expect(keys.status).toBe(200);
    expect(seen.at(-1)).toMatchObject({
      service: 'cognito-idp',
      url: '/us-east-1_a/.well-known/jwks.json',
    });
  });

  test('may be asked for beforehand by a browser, but not those with a signature', async () => {
    const preflight = (wanted: string) =>
      fetch(stage.clientOf('greet').endpoint, {
        method: 'OPTIONS',
        headers: { 'access-control-request-headers': wanted },
      });
    const allowed = await preflight('content-type,x-amz-target');
    expect(allowed.headers.get('access-control-allow-headers')).toContain('x-amz-target');
    expect(allowed.headers.get('access-control-allow-origin')).toBe('*');
    const refused = await preflight('authorization,x-amz-target');
    expect(refused.headers.get('access-control-allow-origin')).toBeNull();
  });
});

/** A request signed by hand after AWS's description, with a query whose order matters. */
function signedRequest(service = 'dynamodb') {
  const { endpoint, region, credentials } = stage.clientOf('greet');
  const host = new URL(endpoint).host;
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const day = time.slice(0, 8);
  const scope = `${day}/${region}/${service}/aws4_request`;
  const body = '{"a":1}';
  const sha = (text: string) => createHash('sha256').update(text).digest('hex');
  const mac = (key: string | Buffer, text: string) =>
    createHmac('sha256', key).update(text).digest();
  const headers: Record<string, string> = {
    host,
    'x-amz-date': time,
    'x-amz-security-token': credentials.sessionToken ?? '',
    'x-amz-target': 'DynamoDB_20120810.GetItem',
  };
  const names = Object.keys(headers).join(';');
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`);
  const canonical = `POST\n/\na=2&a-b=&b=1\n${lines.join('')}\n${names}\n${sha(body)}`;
  const key = [day, region, service, 'aws4_request'].reduce<string | Buffer>(
    mac,
    `AWS4${credentials.secretAccessKey}`,
  );
  const signature = mac(key, `AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha(canonical)}`);
  const authorization = `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature.toString('hex')}`;
  return {
    send: (changed: { path?: string; body?: string; headers?: Record<string, string> } = {}) =>
      fetch(endpoint + (changed.path ?? '/?b=1&a=2&a-b='), {
        method: 'POST',
        headers: {
          ...headers,
          'content-type': 'application/x-amz-json-1.0',
          authorization,
          ...changed.headers,
        },
        body: changed.body ?? body,
      }),
  };
}
