import {
  DeleteConnectionCommand,
  GetConnectionCommand,
  GoneException,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import { describe, expect, it, vi } from 'vitest';
import { eventually } from '../support/eventually.ts';
import {
  ACCOUNT,
  API_ID,
  type StageOptions,
  startWebSocketStage,
} from './fixtures/web-socket-stage.ts';

const NOBODY = 'AAAAAAAAAAAAAAA=';
const KB = 1024;

/** A stage with one open socket whose connection id is known. */
async function startConnected(options: Partial<StageOptions> = {}) {
  const ids: string[] = [];
  const left = vi.fn();
  const stage = await startWebSocketStage({
    routes: {
      $connect: ({ requestContext }) => {
        ids.push(requestContext.connectionId);
        return { statusCode: 200 };
      },
      $disconnect: left,
      ...options.routes,
    },
    ...options,
  });
  const socket = await stage.connect('/prod', { headers: { 'User-Agent': 'tester/1' } });
  const ConnectionId = ids[0] ?? '';
  const path = `/prod/@connections/${encodeURIComponent(ConnectionId)}`;
  return { ...stage, socket, ConnectionId, path, left };
}

/** What the SDK's caller sees of a fault. */
async function faultOf(call: Promise<unknown>) {
  const error = await call.then(
    () => undefined,
    (reason) => reason,
  );
  return { name: error?.name, status: error?.$metadata.httpStatusCode, message: error?.message };
}

describe('gates at @connections', () => {
  const post = (ConnectionId: string) => new PostToConnectionCommand({ ConnectionId, Data: 'hi' });

  it.each([
    { do: 'gone', name: 'GoneException', status: 410 },
    { do: 'throttle', name: 'LimitExceededException', status: 429 },
    { do: 'error', name: 'InternalServerErrorException', status: 500 },
  ])('answer $status and deliver nothing: $do', async ({ do: what, name, status }) => {
    const { gates, management, ConnectionId, socket } = await startConnected();
    const meeting = { what: 'execute-api:POST', about: ConnectionId, times: 'always' } as const;
    const { id } = gates.close({ at: 'call', do: what, ...meeting });
    expect(await faultOf(management().send(post(ConnectionId)))).toMatchObject({ name, status });
    gates.open(id);
    await management().send(new PostToConnectionCommand({ ConnectionId, Data: 'the first' }));
    expect(await socket.next()).toBe('the first');
  });

  it('answer 410 although it was delivered, and 200 although it was lost', async () => {
    const { gates, management, ConnectionId, socket } = await startConnected();
    gates.close({ at: 'call', do: 'gone', when: 'after' });
    gates.close({ at: 'call', do: 'pretend', nth: 2 });
    expect(await faultOf(management().send(post(ConnectionId)))).toMatchObject({ status: 410 });
    expect(await socket.next()).toBe('hi');
    const { $metadata } = await management().send(post(ConnectionId));
    expect($metadata.httpStatusCode).toBe(200);
    await management().send(new PostToConnectionCommand({ ConnectionId, Data: 'the next' }));
    expect(await socket.next()).toBe('the next');
  });
});

describe('POST @connections', () => {
  it('answers 200 and sends the bytes as one text frame', async () => {
    const { management, ConnectionId, socket } = await startConnected();
    const Data = Buffer.from('{"text":"grüezi"}');
    const answer = await management().send(new PostToConnectionCommand({ ConnectionId, Data }));
    expect(answer.$metadata.httpStatusCode).toBe(200);
    expect(await socket.next()).toBe('{"text":"grüezi"}');
  });

  it('sends 128 KB and refuses one byte more with 413', async () => {
    const { management, ConnectionId, socket } = await startConnected();
    const client = management();
    const Data = 'x'.repeat(128 * KB);
    await client.send(new PostToConnectionCommand({ ConnectionId, Data }));
    expect((await socket.next()).length).toBe(128 * KB);
    const tooLarge = new PostToConnectionCommand({ ConnectionId, Data: `${Data}x` });
    expect(await faultOf(client.send(tooLarge))).toMatchObject({
      name: 'PayloadTooLargeException',
      status: 413,
    });
  });

  it('never breaks the socket with what is no UTF-8', async () => {
    const { management, ConnectionId, socket } = await startConnected();
    const Data = Buffer.from([0x61, 0xff]);
    await management().send(new PostToConnectionCommand({ ConnectionId, Data }));
    expect(await socket.next()).toBe('a\ufffd');
  });

  it('answers 429 once more than 1 MiB waits for a client that does not read', async () => {
    const { management, ConnectionId, socket } = await startConnected();
    const client = management();
    socket.ws.pause();
    const Data = 'x'.repeat(128 * KB);
    const post = () => client.send(new PostToConnectionCommand({ ConnectionId, Data }));
    let fault = await faultOf(post());
    for (let posts = 0; posts < 200 && fault.name === undefined; posts++) {
      fault = await faultOf(post());
    }
    expect(fault).toMatchObject({ name: 'LimitExceededException', status: 429 });
    socket.ws.resume();
    await eventually(async () => expect((await faultOf(post())).name).toBeUndefined());
  });
});

describe('GET @connections', () => {
  it('tells of the connection in lower camel case and ISO times, which the SDK reads as dates', async () => {
    const { management, ConnectionId } = await startConnected();
    const answer = await management().send(new GetConnectionCommand({ ConnectionId }));
    expect(answer).toMatchObject({
      ConnectedAt: expect.any(Date),
      LastActiveAt: expect.any(Date),
      Identity: { SourceIp: '127.0.0.1', UserAgent: 'tester/1' },
    });
  });

  it('shows a later activity after a message, and none after being asked', async () => {
    const { management, ConnectionId, socket, clock } = await startConnected();
    const client = management();
    const ask = () => client.send(new GetConnectionCommand({ ConnectionId }));
    const before = await ask();
    clock.advance(1_000);
    expect((await ask()).LastActiveAt).toEqual(before.LastActiveAt);
    socket.ws.send('x');
    await socket.next();
    const after = await ask();
    expect(Number(after.LastActiveAt)).toBeGreaterThanOrEqual(Number(before.LastActiveAt) + 1_000);
    expect(after.ConnectedAt).toEqual(before.ConnectedAt);
  });
});

describe('DELETE @connections', () => {
  it('answers 204, closes with 1000 and its reason, and $disconnect is told the same', async () => {
    const { management, ConnectionId, socket, left } = await startConnected();
    const client = management();
    const answer = await client.send(new DeleteConnectionCommand({ ConnectionId }));
    expect(answer.$metadata.httpStatusCode).toBe(204);
    expect(await socket.closed).toEqual({ code: 1000, reason: 'Connection Closed Normally' });
    await eventually(() => expect(left).toHaveBeenCalledOnce());
    expect(left.mock.calls[0]?.[0].requestContext).toMatchObject({
      disconnectStatusCode: 1000,
      disconnectReason: 'Connection Closed Normally',
    });
    const again = client.send(new DeleteConnectionCommand({ ConnectionId }));
    expect(await faultOf(again)).toMatchObject({ name: 'GoneException', status: 410 });
  });
});

describe('@connections answers 410', () => {
  it.each([
    ['POST', new PostToConnectionCommand({ ConnectionId: NOBODY, Data: 'x' })],
    ['GET', new GetConnectionCommand({ ConnectionId: NOBODY })],
    ['DELETE', new DeleteConnectionCommand({ ConnectionId: NOBODY })],
  ])('to a %s for an id that nobody has', async (_, command) => {
    const { management } = await startConnected();
    const call = management().send(command as PostToConnectionCommand);
    await expect(call).rejects.toBeInstanceOf(GoneException);
  });

  it('with an empty body and the header that names the fault', async () => {
    const { port, sign } = await startConnected();
    const path = `/prod/@connections/${encodeURIComponent(NOBODY)}`;
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers: sign('GET', path) });
    expect(response.status).toBe(410);
    expect(response.headers.get('x-amzn-errortype')).toBe('GoneException');
    expect(await response.text()).toBe('');
  });

  it('while $connect still runs, and 200 as soon as the socket is open', async () => {
    const { promise, resolve } = Promise.withResolvers();
    let ConnectionId = '';
    const stage = await startWebSocketStage({
      routes: {
        $connect: ({ requestContext }) => {
          ConnectionId = requestContext.connectionId;
          return promise;
        },
      },
    });
    const client = stage.management();
    const opening = stage.connect();
    await eventually(() => expect(ConnectionId).not.toBe(''));
    const post = () => client.send(new PostToConnectionCommand({ ConnectionId, Data: 'x' }));
    expect(await faultOf(post())).toMatchObject({ name: 'GoneException', status: 410 });
    expect(await faultOf(client.send(new DeleteConnectionCommand({ ConnectionId })))).toMatchObject(
      { name: 'GoneException', status: 410 },
    );
    resolve({ statusCode: 200 });
    await opening;
    await post();
  });

  it('inside $disconnect, to a post to the own id', async () => {
    let connectionId = '';
    const { promise, resolve } = Promise.withResolvers();
    const stage = await startWebSocketStage({
      routes: {
        $disconnect: ({ requestContext }) => {
          connectionId = requestContext.connectionId;
          return promise;
        },
      },
    });
    const { ws } = await stage.connect();
    ws.close();
    await eventually(() => expect(connectionId).not.toBe(''));
    const post = new PostToConnectionCommand({ ConnectionId: connectionId, Data: 'x' });
    expect((await faultOf(stage.management().send(post))).name).toBe('GoneException');
    resolve({ statusCode: 200 });
  });

  it('at another stage than the one that the client is connected to', async () => {
    const { port, sign, path } = await startConnected({ moreStages: ['beta'] });
    const statusAt = async (one: string) => {
      const headers = sign('GET', one);
      return (await fetch(`http://127.0.0.1:${port}${one}`, { headers })).status;
    };
    expect(await statusAt(path)).toBe(200);
    expect(await statusAt(path.replace('/prod/', '/beta/'))).toBe(410);
  });
});

describe('@connections refuses', () => {
  it.each(['cjy8i76bxcjy8i76bxcjy8i76', 'short', 'AAAAAAAAAAAAAAAA'])(
    'the malformed id %s with 400',
    async (ConnectionId) => {
      const { management } = await startConnected();
      const post = new PostToConnectionCommand({ ConnectionId, Data: 'x' });
      expect(await faultOf(management().send(post))).toEqual({
        name: 'BadRequestException',
        status: 400,
        message: `Invalid connectionId: ${ConnectionId}`,
      });
    },
  );

  it('a role without ManageConnections with 403, in the words of AWS', async () => {
    const { management, ConnectionId, socket } = await startConnected();
    const post = new PostToConnectionCommand({ ConnectionId, Data: 'x' });
    expect(await faultOf(management('Stranger').send(post))).toEqual({
      name: 'AccessDeniedException',
      status: 403,
      message: `User: arn:aws:sts::${ACCOUNT}:assumed-role/StrangerRole/Stranger is not authorized to perform: execute-api:ManageConnections on resource: arn:aws:execute-api:us-east-1:********9012:${API_ID}/prod/POST/@connections/{connectionId}`,
    });
    expect(socket.received).toEqual([]);
  });

  it('an unsigned call with 403 and {"message":"Forbidden"}', async () => {
    const { port, path } = await startConnected();
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', body: 'x' });
    expect(response.status).toBe(403);
    expect(response.headers.get('x-amzn-errortype')).toBe('MissingAuthenticationTokenException');
    expect(await response.text()).toBe('{"message":"Forbidden"}');
  });

  it('a call at an unknown stage with 403 and {"message":"Forbidden"}', async () => {
    const { port, path } = await startConnected();
    const url = `http://127.0.0.1:${port}${path.replace('/prod/', '/dev/')}`;
    const response = await fetch(url, { method: 'POST', body: 'x' });
    expect(response.status).toBe(403);
    expect(response.headers.get('x-amzn-errortype')).toBe('ForbiddenException');
    expect(await response.text()).toBe('{"message":"Forbidden"}');
  });

  it('a wrong secret, an unknown key and another service with 403', async () => {
    const { management, ConnectionId, socket, port, path, sign } = await startConnected();
    const nameWith = async (credentials: { accessKeyId: string; secretAccessKey: string }) => {
      const client = management();
      client.config.credentials = async () => credentials;
      const post = new PostToConnectionCommand({ ConnectionId, Data: 'x' });
      return (await faultOf(client.send(post))).name;
    };
    const accessKeyId = 'AKIAOPERATOR';
    expect(await nameWith({ accessKeyId, secretAccessKey: 'wrong' })).toBe(
      'InvalidSignatureException',
    );
    expect(await nameWith({ accessKeyId: 'AKIANOBODY', secretAccessKey: 'x' })).toBe(
      'UnrecognizedClientException',
    );
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      headers: sign('GET', path, 'dynamodb'),
    });
    expect(response.headers.get('x-amzn-errortype')).toBe('InvalidSignatureException');
    expect(socket.received).toEqual([]);
  });
});
