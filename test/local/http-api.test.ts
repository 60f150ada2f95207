import { createPrivateKey, createSign, generateKeyPairSync } from 'node:crypto';
import { request } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createAccess } from '../../local/access/access.ts';
import { createClock } from '../../local/clock.ts';
import { createUserPools } from '../../local/cognito/user-pools.ts';
import { createGates } from '../../local/gates/gates.ts';
import { createHttpApis } from '../../local/http-api/http-apis.ts';
import { choosePorts } from '../../local/ports.ts';
import {
  AwsFault,
  type Invocation,
  type Principal,
  type Resource,
  type Service,
  type StageContext,
} from '../../local/service.ts';
import { createTrace } from '../../local/trace.ts';
import { createWire } from '../../local/wire/endpoint.ts';
import { sign } from '../../local/wire/sigv4.ts';

const REGION = 'us-east-1';
const ACCOUNT = '000000000000';
const POOL = 'us-east-1_abcDEF123';
const ISSUER = `https://cognito-idp.${REGION}.amazonaws.com/${POOL}`;
const FUNCTION = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:pets`;
const API = 'abcdefghij';

function resource(type: string, id: string, properties: Resource['properties']): Resource {
  const arn = type.endsWith('Function') ? FUNCTION : '';
  return { stack: 'S', logicalId: id, type, id, arn, properties, path: `S/${id}` };
}

const ofApi = (type: string, id: string, properties: object) =>
  resource(`AWS::ApiGatewayV2::${type}`, id, { ApiId: API, ...properties });
const route = (RouteKey: string, more: object = {}) =>
  ofApi('Route', `route ${RouteKey}`, { RouteKey, Target: 'integrations/int1', ...more });
const integration = {
  IntegrationType: 'AWS_PROXY',
  IntegrationUri: FUNCTION,
  PayloadFormatVersion: '2.0',
};
const jwt = { AuthorizationType: 'JWT', AuthorizerId: 'auth1' };

const base: Resource[] = [
  resource('AWS::Cognito::UserPool', POOL, {}),
  resource('AWS::Lambda::Function', 'PetsFunction', { Role: 'pets-role' }),
  resource('AWS::IAM::Role', 'pets-role', {}),
  resource('AWS::ApiGatewayV2::Api', API, {
    ProtocolType: 'HTTP',
    CorsConfiguration: {
      AllowOrigins: ['http://page.example'],
      AllowMethods: ['GET', 'PATCH'],
      AllowHeaders: ['authorization', 'content-type'],
      ExposeHeaders: ['etag'],
      MaxAge: 3600,
    },
  }),
  ofApi('Integration', 'int1', { ...integration, TimeoutInMillis: 5_000 }),
  ofApi('Stage', '$default', { StageName: '$default', AutoDeploy: true }),
  ofApi('Stage', 'prod', {
    StageName: 'prod',
    AutoDeploy: true,
    StageVariables: { mood: 'good' },
    DefaultRouteSettings: { ThrottlingRateLimit: 1, ThrottlingBurstLimit: 2 },
  }),
  ofApi('Authorizer', 'auth1', {
    AuthorizerType: 'JWT',
    IdentitySource: ['$request.header.Authorization'],
    JwtConfiguration: { Issuer: ISSUER, Audience: ['client1'] },
  }),
];
const resources: Resource[] = [
  ...base,
  route('GET /pets/{id}'),
  route('GET /pets/special'),
  route('ANY /pets/{id}'),
  route('POST /pets'),
  route('GET /files/{path+}'),
  route('GET /private', jwt),
  route('GET /scoped', { ...jwt, AuthorizationScopes: ['pets/read', 'pets/write'] }),
  route('GET /signed', { AuthorizationType: 'AWS_IAM' }),
];

function assemblyOf(all: readonly Resource[]): StageContext['assembly'] {
  const ofType = (type: string) => all.filter((entry) => entry.type === type);
  const find = (type: string, id: string) =>
    ofType(type).find((entry) => entry.id === id || entry.arn === id);
  return { resources: all, ofType, find, outputs: {}, directory: '', assetPath: () => '' };
}

/** What the function behind every route does, and what it was called with. */
let behave: () => Promise<Partial<Invocation>>;
interface Event {
  [key: string]: unknown;
  headers: Record<string, string>;
  requestContext: Record<string, unknown> & { authorizer?: { jwt?: unknown; iam?: unknown } };
}
let events: Event[] = [];
let callers: Principal[] = [];
let warnings: string[] = [];
const answer = (payload: unknown) => {
  behave = async () => ({ payload: JSON.stringify(payload) });
};

const kept = new Map<string, string>();
const clock = createClock();
const assembly = assemblyOf(resources);
const access = createAccess(assembly);
const context: StageContext = {
  region: REGION,
  account: ACCOUNT,
  assembly,
  ports: await choosePorts(0, assembly),
  access,
  functions: {
    async invoke(functionArn, payload, caller) {
      expect(functionArn).toBe(FUNCTION);
      events.push(JSON.parse(payload));
      callers.push(caller);
      return { requestId: '1', payload: 'null', ...(await behave()) };
    },
    invokeLater() {},
    kill: () => false,
  },
  trace: createTrace(),
  gates: createGates(),
  clock,
  store: {
    get: (area, key) => kept.get(`${area} ${key}`),
    set: (area, key, value) => void kept.set(`${area} ${key}`, value),
    delete: (area, key) => void kept.delete(`${area} ${key}`),
    entries: () => [],
  },
  directory: '',
  warn: (sentence) => void warnings.push(sentence),
};

const url = `http://127.0.0.1:${context.ports.api.get(API)}`;
const services: Service[] = [];

beforeAll(async () => {
  const pools = createUserPools(context);
  services.push(pools, createWire(context, [pools]), createHttpApis(context));
  const sentences: string[] = [];
  for (const service of services) sentences.push(await service.start());
  expect(sentences[2]).toBe('1 HTTP API');
});

afterAll(async () => {
  for (const service of services.toReversed()) await service.stop();
});

beforeEach(() => {
  events = [];
  callers = [];
  warnings = [];
  answer({ statusCode: 200, body: 'hello' });
});

const only = (): Event => {
  expect(events).toHaveLength(1);
  return events[0] as Event;
};

describe('an event', () => {
  it('has format 2.0: lower-case joined headers, joined queries, decoded path parameters', async () => {
    const response = await fetch(`${url}/pets/a%20b?color=red&color=blue&x=1%2B1`, {
      headers: [
        ['X-Double', 'one'],
        ['X-Double', 'two'],
        ['Cookie', 'a=1; b=2'],
        ['User-Agent', 'tester'],
      ],
    });
    expect(response.status).toBe(200);
    const event = only();
    expect(Object.keys(event).sort()).toEqual(
      [
        ...['cookies', 'headers', 'isBase64Encoded', 'pathParameters', 'queryStringParameters'],
        ...['rawPath', 'rawQueryString', 'requestContext', 'routeKey', 'version'],
      ].sort(),
    );
    expect(event).toMatchObject({
      version: '2.0',
      routeKey: 'GET /pets/{id}',
      rawPath: '/pets/a%20b',
      rawQueryString: 'color=red&color=blue&x=1%2B1',
      queryStringParameters: { color: 'red,blue', x: '1+1' },
      pathParameters: { id: 'a b' },
      cookies: ['a=1', 'b=2'],
      isBase64Encoded: false,
    });
    expect(event.headers['x-double']?.replaceAll(' ', '')).toBe('one,two');
    expect(event.headers).not.toHaveProperty('cookie');
    expect(event.requestContext).toEqual({
      accountId: ACCOUNT,
      apiId: API,
      domainName: url.slice('http://'.length),
      domainPrefix: API,
      http: {
        method: 'GET',
        path: '/pets/a%20b',
        protocol: 'HTTP/1.1',
        sourceIp: '127.0.0.1',
        userAgent: 'tester',
      },
      requestId: response.headers.get('apigw-requestid'),
      routeKey: 'GET /pets/{id}',
      stage: '$default',
      time: expect.stringMatching(/^\d\d\/\w{3}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
      timeEpoch: expect.any(Number),
    });
    expect(response.headers.get('apigw-requestid')).toMatch(/^[\w+/]{15}=$/);
  });

  it('carries JSON and text as they are, and every other body as base64', async () => {
    const post = (type: string, body: string) =>
      fetch(`${url}/pets`, { method: 'POST', headers: { 'content-type': type }, body });
    await post('application/json; charset=utf-8', '{"name":"Rex é"}');
    await post('application/octet-stream', 'bytes');
    await post('application/x-www-form-urlencoded', 'a=1');
    expect(events.map(({ body, isBase64Encoded }) => [body, isBase64Encoded])).toEqual([
      ['{"name":"Rex é"}', false],
      [Buffer.from('bytes').toString('base64'), true],
      [Buffer.from('a=1').toString('base64'), true],
    ]);
  });

  it('comes from API Gateway on behalf of the route as permissions name it', async () => {
    await fetch(`${url}/pets/1`, { method: 'DELETE' });
    expect(callers[0]).toMatchObject({
      kind: 'service',
      name: 'apigateway.amazonaws.com',
      sourceArn: `arn:aws:execute-api:${REGION}:${ACCOUNT}:${API}/$default/DELETE/pets/{id}`,
    });
  });

  it('names its stage, and keeps the name in the path, when the stage has one', async () => {
    await fetch(`${url}/prod/pets/1`);
    expect(only()).toMatchObject({
      rawPath: '/prod/pets/1',
      stageVariables: { mood: 'good' },
      requestContext: { stage: 'prod' },
    });
  });
});

describe('routes', () => {
  it.each([
    ['GET', '/pets/special', 'GET /pets/special'],
    ['GET', '/pets/other', 'GET /pets/{id}'],
    ['PATCH', '/pets/special', 'ANY /pets/{id}'],
    ['GET', '/files/a/b/c', 'GET /files/{path+}'],
  ])('%s %s goes to the most specific one: %s', async (method, path, expected) => {
    await fetch(url + path, { method });
    expect(only().routeKey).toBe(expected);
  });

  it.each([
    ['GET', '/pets/1/toys'],
    ['GET', '/pets/'],
    ['POST', '/files/a'],
    ['GET', '/'],
    ['GET', '/files/'],
  ])('%s %s is not found', async (method, path) => {
    const response = await fetch(url + path, { method });
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({ message: 'Not Found' });
    expect(events).toEqual([]);
  });
});

describe('an answer', () => {
  it('has the status, headers, cookies and body that the function returned', async () => {
    answer({
      statusCode: 201,
      headers: { 'X-Count': 3, 'content-type': 'text/html' },
      cookies: ['a=1; HttpOnly', 'b=2'],
      body: Buffer.from('<p>é</p>').toString('base64'),
      isBase64Encoded: true,
    });
    const response = await fetch(`${url}/pets/1`);
    expect(response.status).toBe(201);
    expect(response.headers.get('x-count')).toBe('3');
    expect(response.headers.get('content-type')).toBe('text/html');
    expect(response.headers.getSetCookie()).toEqual(['a=1; HttpOnly', 'b=2']);
    expect(await response.text()).toBe('<p>é</p>');
  });

  it.each([
    [{ name: 'Rex' }, '{"name":"Rex"}'],
    [['a', 1], '["a",1]'],
    ['just text', 'just text'],
    [null, 'null'],
  ])('is 200 and JSON when the function returned %j without a status', async (payload, body) => {
    answer(payload);
    const response = await fetch(`${url}/pets/1`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.text()).toBe(body);
  });

  it.each([
    { statusCode: 'teapot' },
    { statusCode: 200, body: { name: 'Rex' } },
    { statusCode: 200, headers: { a: ['b'] } },
    { statusCode: 200, cookies: 'a=1' },
  ])('is 500 when the function returned %j', async (payload) => {
    answer(payload);
    const response = await fetch(`${url}/pets/1`);
    expect(response.status).toBe(500);
    expect(await response.json()).toEqual({ message: 'Internal Server Error' });
    expect(warnings[0]).toContain('the function returned');
  });

  it('is 500 when the function failed or may not be invoked, and shows nothing from inside', async () => {
    behave = async () => ({
      error: 'Unhandled',
      errorType: 'TypeError',
      payload: '{"errorMessage":"secret"}',
    });
    const failed = await fetch(`${url}/pets/1`);
    expect(failed.status).toBe(500);
    expect(await failed.text()).toBe('{"message":"Internal Server Error"}');
    behave = async () => {
      throw new AwsFault('AccessDeniedException', 'apigateway may not invoke pets', 403);
    };
    const denied = await fetch(`${url}/pets/1`);
    expect(denied.status).toBe(500);
    expect(await denied.text()).toBe('{"message":"Internal Server Error"}');
    expect(warnings[1]).toContain('apigateway may not invoke pets');
  });

  it('is 503 when the function is throttled, or takes longer than its integration waits', async () => {
    behave = async () => {
      throw new AwsFault('TooManyRequestsException', 'Rate Exceeded.', 429);
    };
    expect((await fetch(`${url}/pets/1`)).status).toBe(503);
    const called = Promise.withResolvers<void>();
    behave = () => {
      called.resolve();
      return new Promise(() => {});
    };
    const pending = fetch(`${url}/pets/1`);
    await called.promise;
    clock.advance(5_000);
    const response = await pending;
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({ message: 'Service Unavailable' });
  });

  it('is 429 beyond the limits of its stage, route by route', async () => {
    clock.advance(10_000);
    const statuses: number[] = [];
    for (let i = 0; i < 3; i++) statuses.push((await fetch(`${url}/prod/pets/special`)).status);
    expect(statuses).toEqual([200, 200, 429]);
    expect((await fetch(`${url}/prod/pets/other`)).status).toBe(200);
    clock.advance(1_000);
    expect((await fetch(`${url}/prod/pets/special`)).status).toBe(200);
  });

  it('is 413 for a body of more than 10 MB and 431 for headers of more than 10 KB', async () => {
    const body = Buffer.alloc(10 * 1024 * 1024 + 1);
    const large = await fetch(`${url}/pets`, { method: 'POST', body });
    expect(large.status).toBe(413);
    expect(await large.json()).toEqual({ message: 'Request Entity Too Large' });
    const wordy = await fetch(`${url}/pets/1`, { headers: { 'x-long': 'x'.repeat(10_240) } });
    expect(wordy.status).toBe(431);
    expect(events).toEqual([]);
  });

  it('leaves its mark in the trace, with no body in it', async () => {
    await fetch(`${url}/pets/1?secret=1`);
    expect(context.trace.recent().at(-1)).toMatchObject({
      kind: 'call',
      what: `${API}:GET /pets/{id}`,
      on: 'PetsFunction',
      outcome: '200',
    });
    expect(JSON.stringify(context.trace.recent())).not.toContain('secret');
  });
});

describe('CORS', () => {
  const preflight = (origin: string) =>
    fetch(`${url}/pets/1`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'PATCH' },
    });
  const corsOf = (response: Response) =>
    Object.fromEntries([...response.headers].filter(([name]) => name.startsWith('access-control')));

  it('preflights are answered by the gateway alone, as configured', async () => {
    const response = await preflight('http://page.example');
    expect(response.status).toBe(204);
    expect(corsOf(response)).toEqual({
      'access-control-allow-origin': 'http://page.example',
      'access-control-allow-methods': 'GET,PATCH',
      'access-control-allow-headers': 'authorization,content-type',
      'access-control-expose-headers': 'etag',
      'access-control-max-age': '3600',
    });
    expect(events).toEqual([]);
    expect(corsOf(await preflight('http://evil.example'))).toEqual({});
  });

  it('replaces what the function says about it, also on refusals, and is silent to other origins', async () => {
    answer({ statusCode: 200, headers: { 'Access-Control-Allow-Origin': '*' }, body: '' });
    const from = (origin: string, path = '/pets/1') => fetch(url + path, { headers: { origin } });
    const allowed = {
      'access-control-allow-origin': 'http://page.example',
      'access-control-expose-headers': 'etag',
    };
    expect(corsOf(await from('http://page.example'))).toEqual(allowed);
    expect(corsOf(await from('http://page.example', '/private'))).toEqual(allowed);
    expect(corsOf(await from('http://evil.example'))).toEqual({});
    expect(corsOf(await fetch(`${url}/pets/1`))).toEqual({});
  });
});

describe('a JWT route', () => {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  let kid = '';
  let pem = '';

  beforeAll(async () => {
    const jwks = `http://127.0.0.1:${context.ports.aws}/${POOL}/.well-known/jwks.json`;
    const { keys } = (await (await fetch(jwks)).json()) as { keys: { kid: string }[] };
    kid = keys[1]?.kid ?? '';
    pem = kept.get(`cognito-keys/${POOL} access`) ?? '';
  });

  const now = () => Math.floor(clock.now() / 1000);
  const claims = (over: object = {}) => ({
    sub: 'sub1',
    iss: ISSUER,
    client_id: 'client1',
    token_use: 'access',
    scope: 'pets/read other',
    'cognito:groups': ['acme', 'admins'],
    exp: now() + 60,
    iat: now(),
    ...over,
  });
  const signToken = (payload: object, header: object = {}, key = pem) => {
    const signed = `${encode({ alg: 'RS256', kid, ...header })}.${encode(payload)}`;
    const signature = createSign('sha256').update(signed).sign(createPrivateKey(key), 'base64url');
    return `${signed}.${signature}`;
  };
  const call = (path: string, authorization?: string) =>
    fetch(url + path, { headers: authorization ? { authorization } : {} });

  it('lets a valid token in, with or without Bearer, and hands on its claims as strings', async () => {
    expect((await call('/private', `Bearer ${signToken(claims())}`)).status).toBe(200);
    expect((await call('/private', signToken(claims()))).status).toBe(200);
    expect(events[0]?.requestContext.authorizer).toEqual({
      jwt: {
        claims: {
          ...claims({ exp: expect.any(String), iat: expect.any(String) }),
          'cognito:groups': '[acme admins]',
        },
        scopes: null,
      },
    });
  });

  it('asks for a token when there is none', async () => {
    const response = await call('/private');
    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({ message: 'Unauthorized' });
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    expect(events).toEqual([]);
  });

  const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString();
  it.each<[string, () => string, string]>([
    ['rubbish', () => 'rubbish', 'token contains an invalid number of segments'],
    ['no JSON', () => 'a.b.c', 'the token is malformed'],
    ['expired', () => signToken(claims({ exp: now() })), 'the token has expired'],
    ['without exp', () => signToken(claims({ exp: undefined })), 'the token has expired'],
    ['not valid yet', () => signToken(claims({ nbf: now() + 60 })), 'the token is not valid yet'],
    [
      'issued in the future',
      () => signToken(claims({ iat: now() + 60 })),
      'the token was issued in the future',
    ],
    [
      'for another client',
      () => signToken(claims({ client_id: 'other' })),
      'the token does not have a valid audience',
    ],
    [
      'whose aud is another, though its client_id is right',
      () => signToken(claims({ aud: 'other' })),
      'the token does not have a valid audience',
    ],
    [
      'of another issuer',
      () => signToken(claims({ iss: 'https://evil.example' })),
      'the token does not have a valid issuer',
    ],
    [
      'unsigned',
      () => `${encode({ alg: 'none' })}.${encode(claims())}.`,
      'signing method none is invalid',
    ],
    [
      'signed with the public key as a secret',
      () => signToken(claims(), { alg: 'HS256' }),
      'signing method HS256 is invalid',
    ],
    [
      'signed by a stranger',
      () => signToken(claims(), {}, stranger),
      'the token does not have a valid signature',
    ],
    [
      'of an unknown key',
      () => signToken(claims(), { kid: 'x' }),
      'the token was signed by an unknown key',
    ],
    [
      'that would break out of the header',
      () => signToken(claims(), { alg: '"\r\nx: y' }),
      'signing method xy is invalid',
    ],
  ])('refuses a token %s', async (_, make, description) => {
    const response = await call('/private', `Bearer ${make()}`);
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe(
      `Bearer scope="" error="invalid_token" error_description="${description}"`,
    );
    expect(await response.json()).toEqual({ message: 'Unauthorized' });
    expect(events).toEqual([]);
  });

  it('with scopes lets in a token that has one of them, and forbids the others', async () => {
    expect((await call('/scoped', signToken(claims()))).status).toBe(200);
    expect(only().requestContext.authorizer?.jwt).toMatchObject({ scopes: ['pets/read', 'other'] });
    const response = await call('/scoped', signToken(claims({ scope: 'other' })));
    expect(response.status).toBe(403);
    expect(await response.json()).toEqual({ message: 'Forbidden' });
    expect(events).toHaveLength(1);
  });
});

describe('an AWS_IAM route', () => {
  const signedBy = (name: string) => {
    const environment = access.environmentFor(name);
    const time = new Date(clock.now()).toISOString().replaceAll(/[-:]|\.\d+/g, '');
    const day = time.slice(0, 8);
    const scope = `${day}/${REGION}/execute-api/aws4_request`;
    const token = environment.AWS_SESSION_TOKEN;
    const headers: Record<string, string> = {
      host: new URL(url).host,
      'x-amz-date': time,
      ...(token && { 'x-amz-security-token': token }),
    };
    const signedHeaders = Object.keys(headers).sort();
    const signature = sign(
      { method: 'GET', url: '/signed', headers, body: Buffer.alloc(0) },
      {
        ...{ scope, day, time, region: REGION, service: 'execute-api', signedHeaders },
        secret: environment.AWS_SECRET_ACCESS_KEY ?? '',
      },
    );
    const credential = `Credential=${environment.AWS_ACCESS_KEY_ID}/${scope}`;
    const names = `SignedHeaders=${signedHeaders.join(';')}`;
    const authorization = `AWS4-HMAC-SHA256 ${credential}, ${names}, Signature=${signature}`;
    return fetch(`${url}/signed`, { headers: { ...headers, authorization } });
  };

  it('forbids a call without a signature, and one whose caller has no right to it', async () => {
    for (const response of [await fetch(`${url}/signed`), await signedBy('PetsFunction')]) {
      expect(response.status).toBe(403);
      expect(await response.json()).toEqual({ message: 'Forbidden' });
    }
    expect(events).toEqual([]);
  });

  it('lets a caller in who has the right', async () => {
    expect((await signedBy('operator')).status).toBe(200);
    expect(only().requestContext.authorizer).toEqual({
      iam: expect.objectContaining({ userId: 'operator', accountId: ACCOUNT }),
    });
  });
});

describe('a template that the stage cannot run', () => {
  it.each<[string, Resource[], RegExp]>([
    ['a route key', [route('pets')], /"pets".*"METHOD \/path"/],
    ['a proxy in the middle', [route('GET /{a+}/b')], /stands last/],
    ['a missing integration', [route('GET /x', { Target: 'integrations/no' })], /names "no"/],
    [
      'format 1.0',
      [
        ofApi('Integration', 'old', { ...integration, PayloadFormatVersion: '1.0' }),
        route('GET /x', { Target: 'integrations/old' }),
      ],
      /payload format 2\.0/,
    ],
    [
      'a Lambda authorizer',
      [route('GET /x', { AuthorizationType: 'CUSTOM', AuthorizerId: 'auth1' })],
      /type CUSTOM/,
    ],
    ['a stage nobody deploys', [ofApi('Stage', 's', { StageName: 's' })], /set AutoDeploy/],
    [
      'credentials for every origin',
      [
        resource('AWS::ApiGatewayV2::Api', 'otherapi01', {
          ProtocolType: 'HTTP',
          CorsConfiguration: { AllowOrigins: ['*'], AllowCredentials: true },
        }),
      ],
      /name the origins/,
    ],
  ])('stops the start with a sentence: %s', async (_, more, sentence) => {
    const broken = assemblyOf([...base, ...more]);
    const ports = await choosePorts(0, broken);
    const apis = createHttpApis({ ...context, assembly: broken, ports });
    await expect(apis.start()).rejects.toThrow(sentence);
    await apis.stop();
  });
});

it('an aborted request leaves the API as it was', async () => {
  const aborted = request(`${url}/pets`, { method: 'POST', headers: { 'content-length': 10 } });
  aborted.on('error', () => {});
  const closed = new Promise((resolve) => aborted.on('close', resolve));
  aborted.write('half');
  aborted.destroy();
  await closed;
  expect((await fetch(`${url}/pets/1`)).status).toBe(200);
  expect(warnings).toEqual([]);
});
