import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect as connectSecure, createServer as createSecureServer } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { POSTS_AT_ONCE } from '../../contract/limits.ts';
import { openSender, type Sender } from '../../lambdas/platform/sender/sender.ts';

/** A server that does to each request what the test says, on real connections. */

interface Received {
  readonly connection: number;
  readonly head: string;
  readonly body: string;
}
type Behaviour = (socket: Socket, request: Received, count: number) => void;

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

// A key that is published with this test: it protects nothing.
const pem = (name: string) =>
  readFileSync(join(import.meta.dirname, 'fixtures', `localhost.${name}.pem`));

async function serve(behave: Behaviour, { isSecure = false, deadlineMs = 5000 } = {}) {
  const received: Received[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const accept = (socket: Socket): void => {
    const connection = ++connections;
    let buffered = '';
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (chunk) => {
      buffered += chunk.toString('latin1');
      for (;;) {
        const end = buffered.indexOf('\r\n\r\n');
        const length = Number(/content-length: (\d+)/.exec(buffered)?.[1] ?? Number.NaN);
        if (end < 0 || buffered.length < end + 4 + length) return;
        const head = buffered.slice(0, end);
        const body = buffered.slice(end + 4, end + 4 + length);
        buffered = buffered.slice(end + 4 + length);
        const request = { connection, head, body };
        received.push(request);
        behave(socket, request, received.length);
      }
    });
  };
  const server = isSecure
    ? createSecureServer({ key: pem('key'), cert: pem('cert') }, accept)
    : createServer(accept);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const sender: Sender = openSender({
    endpoint: `${isSecure ? 'https' : 'http'}://127.0.0.1:${port}/prod`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken: 'token' },
    deadlineMs,
    patienceMs: 500,
    ...(isSecure && {
      connect: (onread) => {
        const options = { host: '127.0.0.1', port, ca: pem('cert'), onread };
        return connectSecure(options);
      },
    }),
  });
  ends.push(async () => {
    sender.close();
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return { ...sender, received, connections: () => connections, sockets };
}

const answering = (text: string) => (socket: Socket) => void socket.write(text);
const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n';
const status = (code: number) => `HTTP/1.1 ${code} Whatever\r\ncontent-length: 0\r\n\r\n`;
/** First this, then as it should be. */
const atFirst =
  (first: Behaviour): Behaviour =>
  (socket, request, count) =>
    count === 1 ? first(socket, request, count) : void socket.write(OK);

describe('a post', () => {
  it('carries its frame, whatever letters it has, to its connection’s path', async () => {
    const { post, received } = await serve(answering(OK));
    const frame = '{"a":"ü\u2028😀\\u0000"}';
    expect(await post('PJqB0fHsqRcCHlw=', frame)).toBe('done');
    const [request] = received;
    expect(request?.head).toMatch(/^POST \/prod\/@connections\/PJqB0fHsqRcCHlw%3D HTTP\/1\.1\r\n/);
    expect(request?.head).toContain('x-amz-security-token: token');
    expect(Buffer.from(request?.body ?? '', 'latin1').toString()).toBe(frame);
  });

  it.each([
    ['that is gone', status(410), 'gone'],
    ['that is refused as ours', status(403), 'failed'],
    ['that is too large', status(413), 'failed'],
  ])('%s is not tried again', async (_, answer, outcome) => {
    const { post, received } = await serve(answering(answer));
    expect(await post('a', 'x')).toBe(outcome);
    expect(received).toHaveLength(1);
  });

  it.each<[string, Behaviour]>([
    ['a 500 with a body', answering('HTTP/1.1 500 No\r\ncontent-length: 3\r\n\r\nbad')],
    ['a 503 without a length that closes', (socket) => socket.end('HTTP/1.1 503 No\r\n\r\nbusy')],
    ['a connection that ends before the answer', (socket) => socket.end()],
    ['a connection that is reset before the answer', (socket) => socket.resetAndDestroy()],
    ['an answer cut off in its head', (socket) => socket.end('HTTP/1.1 200 OK\r\ncont')],
    ['something that is no HTTP', (socket) => socket.end('nonsense\r\n\r\n')],
  ])('after %s is tried again', async (_, misbehave) => {
    const { post, received } = await serve(atFirst(misbehave));
    expect(await post('a', 'x')).toBe('done');
    expect(received).toHaveLength(2);
  });

  it.each<[string, Behaviour]>([
    [
      'in chunks',
      answering('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n'),
    ],
    [
      'after a 100 and a 103',
      answering(`HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\n\r\n${OK}`),
    ],
    [
      'byte by byte',
      (socket) => {
        for (const letter of OK) socket.write(letter);
      },
    ],
  ])('that is answered %s leaves its connection for the next one', async (_, behave) => {
    const { post, connections } = await serve(behave);
    for (let at = 0; at < 3; at += 1) expect(await post('a', 'x')).toBe('done');
    expect(connections()).toBe(1);
  });

  it.each<[string, Behaviour]>([
    [
      'that says it closes',
      (socket) => socket.end('HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n'),
    ],
    [
      'that is cut off in its body',
      (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf'),
    ],
    ['that has more behind it than it says', answering(`${OK}HTTP/1.1 500 No\r\n\r\n`)],
  ])('with an answer %s counts once, and the next one has a new connection', async (_, behave) => {
    const { post, connections, received } = await serve(behave);
    for (let at = 0; at < 3; at += 1) expect(await post('a', 'x')).toBe('done');
    expect([connections(), received.length]).toEqual([3, 3]);
  });

  it('on a kept connection that ended meanwhile goes out again at once, and is no try', async () => {
    const { post, sockets, received } = await serve((socket, _, count) => {
      // Every kept connection ends with the request after its first, before anything is answered.
      if (count % 2 === 0) socket.destroy();
      else socket.write(OK);
    });
    for (let at = 0; at < 6; at += 1) expect(await post('a', 'x')).toBe('done');
    expect(received).toHaveLength(11);
    expect(sockets.size).toBe(1);
  });

  it('to a server that does not answer is late, and given up in the end', async () => {
    const { post, received } = await serve(() => {}, { deadlineMs: 100 });
    expect(await post('a', 'x')).toBe('failed');
    expect(received).toHaveLength(3);
  });

  it('to nobody fails', async () => {
    const { post } = openSender({
      endpoint: 'http://127.0.0.1:1/prod',
      region: 'us-east-1',
      credentials: { accessKeyId: 'AKID', secretAccessKey: 'secret' },
    });
    expect(await post('a', 'x')).toBe('failed');
  });

  it('that is refused by a quota is tried until it is let through, and costs no try', async () => {
    const { post, received } = await serve((socket, _, count) => {
      socket.write(count <= 8 ? status(429) : OK);
    });
    expect(await post('a', 'x')).toBe('done');
    expect(received).toHaveLength(9);
  });

  it('to one that takes nothing in for long fails, and the others get theirs', async () => {
    const { post } = await serve((socket, { head }) => {
      socket.write(head.includes('/slow ') ? status(429) : OK);
    });
    const slow = post('slow', 'x');
    for (let at = 0; at < 50; at += 1) expect(await post(`quick${at}`, 'x')).toBe('done');
    expect(await slow).toBe('failed');
  });
});

describe('many posts', () => {
  it('go side by side on so many connections at the most, in any order, each once', async () => {
    const { post, received, connections } = await serve((socket) => {
      setImmediate(() => socket.write(OK));
    });
    const ids = Array.from({ length: 2000 }, (_, at) => `c${at}`);
    const outcomes = await Promise.all(ids.map((id) => post(id, 'x')));
    expect(new Set(outcomes)).toEqual(new Set(['done']));
    const paths = received.map(({ head }) => /@connections\/(\S+)/.exec(head)?.[1]);
    expect(paths.sort()).toEqual(ids.sort());
    expect(connections()).toBeLessThanOrEqual(POSTS_AT_ONCE);
  });

  it('outlast a server whose connections are cut all the time, TLS sessions among them', async () => {
    const { post } = await serve(
      (socket, _, count) => {
        if (count % 7 === 0) socket.destroy();
        else if (count % 11 === 0) socket.end(OK);
        else socket.write(OK);
      },
      { isSecure: true },
    );
    const outcomes = [];
    for (let round = 0; round < 10; round += 1) {
      const ids = Array.from({ length: 30 }, (_, at) => `c${round}-${at}`);
      outcomes.push(...(await Promise.all(ids.map((id) => post(id, 'x')))));
    }
    expect(outcomes.filter((outcome) => outcome === 'failed').length).toBeLessThan(3);
    expect(outcomes.filter((outcome) => outcome === 'done').length).toBeGreaterThan(297);
  });
});
