import type * as z from 'zod/mini';
import type { HttpFailure } from '../../contract/http.ts';
import { answering, type HttpAnswer, type HttpMessage, readBody } from './http-message.ts';

/** An HTTP API's event (payload 2.0) of a route without authorizer, as far as we read it. */
export interface AnonymousEvent extends HttpMessage {
  readonly requestContext: {
    readonly timeEpoch: number;
    /** By the gateway, from the connection itself: no header can pretend another one. */
    readonly http: { readonly sourceIp: string };
  };
}

export interface AnonymousCall<Request> {
  readonly request: Request;
  readonly address: string;
  readonly now: number;
}

/** The edge of the outlets that are open to everybody [S0-14]: decode, run, encode. */
export const anonymousEdge =
  <Request>(
    operation: string,
    shape: z.ZodMiniType<Request>,
    run: (call: AnonymousCall<Request>) => Promise<object>,
    tell?: (failure: HttpFailure) => object,
  ) =>
  (event: AnonymousEvent): Promise<HttpAnswer> => {
    const { timeEpoch: now, http } = event.requestContext;
    const call = async () => run({ request: readBody(event, shape), address: http.sourceIp, now });
    return answering(operation, call, { ...(tell && { tell }) });
  };
