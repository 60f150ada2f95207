import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { openLine } from '../../lambdas/platform/sender/line.ts';

/** More than sockets hold on their way. */
const LARGE = 16 * 1024 * 1024;
const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n';

it('writes nothing over a request that was answered before all of it had gone out', async () => {
  const { promise: heard, resolve: hear } = Promise.withResolvers<Buffer>();
  let served: Socket | undefined;
  let mine: Socket | undefined;
  const server = createServer((socket) => {
    served = socket;
    const chunks: Buffer[] = [];
    let bytes = 0;
    socket.on('data', (chunk: Buffer) => {
      // It answers what it has not read yet, and reads no further until it is told to.
      if (chunks.length === 0) socket.pause().write(OK);
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes < 2 * (LARGE + 1)) return;
      socket.write(OK);
      hear(Buffer.concat(chunks));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const line = openLine((onread) => {
    mine = connect({ host: '127.0.0.1', port, onread });
    return mine;
  }, 10_000);
  try {
    expect(await line.send('1', Buffer.alloc(LARGE, 'a'))).toEqual({ status: 200 });
    expect(mine?.writableLength, 'still on its way').toBeGreaterThan(0);
    const second = line.send('2', Buffer.alloc(LARGE, 'b'));
    served?.resume();
    expect(await second).toEqual({ status: 200 });
    const all = await heard;
    expect([all.lastIndexOf('a'), all.indexOf('2'), all.indexOf('b')]).toEqual([
      LARGE,
      LARGE + 1,
      LARGE + 2,
    ]);
  } finally {
    line.close();
    server.close();
  }
});
