import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createServer as createSecureServer } from 'node:tls';
import { answerLoad } from '../load.ts';

/** What the stub gateway is told: nothing; and what it tells back. */
export interface GatewayPlace {
  readonly plainPort: number;
  readonly securePort: number;
}

const FIXTURES = join(import.meta.dirname, '../../test/platform/fixtures');
export const CERTIFICATE = join(FIXTURES, 'localhost.cert.pem');
const ANSWER = Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 0\r\nx-amzn-requestid: 00\r\n\r\n');
const HEAD_END = Buffer.from('\r\n\r\n');

/** Takes every post and looks at nothing but where it ends: as little work as a gateway can have. */
function accept(socket: Socket): void {
  let buffered: Buffer = Buffer.alloc(0);
  socket.setNoDelay();
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    buffered = buffered.length === 0 ? chunk : Buffer.concat([buffered, chunk]);
    for (;;) {
      const end = buffered.indexOf(HEAD_END);
      if (end < 0) return;
      const head = buffered.toString('latin1', 0, end + 2);
      const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
      if (buffered.length < end + 4 + length) return;
      buffered = buffered.subarray(end + 4 + length);
      socket.write(ANSWER);
    }
  });
}

answerLoad<object, GatewayPlace>(async () => {
  const secure = {
    key: readFileSync(join(FIXTURES, 'localhost.key.pem')),
    cert: readFileSync(CERTIFICATE),
  };
  const listen = (server: ReturnType<typeof createServer>) =>
    new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
    });
  return {
    plainPort: await listen(createServer(accept)),
    securePort: await listen(createSecureServer(secure, accept)),
  };
});
