import { connect } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { sign } from '../../local/wire/sigv4.ts';
import { eventually } from '../support/eventually.ts';
import { type PresignOptions, presign } from '../support/presign.ts';
import { API_ARN, startWebSocketStage } from './fixtures/web-socket-stage.ts';

const ok = () => ({ statusCode: 200 });

describe('the handshake of a WebSocket API', () => {
  it('withholds the 101 until $connect has answered', async () => {
    const { promise, resolve } = Promise.withResolvers();
    const stage = await startWebSocketStage({ routes: { $connect: () => promise } });
    let isOpen = false;
    const opening = stage.connect().then(() => {
      isOpen = true;
    });
    await eventually(() => expect(stage.invocations).toHaveLength(1));
    expect(isOpen).toBe(false);
    resolve({ statusCode: 200 });
    await opening;
  });

  it('opens at the stage with and without a trailing slash, and without a $connect route', async () => {
    const stage = await startWebSocketStage({ routes: { $default: ok } });
    await stage.connect('/prod');
    await stage.connect('/prod/');
    expect(stage.invocations).toHaveLength(0);
  });

  it.each([301, 400, 401, 403, 501])('answers with the %i of $connect itself', async (status) => {
    const stage = await startWebSocketStage({
      routes: { $connect: () => ({ statusCode: status }) },
    });
    expect(await stage.refusal()).toBe(status);
  });

  it.each([200, 201, 299])('opens when $connect answers %i', async (statusCode) => {
    const stage = await startWebSocketStage({ routes: { $connect: () => ({ statusCode }) } });
    await stage.connect();
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('broken');
      },
    ],
    ['returns nothing', () => undefined],
    ['returns no statusCode', () => ({ ok: true })],
    ['returns a body that is no string', () => ({ statusCode: 200, body: {} })],
  ])('answers 502 when $connect %s', async (_, handler) => {
    const stage = await startWebSocketStage({ routes: { $connect: handler } });
    expect(await stage.refusal()).toBe(502);
  });

  it('answers 500 when API Gateway may not invoke $connect', async () => {
    const stage = await startWebSocketStage({
      routes: { $connect: ok },
      notInvokable: ['$connect'],
    });
    expect(await stage.refusal()).toBe(500);
  });

  it('answers 502 when $connect is slower than the integration allows', async () => {
    const stage = await startWebSocketStage({ routes: { $connect: () => new Promise(() => {}) } });
    const refusal = stage.refusal();
    await eventually(() => expect(stage.invocations).toHaveLength(1));
    stage.clock.advance(29_000);
    expect(await refusal).toBe(502);
  });

  it('answers 429 to everybody, and warns at the start, when route settings come without limits', async () => {
    const stage = await startWebSocketStage({
      routes: { $connect: ok },
      stage: { DefaultRouteSettings: { DetailedMetricsEnabled: true } },
    });
    expect(await stage.refusal()).toBe(429);
    expect(stage.invocations).toHaveLength(0);
    expect(stage.warnings.join()).toContain(
      'set both throttlingRateLimit and throttlingBurstLimit',
    );
  });

  it('answers 429 beyond the burst, and opens again when the rate has refilled it', async () => {
    const stage = await startWebSocketStage({
      routes: { $connect: ok },
      stage: { DefaultRouteSettings: { ThrottlingRateLimit: 0.001, ThrottlingBurstLimit: 2 } },
    });
    await stage.connect();
    await stage.connect();
    expect(await stage.refusal()).toBe(429);
    stage.clock.advance(1_000_000);
    await stage.connect();
  });

  it('answers 403 for an unknown stage and for a path below a stage', async () => {
    const stage = await startWebSocketStage({ routes: { $connect: ok } });
    expect(await stage.refusal('/dev')).toBe(403);
    expect(await stage.refusal('/')).toBe(403);
    expect(await stage.refusal('/prod/room')).toBe(403);
  });

  it('answers 403 for a stage that nothing deploys', async () => {
    const stage = await startWebSocketStage({
      routes: { $connect: ok },
      stage: { AutoDeploy: undefined },
    });
    expect(await stage.refusal()).toBe(403);
  });

  it('answers 426 to a plain GET', async () => {
    const stage = await startWebSocketStage({ routes: { $connect: ok } });
    const response = await fetch(`http://127.0.0.1:${stage.port}/prod`);
    expect(response.status).toBe(426);
  });

  it('refuses a URL of more than 4,096 characters', async () => {
    const stage = await startWebSocketStage({ routes: { $connect: ok } });
    const prefix = `wss://127.0.0.1:${stage.port}`;
    const path = '/prod?q='.padEnd(4_096 - prefix.length, 'x');
    await stage.connect(path);
    expect(await stage.refusal(`${path}x`)).toBe(414);
  });

  it('passes on only Sec-WebSocket-Protocol of what $connect returns', async () => {
    const stage = await startWebSocketStage({
      routes: {
        $connect: () => ({
          statusCode: 200,
          headers: { 'Sec-Websocket-Protocol': 'v1.switchboard', 'X-Mine': 'dropped' },
          body: 'dropped',
        }),
      },
    });
    const answer = await rawHandshake(stage.port, 'Sec-WebSocket-Protocol: v2, v1.switchboard\r\n');
    expect(answer).toContain('\r\nSec-WebSocket-Protocol: v1.switchboard\r\n');
    expect(answer).not.toMatch(/x-mine|dropped|extensions/i);
    const { ws } = await stage.connect('/prod', { protocols: ['v2', 'v1.switchboard'] });
    expect(ws.protocol).toBe('v1.switchboard');
  });

  it('chooses no sub-protocol by itself, so that a client which offered one gives up', async () => {
    const stage = await startWebSocketStage({ routes: { $connect: ok } });
    await expect(stage.connect('/prod', { protocols: ['v1'] })).rejects.toThrow(
      'Server sent no subprotocol',
    );
  });

  it('names the route as the source when it invokes $connect', async () => {
    const stage = await startWebSocketStage({ routes: { $connect: ok } });
    await stage.connect();
    expect(stage.invocations[0]?.caller).toEqual({
      kind: 'service',
      name: 'apigateway.amazonaws.com',
      arn: 'apigateway.amazonaws.com',
      roleArn: '',
      sourceArn: `${API_ARN}/prod/$connect`,
    });
  });

  it('invokes $disconnect for a client that left while $connect was at work', async () => {
    const { promise, resolve } = Promise.withResolvers();
    const left = vi.fn();
    const stage = await startWebSocketStage({
      routes: { $connect: () => promise, $disconnect: left },
    });
    const socket = connect(stage.port, '127.0.0.1');
    socket.write(handshakeRequest(stage.port));
    await eventually(() => expect(stage.invocations).toHaveLength(1));
    socket.resetAndDestroy();
    await new Promise((done) => socket.once('close', done));
    resolve({ statusCode: 200 });
    await eventually(() => expect(left).toHaveBeenCalledOnce());
    expect(left.mock.calls[0]?.[0].requestContext.disconnectStatusCode).toBe(1006);
  });

  it('admits to an AWS_IAM route whoever signed and may invoke it, and answers 403 to others', async () => {
    const stage = await startWebSocketStage({
      routes: { $connect: ok },
      route: { $connect: { AuthorizationType: 'AWS_IAM' } },
    });
    const signedBy = (as: 'operator' | 'Stranger') => ({
      headers: stage.sign('GET', '/prod', 'execute-api', as),
    });
    expect(await stage.refusal()).toBe(403);
    expect(await stage.refusal('/prod', signedBy('Stranger'))).toBe(403);
    expect(stage.invocations).toHaveLength(0);
    const forAnother = { headers: stage.sign('GET', '/prod', 'dynamodb') };
    expect(await stage.refusal('/prod', forAnother)).toBe(403);
    await stage.connect('/prod', signedBy('operator'));
  });

  it('admits whoever brings a URL that somebody signed who may, and shows their identity in each event', async () => {
    const events: { requestContext: { identity: object } }[] = [];
    const seen = (event: (typeof events)[number]) => {
      events.push(event);
      return { statusCode: 200 };
    };
    const stage = await startWebSocketStage({
      routes: { $connect: seen, $default: seen },
      route: { $connect: { AuthorizationType: 'AWS_IAM' } },
    });
    const operator = { accessKeyId: 'AKIAOPERATOR', secretAccessKey: 'operator-secret' };
    const stranger = {
      accessKeyId: 'ASIASTRANGER',
      secretAccessKey: 'stranger-secret',
      sessionToken: 't',
    };
    const presigned = async (more: Partial<PresignOptions> = {}, query = '?session=a%20b') => {
      const url = `ws://127.0.0.1:${stage.port}/prod${query}`;
      const { pathname, search } = new URL(
        await presign(url, { region: 'us-east-1', credentials: operator, ...more }),
      );
      return pathname + search;
    };
    /** What no signer of the SDK would sign. */
    const byHand = (algorithm: string, expires: number): string => {
      const time = new Date().toISOString().replace(/[-:]|\.\d{3}/g, '');
      const [day, region, service] = [time.slice(0, 8), 'us-east-1', 'execute-api'];
      const scope = `${day}/${region}/${service}/aws4_request`;
      const credential = encodeURIComponent(`${operator.accessKeyId}/${scope}`);
      const url = `/prod?X-Amz-Algorithm=${algorithm}&X-Amz-Credential=${credential}&X-Amz-Date=${time}&X-Amz-Expires=${expires}&X-Amz-SignedHeaders=host`;
      const headers = { host: `127.0.0.1:${stage.port}` };
      const request = { method: 'GET', url, headers, body: Buffer.alloc(0) };
      const signing = { scope, day, region, service, signedHeaders: ['host'], time };
      return `${url}&X-Amz-Signature=${sign(request, { ...signing, secret: operator.secretAccessKey })}`;
    };
    const good = await presigned();
    for (const [why, path] of Object.entries({
      'a right that is lacking': await presigned({ credentials: stranger }),
      'a key that nobody has': await presigned({
        credentials: { ...operator, accessKeyId: 'AKIA1' },
      }),
      'another secret': await presigned({ credentials: { ...operator, secretAccessKey: 'x' } }),
      'a session token that is none': await presigned({
        credentials: { ...operator, sessionToken: 't' },
      }),
      'another service': await presigned({ service: 'iotdevicegateway' }),
      'another region': await presigned({ region: 'eu-west-1' }),
      'a time that is over': await presigned({ signingDate: new Date(Date.now() - 61_000) }),
      'a time to come': await presigned({ signingDate: new Date(Date.now() + 400_000) }),
      'another session than was signed': good.replace('session=a%20b', 'session=other'),
      'more than was signed': `${good}&more=1`,
      'a longer time than was signed': good.replace('X-Amz-Expires=60', 'X-Amz-Expires=600'),
      'a longer time than a week': byHand('AWS4-HMAC-SHA256', 604_801),
      'another algorithm': byHand('AWS4-ECDSA-P256-SHA256', 60),
    })) {
      expect(await stage.refusal(path), why).toBe(403);
    }
    expect(events).toEqual([]);

    await stage.connect(byHand('AWS4-HMAC-SHA256', 604_800));
    events.length = 0;
    const { ws } = await stage.connect(good);
    ws.send('hello');
    await eventually(() => expect(events).toHaveLength(2));
    for (const { requestContext } of events) {
      expect(requestContext.identity).toEqual({
        accountId: '123456789012',
        caller: expect.stringMatching(/^AIDA[0-9A-Z]{17}$/),
        user: expect.stringMatching(/^AIDA[0-9A-Z]{17}$/),
        userArn: 'arn:aws:iam::123456789012:user/operator',
        sourceIp: '127.0.0.1',
      });
    }
  });
});

function handshakeRequest(port: number, more = ''): string {
  return `GET /prod HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: permessage-deflate\r\n${more}\r\n`;
}

/** The head of the answer, byte for byte. */
async function rawHandshake(port: number, more: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(handshakeRequest(port, more));
  let text = '';
  for await (const chunk of socket) {
    text += chunk;
    if (text.includes('\r\n\r\n')) break;
  }
  return text;
}
