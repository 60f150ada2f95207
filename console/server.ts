import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Answer, type Streamed, sentence } from './answer.ts';
import type { Lock } from './key.ts';
import { demandOwnPage, Refusal, readJson } from './own-page.ts';
import type { Page } from './page.ts';

/** What the page asks, once it is known to be ours. */
export interface PageRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Throws a {@link Refusal} for a body that is no JSON object. */
  body(): Promise<Readonly<Record<string, unknown>>>;
}

/** Asked about each request of the page; undefined for what is none of theirs. Throws a {@link Refusal}. */
export type Answering = (request: PageRequest) => Promise<Answer | Streamed | undefined>;

interface PageServerOptions {
  /** 0 takes a free one. */
  readonly port: number;
  readonly page: Page;
  /** What stands behind the page, asked before its files. */
  readonly answering: Answering;
  /** Where to look after a defect, for whoever sees the page. */
  readonly failed: string;
  /** @default whoever is at this machine is let in */
  readonly lock?: Lock;
  warn(sentence: string): void;
}

export interface PageServer {
  /** Gives the address. */
  start(): Promise<string>;
  /** Harmless when repeated. */
  stop(): Promise<void>;
}

/** Serves a page and the little API behind it, to browsers on this machine only. */
export function createPageServer(options: PageServerOptions): PageServer {
  const { page, answering, failed, lock, warn } = options;
  const server = createServer((request, response) => {
    void serve(request, response).catch((error: unknown) => {
      const isRefusal = error instanceof Refusal;
      if (!isRefusal && !request.destroyed) warn(`The console failed: ${error}`);
      write(response, isRefusal ? sentence(error.status, error.message) : sentence(500, failed));
    });
  });
  const portOf = () => (server.address() as AddressInfo).port;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const port = portOf();
    demandOwnPage(request, port);
    const { method = '', url = '', headers } = request;
    const asked = new URL(url, `http://127.0.0.1:${port}`);
    const wayOn = lock?.open(request, asked);
    if (wayOn) return write(response, wayOn);
    const { pathname: path, searchParams: query } = asked;
    const body = () => readJson(request);
    const answer = await answering({ method, path, query, headers, body });
    if (answer && 'stream' in answer) return answer.stream(response);
    write(response, answer ?? (await pageAt(method, path)), method === 'HEAD');
  }

  function pageAt(method: string, path: string): Promise<Answer> {
    if (method === 'GET' || method === 'HEAD') return page(path);
    throw new Refusal(405, `The console takes no ${method} at ${path}.`);
  }

  return {
    async start() {
      await once(server.listen(options.port, '127.0.0.1'), 'listening');
      return `http://127.0.0.1:${portOf()}`;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function write(response: ServerResponse, { status, headers, body }: Answer, isHead = false): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
  response.end(isHead ? undefined : body);
}
