import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { callerName } from '../access/caller-name.ts';
import { type Passage, passCall } from '../gates/call-gate.ts';
import { type AwsAnswer, AwsFault, type Service, type StageContext } from '../service.ts';
import { headerOf } from './canonical-request.ts';
import { answerFault, internalFailure, outcomeOf } from './faults.ts';
import { claimedKey, verifySignature } from './sigv4.ts';
import {
  anonymous,
  corsHeaders,
  isPreflight,
  isPublic,
  preflightHeaders,
  publicService,
} from './unsigned-call.ts';

/** DynamoDB's largest request; every other service takes less. */
const bodyLimit = 16 * 1024 * 1024;
/** Longer than an SDK keeps an idle connection, so that it is always the SDK that closes. */
const keepAliveMs = 120_000;

/**
 * The one AWS-shaped endpoint of the stage, on `ports.aws`: checks who calls, hands the call to the
 * service that answers for its credential scope, and writes answers and faults in that service's dialect.
 */
export function createWire(context: StageContext, services: readonly Service[]): Service {
  const byScope = new Map(
    services.flatMap((service) => (service.scopes ?? []).map((scope) => [scope, service] as const)),
  );

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (isPreflight(request)) return write(response, { status: 200, headers: preflightHeaders });
    const at = context.clock.now();
    const started = performance.now();
    const { method = '', url = '', headers } = request;
    const target = headerOf(request, 'x-amz-target');
    const action = target.slice(target.lastIndexOf('.') + 1);
    const unsigned = headers.authorization === undefined && isPublic(method, url, target);
    const service = unsigned ? publicService : claimedService(headers.authorization);
    let principal = anonymous;

    const handle = async (): Promise<Passage> => {
      const body = await readBody(request);
      const call = { method, url, headers, body };
      if (!unsigned) {
        const { access, region, clock } = context;
        principal = verifySignature(call, access.credential, region, clock);
      }
      const answering = byScope.get(service)?.handle;
      if (!answering) {
        throw new AwsFault(
          'UnknownOperationException',
          `The local stage has no ${service}: it answers for ${[...byScope.keys()].join(', ')}.`,
          404,
        );
      }
      const aws = { service, action, principal, ...call };
      if (context.gates.areOpen) return answering(aws);
      const gated = { ...aws, action: action || method, accessKeyId: claimedKey(headers) };
      return passCall(context, gated, () => answering(aws));
    };
    const answer = await handle().catch((error: unknown) => {
      if (error instanceof AwsFault) return answerFault(error, request, service);
      // A caller that hangs up in the middle of its request is no defect.
      if (request.complete) {
        context.warn(`${service}:${action || method} failed inside the stage: ${describe(error)}`);
      }
      return answerFault(internalFailure, request, service);
    });

    if (answer === undefined) response.destroy();
    else {
      write(
        response,
        unsigned ? { ...answer, headers: { ...answer.headers, ...corsHeaders } } : answer,
      );
    }
    context.trace.record({
      at,
      durationMs: performance.now() - started,
      kind: 'call',
      by: callerName(context.assembly, principal),
      what: `${service}:${action || method}`,
      on: answer?.on ?? '',
      outcome: answer ? outcomeOf(answer) : 'cut',
      ...(answer?.detail && { detail: answer.detail }),
    });
  }

  const server = createServer({ keepAliveTimeout: keepAliveMs }, (request, response) => {
    void serve(request, response);
  });

  return {
    name: 'wire',
    start: () =>
      new Promise((resolve, reject) => {
        const port = context.ports.aws;
        server.once('error', (error: NodeJS.ErrnoException) =>
          reject(
            error.code === 'EADDRINUSE'
              ? new Error(
                  `Port ${port} is taken: stop what listens there, or choose another with --port.`,
                )
              : error,
          ),
        );
        server.listen(port, '127.0.0.1', () =>
          resolve(`http://127.0.0.1:${port} for ${[...byScope.keys()].join(', ')}`),
        );
      }),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function claimedService(authorization = ''): string {
  return /\/([^/,\s]+)\/aws4_request,/.exec(authorization)?.[1] ?? '';
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > bodyLimit) {
      throw new AwsFault('RequestEntityTooLargeException', 'Request entity too large', 413);
    }
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
}

function write(response: ServerResponse, { status, headers, body = '' }: AwsAnswer): void {
  response.writeHead(status, {
    'x-amzn-requestid': randomUUID(),
    'content-length': Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
