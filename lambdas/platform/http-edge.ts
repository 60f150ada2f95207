import type * as z from 'zod/mini';
import { SESSION_HEADER, TENANT_HEADER } from '../../contract/http.ts';
import { FRAME_BYTES } from '../../contract/limits.ts';
import { isSessionId } from '../../contract/names.ts';
import { Refusal, refusals } from '../../contract/refusals.ts';
import type { Origin } from '../../contract/tables.ts';
import { type Identity, identify } from '../../rules/identity.ts';
import { isTooDeep } from '../../rules/json.ts';
import { logDefect } from './log.ts';

/** An HTTP API's event (payload 2.0) behind a JWT authorizer, as far as we read it. */
export interface HttpEvent {
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly pathParameters?: Readonly<Record<string, string | undefined>>;
  readonly body?: string;
  readonly isBase64Encoded?: boolean;
  readonly requestContext: {
    readonly timeEpoch: number;
    readonly authorizer: { readonly jwt: { readonly claims: Readonly<Record<string, unknown>> } };
  };
}

export interface HttpAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface HttpCall<Request> {
  /** Verified by the API's authorizer. */
  readonly identity: Identity;
  /** The calling session [S1-06], present only when the header names one. */
  readonly origin?: Origin;
  readonly path: Readonly<Record<string, string | undefined>>;
  readonly request: Request;
  readonly now: number;
}

/**
 * The edge of HTTP operations: decode, run, encode. A refusal becomes its documented status; anything
 * else is logged once and becomes a 500 that tells nothing. A string that `run` gives is JSON text already.
 */
export const httpEdge =
  <Request>(
    operation: string,
    shape: z.ZodMiniType<Request>,
    run: (call: HttpCall<Request>) => Promise<object | string>,
  ) =>
  async (event: HttpEvent): Promise<HttpAnswer> => {
    try {
      const answer = await run(decode(event, shape));
      return reply(200, typeof answer === 'string' ? answer : JSON.stringify(answer));
    } catch (fault) {
      if (fault instanceof Refusal) return refuse(fault);
      logDefect('operation.failed', fault, { operation });
      return reply(500, JSON.stringify({ code: 'internal', message: 'Something failed here.' }));
    }
  };

function decode<Request>(event: HttpEvent, shape: z.ZodMiniType<Request>): HttpCall<Request> {
  const { authorizer, timeEpoch } = event.requestContext;
  const identity = identify(authorizer.jwt.claims, header(event, TENANT_HEADER));
  const sessionId = header(event, SESSION_HEADER);
  if (sessionId !== undefined && !isSessionId(sessionId)) throw new Refusal('session-id-invalid');
  return {
    identity,
    ...(sessionId !== undefined && { origin: { userId: identity.userId, sessionId } }),
    path: event.pathParameters ?? {},
    request: decodeBody(event, shape),
    now: timeEpoch,
  };
}

/** HTTP APIs hand header names on in lower case. */
const header = ({ headers }: HttpEvent, name: string): string | undefined =>
  headers[name.toLowerCase()];

function decodeBody<Request>(event: HttpEvent, shape: z.ZodMiniType<Request>): Request {
  const { body, isBase64Encoded } = event;
  const text = isBase64Encoded ? Buffer.from(body ?? '', 'base64').toString() : (body ?? '{}');
  if (Buffer.byteLength(text) > FRAME_BYTES) throw new Refusal('too-large');
  if (isTooDeep(text)) throw new Refusal('malformed');
  const read = shape.safeParse(parse(text));
  if (!read.success) throw new Refusal('malformed', firstIssue(read.error));
  return read.data;
}

/** Which field is wrong; never its value. */
const firstIssue = ({ issues }: z.core.$ZodError): string | undefined => {
  const path = issues[0]?.path.join('.');
  return path ? `Look at "${path}".` : undefined;
};

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal('malformed');
  }
}

function refuse({ code, detail }: Refusal): HttpAnswer {
  const { status, message } = refusals[code];
  return reply(
    status,
    JSON.stringify({ code, message: detail ? `${message} ${detail}` : message }),
  );
}

const reply = (statusCode: number, body: string): HttpAnswer => ({
  statusCode,
  headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
  body,
});
