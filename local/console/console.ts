import { type Answer, json, type Streamed } from '../../console/answer.ts';
import { Refusal } from '../../console/own-page.ts';
import { createPage } from '../../console/page.ts';
import { type Answering, createPageServer, type PageRequest } from '../../console/server.ts';
import type { Service, StageContext } from '../service.ts';
import { createGatesApi } from './gates-api.ts';
import { followTrace } from './trace-stream.ts';

interface ConsoleOptions {
  /** Where the built page is. */
  readonly directory: string;
  /** What `GET /console/facts` says besides the stage's own facts (the demo users); read at each request. */
  readonly facts: Readonly<Record<string, unknown>>;
  /** What the page may do to the stage. */
  readonly actions?: ConsoleActions;
  /** Answers of whoever runs the stage, ahead of the console's own. */
  readonly serve?: Answering | undefined;
}

export interface ConsoleActions {
  /** Cuts the TCP connection of a socket with no close frame; false when there is no such connection. */
  cutConnection?(connectionId: string): boolean;
  /** Which sockets are open, and which were lately. */
  listSockets?(): object;
}

/** The page of the stage and the little API behind it, for browsers on this machine only. */
export function createConsole(context: StageContext, options: ConsoleOptions): Service {
  const { ports, trace } = context;
  const gates = createGatesApi(context);

  async function answering(request: PageRequest): Promise<Answer | Streamed | undefined> {
    const { method, path, query, headers } = request;
    if (method === 'GET' && path === '/stage/trace') {
      const since = Number(headers['last-event-id'] ?? query.get('since')) || 0;
      return { stream: (response) => followTrace(trace, response, since) };
    }
    const served = await options.serve?.(request);
    if (served) return served;
    return method === 'GET' || method === 'HEAD' ? read(path) : act(request);
  }

  function read(path: string): Answer | undefined {
    if (path === '/console/facts') return json({ ...stageFacts(context), ...options.facts });
    if (path === '/stage/resources') return json(listResources(context));
    if (path === '/stage/sockets') return json(options.actions?.listSockets?.() ?? {});
    const told = gates.read(path);
    if (told) return told;
    if (path.startsWith('/stage/')) throw new Refusal(404, `The stage has nothing at ${path}.`);
    return undefined;
  }

  async function act(request: PageRequest): Promise<Answer | undefined> {
    const done = await gates.act(request);
    if (done || request.method !== 'POST' || request.path !== '/stage/drop') return done;
    const { connectionId, how } = await request.body();
    if (typeof connectionId !== 'string' || how !== 'tcp') {
      throw new Refusal(400, 'Send {"connectionId": "…", "how": "tcp"}.');
    }
    const cut = options.actions?.cutConnection;
    if (!cut) throw new Refusal(501, 'This stage cannot cut connections.');
    if (!cut(connectionId)) throw new Refusal(404, `There is no connection ${connectionId}.`);
    return json({ dropped: connectionId });
  }

  const server = createPageServer({
    port: ports.console,
    page: createPage(options.directory, [ports.console, ports.aws, ...ports.api.values()]),
    answering,
    failed: 'The console failed; the terminal of the stage says how.',
    warn: context.warn,
  });
  return { name: 'console', ...server };
}

function stageFacts({ region, account, assembly, ports }: StageContext) {
  return {
    isStage: true,
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
