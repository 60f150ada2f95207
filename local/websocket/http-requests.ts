import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Passage, passCall } from '../gates/call-gate.ts';
import { type AwsAnswer, AwsFault, type Principal, type StageContext } from '../service.ts';
import { answerFault, internalFailure, outcomeOf } from '../wire/faults.ts';
import { claimedKey } from '../wire/sigv4.ts';
import type { WebSocketApi } from './api-definition.ts';
import { type ConnectionsApi, readConnectionsPath } from './connections-api.ts';
import { MESSAGE_BYTES } from './limits.ts';

const METHODS = ['POST', 'GET', 'DELETE'];
const FORBIDDEN = new AwsFault('ForbiddenException', 'Forbidden', 403);
const UPGRADE_REQUIRED: AwsAnswer = { status: 426 };
const TOO_LARGE = new AwsFault(
  'PayloadTooLargeException',
  `A message has at most ${MESSAGE_BYTES} bytes.`,
  413,
);

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

/** Answers every request at a WebSocket API's port that is no handshake. */
export function answerRequests(
  context: StageContext,
  api: WebSocketApi,
  connectionsApi: ConnectionsApi,
): Listener {
  const { clock, trace, gates } = context;
  const isStage = (name: string) => api.stages.get(name)?.isDeployed === true;

  return (request, response) => {
    const { method = '', url = '', headers } = request;
    const path = readConnectionsPath(url);
    if (!path || !isStage(path.stage) || !METHODS.includes(method)) {
      request.resume();
      const asksForSocket = method === 'GET' && isStage(url.split(/[/?]/)[1] ?? '');
      const answer = asksForSocket && !path ? UPGRADE_REQUIRED : faulty(FORBIDDEN, request);
      return write(response, answer);
    }

    const at = clock.now();
    const startedAt = performance.now();
    readBody(request, (body) => {
      let caller: Principal | undefined;
      const refused = (error: unknown): AwsAnswer => {
        if (!(error instanceof AwsFault))
          context.warn(`@connections failed inside the stage: ${error}`);
        return faulty(error, request);
      };
      const finish = (answer: Passage) => {
        if (answer === undefined) response.destroy();
        else write(response, answer);
        trace.record({
          at,
          durationMs: performance.now() - startedAt,
          kind: 'call',
          by: caller ? nameOf(context, caller) : 'nobody known',
          what: `execute-api:${method}`,
          on: path.connectionId,
          outcome: answer ? outcomeOf(answer) : 'cut',
          detail: { bytes: body?.length ?? 0 },
        });
      };

      let answer: Passage | Promise<Passage>;
      try {
        if (body === undefined) throw TOO_LARGE;
        const call = { method, url, headers, body, ...path };
        const principal = connectionsApi.identify(call);
        caller = principal;
        const act = () => connectionsApi.act(call, principal);
        const gated = { service: 'execute-api', action: method, principal, url, body };
        answer = gates.areOpen
          ? act()
          : passCall(context, { ...gated, accessKeyId: claimedKey(headers) }, act);
      } catch (error) {
        answer = refused(error);
      }
      if (answer instanceof Promise) void answer.catch(refused).then(finish);
      else finish(answer);
    });
  };
}

function faulty(error: unknown, request: IncomingMessage): AwsAnswer {
  return answerFault(error instanceof AwsFault ? error : internalFailure, request, 'execute-api');
}

/** The whole body, or undefined when it is larger than any message. */
function readBody(request: IncomingMessage, done: (body: Buffer | undefined) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= MESSAGE_BYTES) chunks.push(chunk);
  });
  request.on('end', () => {
    const [first] = chunks;
    if (bytes > MESSAGE_BYTES) done(undefined);
    else done(chunks.length === 1 && first ? first : Buffer.concat(chunks));
  });
}

function write(response: ServerResponse, { status, headers, body = '' }: AwsAnswer): void {
  response.writeHead(status, {
    ...headers,
    'x-amzn-requestid': randomUUID(),
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

/** A function's logical id in the template; else the name of whoever it is. */
function nameOf({ assembly }: StageContext, { kind, name }: Principal): string {
  if (kind !== 'function') return name;
  return assembly.find('AWS::Lambda::Function', name)?.logicalId ?? name;
}
