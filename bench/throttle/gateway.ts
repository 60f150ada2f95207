import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerLoad } from '../load.ts';

/** A token bucket, as AWS describes its throttles. */
export interface Quota {
  /** Posts a second. */
  readonly rate: number;
  /** Posts at once, after a rest. */
  readonly burst: number;
}

export interface Counts {
  /** Connections that got their post. */
  readonly delivered: number;
  readonly attempts: number;
}

/** `GET /counts` tells what came since the last time it was asked, and fills the bucket again. */
answerLoad<Quota, string>(async ({ rate, burst }) => {
  let delivered = new Set<string>();
  let attempts = 0;
  let tokens = burst;
  let filledAt = performance.now();

  const server = createServer((request, response) => {
    if (request.url === '/counts') {
      response.end(JSON.stringify({ delivered: delivered.size, attempts } satisfies Counts));
      delivered = new Set();
      attempts = 0;
      tokens = burst;
      filledAt = performance.now();
      return;
    }
    attempts += 1;
    const now = performance.now();
    tokens = Math.min(burst, tokens + ((now - filledAt) * rate) / 1000);
    filledAt = now;
    request.resume();
    if (tokens < 1) {
      response.writeHead(429, { 'x-amzn-errortype': 'LimitExceededException' });
      response.end('{"message":"Limit exceeded"}');
      return;
    }
    tokens -= 1;
    delivered.add(request.url ?? '');
    response.end();
  });
  // Whoever sends everything at once opens a socket for each.
  server.maxConnections = 20_000;
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', 4096, done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
