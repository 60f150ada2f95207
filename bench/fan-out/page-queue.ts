import { hash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface PageQueue {
  readonly url: string;
  /** Takes out what was sent so far. */
  take(): readonly string[];
  stop(): Promise<void>;
}

/** SQS at its fastest, as far as functions send to it. */
export async function startPageQueue(): Promise<PageQueue> {
  let sent: string[] = [];
  const server = createServer({ keepAliveTimeout: 60_000 }, async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    const { MessageBody } = JSON.parse(body) as { MessageBody: string };
    sent.push(MessageBody);
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(JSON.stringify({ MessageId: 'one', MD5OfMessageBody: hash('md5', MessageBody) }));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    take() {
      const taken = sent;
      sent = [];
      return taken;
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
