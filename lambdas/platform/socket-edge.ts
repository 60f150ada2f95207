import type { Signer } from '../../rules/admission.ts';
import { type Caller, callerOf } from './callers.ts';
import { logDefect } from './log.ts';
import { measure } from './metrics.ts';

/** What every event of a WebSocket route brings, as far as we read it. */
export interface SocketEvent {
  readonly requestContext: {
    readonly connectionId: string;
    readonly requestTimeEpoch: number;
    /** By the gateway, from the connection itself. */
    readonly identity: Signer & { readonly sourceIp: string };
    /** What the API's authorizer handed on, where there is one. */
    readonly authorizer?: Readonly<Record<string, unknown>>;
  };
  /** Of the handshake only, in the client's own spelling. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly queryStringParameters?: Readonly<Record<string, string | undefined>>;
  readonly body?: string | null;
}

export interface SocketAnswer {
  readonly statusCode: number;
  /** Of the handshake; API Gateway hands on the sub-protocol alone. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface SocketCallerFacts {
  readonly connectionId: string;
  /** Milliseconds since the epoch, by the gateway's clock. */
  readonly now: number;
  readonly body: string;
  readonly caller: Caller;
  /** At the door `iam`, whoever signed the handshake. */
  readonly signer: Signer;
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly authorizer: Readonly<Record<string, unknown>>;
}

/**
 * The edge of the WebSocket routes: a defect is logged here once and rethrown, so that the gateway
 * answers in its own words and nothing of the inside reaches the outside.
 */
export const socketEdge =
  (route: string, run: (facts: SocketCallerFacts) => Promise<SocketAnswer>) =>
  async ({
    requestContext,
    headers,
    queryStringParameters: query = {},
    body,
  }: SocketEvent): Promise<SocketAnswer> => {
    const { connectionId, requestTimeEpoch: now, identity, authorizer = {} } = requestContext;
    try {
      const caller = callerOf(identity.sourceIp, headers);
      return await run({
        connectionId,
        now,
        body: body ?? '',
        caller,
        signer: identity,
        query,
        authorizer,
      });
    } catch (fault) {
      measure({ ConnectionErrors: 1 });
      logDefect('route.failed', fault, { route, connectionId });
      throw fault;
    }
  };
