import { connect } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { type FrameHeader, scanFrames, textFrame } from '../../local/websocket/frames.ts';
import { eventually } from '../support/eventually.ts';
import { type Handler, startWebSocketStage } from './fixtures/web-socket-stage.ts';

const KB = 1024;
const MINUTE = 60_000;

async function startEcho() {
  const left = vi.fn();
  const lengths: number[] = [];
  const measure: Handler = ({ body }) => {
    lengths.push(body.length);
    return { statusCode: 200, body: String(body.length) };
  };
  const stage = await startWebSocketStage({
    routes: { $default: measure, $disconnect: left },
    twoWay: ['$default'],
  });
  /** The code and reason that `$disconnect` is told. */
  const disconnect = async () => {
    await eventually(() => expect(left).toHaveBeenCalled());
    expect(left).toHaveBeenCalledOnce();
    const { disconnectStatusCode, disconnectReason } = left.mock.calls[0]?.[0].requestContext ?? {};
    return { code: disconnectStatusCode, reason: disconnectReason };
  };
  return { ...stage, lengths, disconnect };
}

describe('the limits of a WebSocket API', () => {
  it('let a frame of 32 KB pass', async () => {
    const stage = await startEcho();
    const socket = await stage.connect();
    socket.ws.send('x'.repeat(32 * KB));
    expect(await socket.next()).toBe(String(32 * KB));
  });

  it.each([
    ['a frame of one byte more than 32 KB', 32 * KB + 1],
    ['a frame of 33 KB', 33 * KB],
    ['a frame of 129 KB', 129 * KB],
  ])('close with 1009 on %s, and no function sees it', async (_, bytes) => {
    const stage = await startEcho();
    const socket = await stage.connect();
    socket.ws.send('x'.repeat(bytes));
    expect((await socket.closed).code).toBe(1009);
    expect((await stage.disconnect()).code).toBe(1009);
    expect(stage.lengths).toEqual([]);
  });

  it('let a message of 100 KB in fragments of 25 KB pass, with a ping between them', async () => {
    const stage = await startEcho();
    const socket = await stage.connect();
    for (const last of [false, false, false, true]) {
      socket.ws.send('x'.repeat(25 * KB), { fin: last });
      socket.ws.ping();
    }
    expect(await socket.next()).toBe(String(100 * KB));
  });

  it('close with 1009 on a message of 129 KB, however it is fragmented', async () => {
    const stage = await startEcho();
    const socket = await stage.connect();
    for (let sent = 0; sent < 129; sent += 3) {
      socket.ws.send('x'.repeat(3 * KB), { fin: sent === 126 });
    }
    expect((await socket.closed).code).toBe(1009);
    expect((await stage.disconnect()).code).toBe(1009);
    expect(stage.lengths).toEqual([]);
  });

  it('hold for each message anew', async () => {
    const stage = await startEcho();
    const socket = await stage.connect();
    for (let count = 0; count < 5; count++) {
      socket.ws.send('x'.repeat(31 * KB), { fin: false });
      socket.ws.send('x'.repeat(31 * KB), { fin: true });
      expect(await socket.next()).toBe(String(62 * KB));
    }
  });

  it('close with 1003 on a binary frame, and no function sees it', async () => {
    const stage = await startEcho();
    const socket = await stage.connect();
    socket.ws.send(Buffer.from('binary'));
    expect((await socket.closed).code).toBe(1003);
    expect((await stage.disconnect()).code).toBe(1003);
    expect(stage.lengths).toEqual([]);
  });

  it('close with 1007 on text that is no UTF-8', async () => {
    const stage = await startEcho();
    const socket = await stage.connect();
    socket.ws.send(Buffer.from([0xff, 0xfe]), { binary: false });
    expect((await socket.closed).code).toBe(1007);
    expect((await stage.disconnect()).code).toBe(1007);
  });

  it('answer a ping with a pong that no function sees', async () => {
    const stage = await startEcho();
    const { ws } = await stage.connect();
    const pong = new Promise((resolve) => ws.once('pong', (bytes) => resolve(String(bytes))));
    ws.ping('are you there');
    expect(await pong).toBe('are you there');
    expect(stage.invocations).toEqual([]);
  });

  it('close with 1001 "Going away" after ten minutes without data', async () => {
    const stage = await startEcho();
    const socket = await stage.connect();
    stage.clock.advance(10 * MINUTE - 1_000);
    expect(socket.ws.readyState).toBe(socket.ws.OPEN);
    stage.clock.advance(1_000);
    expect(await socket.closed).toEqual({ code: 1001, reason: 'Going away' });
    expect(await stage.disconnect()).toEqual({ code: 1001, reason: 'Going away' });
  });

  it('count data of either direction as activity', async () => {
    const stage = await startEcho();
    const socket = await stage.connect();
    stage.clock.advance(9 * MINUTE);
    socket.ws.send('x');
    await socket.next();
    stage.clock.advance(9 * MINUTE);
    expect(socket.ws.readyState).toBe(socket.ws.OPEN);
    stage.clock.advance(MINUTE);
    expect((await socket.closed).code).toBe(1001);
  });

  it('do not count protocol pings as activity', async () => {
    const stage = await startEcho();
    const socket = await stage.connect();
    stage.clock.advance(9 * MINUTE);
    const pong = new Promise((resolve) => socket.ws.once('pong', resolve));
    socket.ws.ping();
    await pong;
    stage.clock.advance(MINUTE);
    expect((await socket.closed).code).toBe(1001);
  });

  it('close with 1001 after two hours, however busy the socket is', async () => {
    const stage = await startEcho();
    const socket = await stage.connect();
    for (let minutes = 0; minutes < 119; minutes += 7) {
      socket.ws.send('x');
      await socket.next();
      stage.clock.advance(7 * MINUTE);
    }
    expect(socket.ws.readyState).toBe(socket.ws.OPEN);
    socket.ws.send('x');
    await socket.next();
    stage.clock.advance(MINUTE);
    expect(await socket.closed).toEqual({ code: 1001, reason: 'Going away' });
  });

  it('cut a client off that never answers the close frame', async () => {
    const stage = await startEcho();
    const socket = connect(stage.port, '127.0.0.1');
    socket.write(
      'GET /prod HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    const [head] = await once(socket);
    expect(String(head)).toMatch(/^HTTP\/1.1 101/);
    stage.clock.advance(10 * MINUTE);
    expect(await stage.disconnect()).toEqual({ code: 1001, reason: 'Going away' });
    socket.destroy();
  });
});

describe('the frame scanner', () => {
  it.each([1, 2, 3, 7, 1_000, 1_000_000])(
    'sees every header when the bytes come in chunks of %i',
    (chunkBytes) => {
      const lengths = [0, 1, 125, 126, 65_535, 65_536];
      const bytes = Buffer.concat(lengths.map((length) => textFrame(Buffer.alloc(length, 'x'))));
      const seen: FrameHeader[] = [];
      const scan = scanFrames((header) => seen.push(header));
      for (let at = 0; at < bytes.length; at += chunkBytes) {
        scan(bytes.subarray(at, at + chunkBytes));
      }
      expect(seen).toEqual(
        lengths.map((payloadBytes) => ({ final: true, opcode: 1, payloadBytes })),
      );
    },
  );
});

function once(socket: ReturnType<typeof connect>): Promise<Buffer[]> {
  return new Promise((resolve) => socket.once('data', (chunk: Buffer) => resolve([chunk])));
}
