import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Service, StageContext } from '../service.ts';
import { type Answer, json, sentence } from './answer.ts';
import { createGatesApi } from './gates-api.ts';
import { demandOwnPage, Refusal, readJson } from './own-page.ts';
import { createPage } from './page.ts';
import { followTrace } from './trace-stream.ts';

interface ConsoleOptions {
  /** Where the built page is. */
  readonly directory: string;
  /** What `GET /stage/facts` says besides the stage's own facts (the demo users); read at each request. */
  readonly facts: Readonly<Record<string, unknown>>;
  /** What the page may do to the stage. */
  readonly actions?: ConsoleActions;
  /** Answers of whoever runs the stage, ahead of the console's own. */
  readonly serve?: Serve | undefined;
}

/** Asked about each request of the page; undefined for what is none of theirs. */
export type Serve = (request: Served) => Promise<ServedAnswer | undefined>;

export interface Served {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  body(): Promise<Readonly<Record<string, unknown>>>;
}

export interface ServedAnswer {
  readonly status: number;
  /** JSON. */
  readonly body: unknown;
}

export interface ConsoleActions {
  /** Cuts the TCP connection of a socket with no close frame; false when there is no such connection. */
  cutConnection?(connectionId: string): boolean;
  /** Which sockets are open, and which were lately. */
  listSockets?(): object;
  /** What functions measured, minute by minute. */
  reportMetrics?(): object;
}

/** The page of the stage and the little API behind it, for browsers on this machine only. */
export function createConsole(context: StageContext, options: ConsoleOptions): Service {
  const port = context.ports.console;
  const page = createPage(context.ports, options.directory);
  const gates = createGatesApi(context);
  const server = createServer((request, response) => {
    void serve(request, response).catch((error: unknown) => {
      const isRefusal = error instanceof Refusal;
      if (!isRefusal && !request.destroyed) context.warn(`The console failed: ${error}`);
      write(response, isRefusal ? sentence(error.status, error.message) : FAILED);
    });
  });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    demandOwnPage(request, port);
    const { pathname, searchParams } = new URL(request.url ?? '/', `http://127.0.0.1:${port}`);
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (request.method === 'GET' && pathname === '/stage/trace') {
      const since = request.headers['last-event-id'] ?? searchParams.get('since');
      return followTrace(context.trace, response, Number(since) || 0);
    }
    const served = await options.serve?.({
      method: request.method ?? '',
      path: pathname,
      query: searchParams,
      headers: request.headers,
      body: () => readJson(request),
    });
    const answer = served
      ? json(served.body, served.status)
      : await (isRead ? read(pathname) : act(request, pathname));
    write(response, answer, request.method === 'HEAD');
  }

  async function read(path: string): Promise<Answer> {
    if (path === '/stage/facts') return json({ ...stageFacts(context), ...options.facts });
    if (path === '/stage/resources') return json(listResources(context));
    if (path === '/stage/metrics') return json(options.actions?.reportMetrics?.() ?? []);
    if (path === '/stage/sockets') return json(options.actions?.listSockets?.() ?? {});
    const told = gates.read(path);
    if (told) return told;
    if (path.startsWith('/stage/')) throw new Refusal(404, `The stage has nothing at ${path}.`);
    return page(path);
  }

  async function act(request: IncomingMessage, path: string): Promise<Answer> {
    const done = await gates.act(request, path);
    if (done) return done;
    if (request.method !== 'POST' || path !== '/stage/drop') {
      throw new Refusal(405, `The console takes no ${request.method} at ${path}.`);
    }
    const { connectionId, how } = await readJson(request);
    if (typeof connectionId !== 'string' || how !== 'tcp') {
      throw new Refusal(400, 'Send {"connectionId": "…", "how": "tcp"}.');
    }
    const cut = options.actions?.cutConnection;
    if (!cut) throw new Refusal(501, 'This stage cannot cut connections.');
    if (!cut(connectionId)) throw new Refusal(404, `There is no connection ${connectionId}.`);
    return json({ dropped: connectionId });
  }

  return {
    name: 'console',
    async start() {
      await once(server.listen(port, '127.0.0.1'), 'listening');
      return `http://127.0.0.1:${port}`;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const FAILED = sentence(500, 'The console failed; the terminal of the stage says how.');

function stageFacts({ region, account, assembly, ports }: StageContext) {
  return {
    region,
    account,
    outputs: assembly.outputs,
    urls: {
      console: `http://127.0.0.1:${ports.console}`,
      aws: `http://127.0.0.1:${ports.aws}`,
      apis: Object.fromEntries([...ports.api].map(([id, port]) => [id, `127.0.0.1:${port}`])),
    },
  };
}

function listResources({ assembly }: StageContext) {
  return assembly.resources.map(({ type, logicalId, path, id }) => ({ type, logicalId, path, id }));
}

function write(response: ServerResponse, { status, headers, body }: Answer, isHead = false): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
  response.end(isHead ? undefined : body);
}
