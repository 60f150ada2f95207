import type * as z from 'zod/mini';
import { IDEMPOTENCY_HEADER, SESSION_HEADER, TENANT_HEADER } from '../../contract/http.ts';
import { isNotificationId, isSessionId } from '../../contract/names.ts';
import { Refusal } from '../../contract/refusals.ts';
import type { Origin } from '../../contract/tables.ts';
import { type Identity, identify } from '../../rules/identity.ts';
import {
  answering,
  type HttpAnswer,
  type HttpMessage,
  header,
  readBody,
  type Wording,
} from './http-message.ts';
import { readShape } from './read-shape.ts';

/** An HTTP API's event (payload 2.0) behind a JWT authorizer, as far as we read it. */
export interface HttpEvent extends HttpMessage {
  readonly pathParameters?: Readonly<Record<string, string | undefined>>;
  readonly queryStringParameters?: Readonly<Record<string, string | undefined>>;
  readonly requestContext: {
    readonly http: { readonly method: string };
    readonly timeEpoch: number;
    readonly authorizer: { readonly jwt: { readonly claims: Readonly<Record<string, unknown>> } };
  };
}

export interface HttpCall<Request> {
  /** Verified by the API's authorizer. */
  readonly identity: Identity;
  /** The calling session [S1-06], present only when the header names one. */
  readonly origin?: Origin;
  /** What the caller calls this call, present only when the header names it. */
  readonly idempotencyKey?: string;
  readonly path: Readonly<Record<string, string | undefined>>;
  readonly request: Request;
  readonly now: number;
}

/** The edge of HTTP operations for users: decode, run, encode. */
export const httpEdge =
  <Request, Answer extends object | string>(
    operation: string,
    shape: z.ZodMiniType<Request>,
    run: (call: HttpCall<Request>) => Promise<Answer>,
    { bodyBytes, ...wording }: HttpEdgeOptions<Answer> = {},
  ) =>
  (event: HttpEvent): Promise<HttpAnswer> =>
    answering(operation, async () => run(decode(event, shape, bodyBytes)), wording);

export interface HttpEdgeOptions<Answer> extends Pick<Wording<Answer>, 'statusOf'> {
  /** A larger body is refused. @default FRAME_BYTES */
  readonly bodyBytes?: number;
}

function decode<Request>(
  event: HttpEvent,
  shape: z.ZodMiniType<Request>,
  bodyBytes?: number,
): HttpCall<Request> {
  const { authorizer, timeEpoch } = event.requestContext;
  const identity = identify(authorizer.jwt.claims, header(event, TENANT_HEADER));
  const sessionId = header(event, SESSION_HEADER);
  if (sessionId !== undefined && !isSessionId(sessionId)) throw new Refusal('session-id-invalid');
  const idempotencyKey = header(event, IDEMPOTENCY_HEADER);
  if (idempotencyKey !== undefined && !isNotificationId(idempotencyKey)) {
    throw new Refusal('malformed', `Look at the header "${IDEMPOTENCY_HEADER}".`);
  }
  return {
    identity,
    ...(sessionId !== undefined && { origin: { userId: identity.userId, sessionId } }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
    path: event.pathParameters ?? {},
    request: read(event, shape, bodyBytes),
    now: timeEpoch,
  };
}

/** What a GET asks for stands in its query. */
const read = <Request>(
  event: HttpEvent,
  shape: z.ZodMiniType<Request>,
  bodyBytes?: number,
): Request =>
  event.requestContext.http.method === 'GET'
    ? readShape(event.queryStringParameters ?? {}, shape)
    : readBody(event, shape, bodyBytes);
