import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { startWebSocketStage } from './fixtures/web-socket-stage.ts';

describe('stopping the WebSocket APIs', () => {
  it('closes every socket with 1001 and waits for its $disconnect', async () => {
    const codes: number[] = [];
    const stage = await startWebSocketStage({
      routes: {
        $disconnect: async ({ requestContext }) => {
          await new Promise((resolve) => setImmediate(resolve));
          codes.push(requestContext.disconnectStatusCode);
        },
      },
    });
    const sockets = await Promise.all(Array.from({ length: 50 }, () => stage.connect()));
    await stage.service.stop();
    expect(codes).toEqual(Array(50).fill(1001));
    for (const { closed } of sockets) {
      expect(await closed).toEqual({ code: 1001, reason: 'Going away' });
    }
  });

  it('waits two seconds for a $disconnect that hangs, and no longer', async () => {
    const stage = await startWebSocketStage({
      routes: { $disconnect: () => new Promise(() => {}) },
    });
    await stage.connect();
    const startedAt = performance.now();
    await stage.service.stop();
    expect(performance.now() - startedAt).toBeLessThan(4_000);
    expect(stage.invocations).toHaveLength(1);
  });

  it('frees the port, drops kept-alive connections, and is harmless when repeated', async () => {
    const stage = await startWebSocketStage({ routes: {} });
    await fetch(`http://127.0.0.1:${stage.port}/prod`);
    await stage.service.stop();
    await stage.service.stop();
    await listen(stage.port);
  });
});

it('the list of sockets has those that are open, and those that ended with when', async () => {
  const stage = await startWebSocketStage({ routes: {} });
  const since = stage.clock.now();
  const [first, second] = [await stage.connect(), await stage.connect()];
  const [{ connectionId: firstId, openedAt } = expect.fail('none is open')] =
    stage.service.sockets().open;
  expect(openedAt).toBeGreaterThanOrEqual(since);
  first.ws.close();
  await eventually(() => expect(stage.service.sockets().ended).toHaveLength(1));
  const { open, ended } = stage.service.sockets();
  expect(open.map(({ connectionId }) => connectionId)).not.toContain(firstId);
  expect(open).toHaveLength(1);
  expect(ended).toEqual([{ connectionId: firstId, endedAt: expect.any(Number) }]);
  second.ws.close();
});

describe('starting the WebSocket APIs', () => {
  it('says in a sentence that a port is taken', async () => {
    const stage = await startWebSocketStage({ routes: {} });
    await stage.service.stop();
    const release = await listen(stage.port);
    await expect(stage.service.start()).rejects.toThrow(
      `Port ${stage.port} is taken: stop what listens there, or choose another with --port.`,
    );
    await release();
  });
});

describe('the trace of a WebSocket API', () => {
  it('tells of handshakes, frames and closes by ids and byte counts, and never a body', async () => {
    const stage = await startWebSocketStage({
      routes: {
        $connect: () => ({ statusCode: 200 }),
        $default: ({ body }) => ({ statusCode: 200, body }),
        parse: ({ body }) => JSON.parse(body),
      },
      twoWay: ['$default'],
    });
    const socket = await stage.connect('/prod?ticket=hush');
    socket.ws.send('hush');
    await socket.next();
    socket.ws.send('{"action":"parse", hush:1}');
    await socket.next();
    socket.ws.close(4000, 'hush');
    await eventually(() => expect(stage.trace().at(-1)?.what).toBe('close'));
    expect(stage.trace()).toMatchObject([
      { kind: 'socket', what: '$connect', outcome: '101' },
      { kind: 'frame', what: 'sent', outcome: 'ok', detail: { bytes: 4 } },
      { kind: 'frame', what: '$default', outcome: 'ok', detail: { bytes: 4 } },
      { kind: 'frame', what: 'sent', outcome: 'ok' },
      { kind: 'frame', what: 'parse', outcome: expect.stringContaining('the function threw') },
      { kind: 'socket', what: 'close', outcome: '4000' },
    ]);
    expect(JSON.stringify(stage.trace())).not.toContain('hush');
  });

  it('says why a handshake was refused', async () => {
    const stage = await startWebSocketStage({ routes: { $connect: () => ({ ok: true }) } });
    await stage.refusal();
    expect(stage.trace().at(-1)?.outcome).toBe(
      '502 the function returned no statusCode between 200 and 599',
    );
  });
});

/** Takes a port; what it returns gives it back. */
async function listen(port: number): Promise<() => Promise<void>> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return () => new Promise((resolve) => server.close(() => resolve()));
}
