import { describe, expect, it, vi } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { API_ARN, type StageOptions, startWebSocketStage } from './fixtures/web-socket-stage.ts';

const METHOD_ARN = `${API_ARN}/prod/$connect`;

function policy(Effect: string, Resource: string | string[] = METHOD_ARN, more = {}) {
  const Statement = [{ Action: 'execute-api:Invoke', Effect, Resource, ...more }];
  return { principalId: 'joe', policyDocument: { Version: '2012-10-17', Statement } };
}

async function startWithAuthorizer(
  authorizer: StageOptions['authorizer'],
  more: Partial<StageOptions> = {},
) {
  const routes = { $connect: () => ({ statusCode: 200 }) };
  return startWebSocketStage({ routes, authorizer, ...more });
}

describe('a Lambda authorizer of a WebSocket API', () => {
  it.each([
    ['names the method', METHOD_ARN],
    ['has a wildcard', `${API_ARN}/*`],
    ['is one of several', ['arn:aws:other', `${API_ARN}/prod/$con????`]],
  ])('lets in a client whose policy %s', async (_, resource) => {
    const stage = await startWithAuthorizer(() => policy('Allow', resource));
    await stage.connect();
    expect(stage.invocations.map(({ name }) => name)).toEqual(['authorizer', '$connect']);
  });

  it.each([
    ['denies', policy('Deny')],
    ['covers another method only', policy('Allow', `${API_ARN}/prod/*/*`)],
    ['covers another action only', policy('Allow', '*', { Action: 'execute-api:Manage*' })],
    ['allows under a condition that nobody evaluates', policy('Allow', '*', { Condition: {} })],
    [
      'allows and denies',
      {
        principalId: 'joe',
        policyDocument: {
          Statement: [
            { Action: '*', Effect: 'Allow', Resource: '*' },
            { Action: 'execute-api:*', Effect: 'Deny', Resource: METHOD_ARN },
          ],
        },
      },
    ],
  ])('answers 403 when the policy %s, and $connect is not invoked', async (_, answer) => {
    const stage = await startWithAuthorizer(() => answer);
    expect(await stage.refusal()).toBe(403);
    expect(stage.invocations.map(({ name }) => name)).toEqual(['authorizer']);
  });

  it('answers 401 when the function says exactly "Unauthorized"', async () => {
    const stage = await startWithAuthorizer(() => {
      throw new Error('Unauthorized');
    });
    expect(await stage.refusal()).toBe(401);
  });

  it.each<[string, () => unknown]>([
    [
      'throws something else',
      () => {
        throw new Error('unauthorized');
      },
    ],
    ['returns nothing', () => undefined],
    ['returns a status code', () => ({ statusCode: 401 })],
    ['returns the simple answer of HTTP APIs', () => ({ ...policy('Allow'), isAuthorized: true })],
    ['returns no principalId', () => ({ policyDocument: policy('Allow').policyDocument })],
    ['returns no policyDocument', () => ({ principalId: 'joe' })],
    ['returns a policy without statements', () => ({ principalId: 'joe', policyDocument: {} })],
    ['returns a context with an object', () => ({ ...policy('Allow'), context: { a: {} } })],
    ['returns a context with null', () => ({ ...policy('Allow'), context: { a: null } })],
    ['returns more than 8 KB', () => ({ ...policy('Allow'), context: { a: 'x'.repeat(8_192) } })],
  ])('answers 500 when the function %s', async (_, authorizer) => {
    const stage = await startWithAuthorizer(authorizer);
    expect(await stage.refusal()).toBe(500);
  });

  it('answers 500 when the function may not be invoked', async () => {
    const stage = await startWithAuthorizer(() => policy('Allow'), {
      notInvokable: ['authorizer'],
    });
    expect(await stage.refusal()).toBe(500);
  });

  it('answers 500 when the function is slower than the gateway waits', async () => {
    const stage = await startWithAuthorizer(() => new Promise(() => {}));
    const refusal = stage.refusal();
    await eventually(() => expect(stage.invocations).toHaveLength(1));
    stage.clock.advance(29_000);
    expect(await refusal).toBe(500);
  });

  it('is not asked, and 401 is the answer, unless every identity source is there and not empty', async () => {
    const stage = await startWithAuthorizer(() => policy('Allow'), {
      identitySources: [
        'route.request.header.X-Token',
        'route.request.querystring.ticket',
        'context.identity.sourceIp',
        'stageVariables.color',
      ],
      stage: { StageVariables: { color: 'green' } },
    });
    const headers = { 'x-token': 't' };
    expect(await stage.refusal('/prod?ticket=1')).toBe(401);
    expect(await stage.refusal('/prod', { headers })).toBe(401);
    expect(await stage.refusal('/prod?ticket=', { headers })).toBe(401);
    expect(await stage.refusal('/prod?Ticket=1', { headers })).toBe(401);
    expect(stage.invocations).toHaveLength(0);
    await stage.connect('/prod?ticket=1', { headers });
  });

  it('is asked even when no identity source is listed', async () => {
    const stage = await startWithAuthorizer(() => policy('Allow'));
    await stage.connect();
    expect(stage.invocations[0]?.name).toBe('authorizer');
  });

  it('is invoked in the name of the authorizer, not of the route', async () => {
    const stage = await startWithAuthorizer(() => policy('Allow'));
    await stage.connect();
    expect(stage.invocations[0]?.caller.sourceArn).toBe(`${API_ARN}/authorizers/authorizer`);
  });

  it('sees the event that AWS documents, hop-by-hop headers and empty maps included', async () => {
    const authorizer = vi.fn(() => policy('Allow'));
    const stage = await startWithAuthorizer(authorizer);
    await stage.connect();
    const event = authorizer.mock.calls[0]?.[0 as never] as unknown as Record<string, never>;
    expect(Object.keys(event).sort()).toEqual([
      'headers',
      'methodArn',
      'multiValueHeaders',
      'multiValueQueryStringParameters',
      'queryStringParameters',
      'requestContext',
      'stageVariables',
      'type',
    ]);
    expect(event).toMatchObject({
      type: 'REQUEST',
      methodArn: METHOD_ARN,
      queryStringParameters: {},
      multiValueQueryStringParameters: {},
      stageVariables: {},
      headers: { Connection: 'upgrade', Upgrade: 'websocket', 'content-length': '0' },
      requestContext: { routeKey: '$connect', eventType: 'CONNECT' },
    });
    expect(event.requestContext).not.toHaveProperty('authorizer');
  });

  it('adds its principal and its context, as text, to the events of all three kinds', async () => {
    const events: Record<string, { requestContext: { authorizer: unknown } }> = {};
    const remember = (event: { requestContext: { eventType: string; authorizer: unknown } }) => {
      events[event.requestContext.eventType] = event;
      return { statusCode: 200 };
    };
    const stage = await startWebSocketStage({
      routes: { $connect: remember, $default: remember, $disconnect: remember },
      authorizer: () => ({ ...policy('Allow'), context: { level: 7, isAdmin: false, team: 'a' } }),
    });
    const { ws } = await stage.connect();
    ws.send('hello');
    ws.close();
    await eventually(() => expect(Object.keys(events)).toHaveLength(3));
    const authorizer = {
      principalId: 'joe',
      integrationLatency: expect.any(Number),
      level: '7',
      isAdmin: 'false',
      team: 'a',
    };
    for (const event of Object.values(events)) {
      expect(event.requestContext.authorizer).toEqual(authorizer);
    }
  });

  it('stops the start with a sentence when an identity source is written as for an HTTP API', async () => {
    await expect(
      startWithAuthorizer(() => policy('Allow'), { identitySources: ['$request.header.Auth'] }),
    ).rejects.toThrow('a WebSocket API reads route.request.header.NAME');
  });
});
