import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  GetConnectionCommand,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import type { FunctionName, functions, SocketCall } from '../../contract/functions.ts';
import { POST_DEADLINE_MS, POST_TRIES } from '../../contract/limits.ts';
import { socketsEndpoint } from './environment.ts';

/** `gone`: no such socket any more. `failed`: every try failed or took too long; it may still be open. */
export type SocketOutcome = 'done' | 'gone' | 'failed';

interface AllSockets {
  /** Hands one frame to a socket. `done` means that the gateway took it. */
  post(connectionId: string, frame: string): Promise<SocketOutcome>;
  /** Closes a socket. `gone` is as good as `done`, except while its `$connect` still runs. */
  delete(connectionId: string): Promise<SocketOutcome>;
  /** Asks whether a socket is open. */
  get(connectionId: string): Promise<SocketOutcome>;
}

export type Sockets<Calls extends SocketCall> = Pick<AllSockets, Calls>;
type Declared<Name extends FunctionName> = (typeof functions)[Name] extends {
  sockets: readonly (infer Call extends SocketCall)[];
}
  ? Call
  : never;

/** The calls on sockets that this function was granted. */
export function openSockets<Name extends FunctionName>(_: Name): Sockets<Declared<Name>> {
  const client = new ApiGatewayManagementApiClient({
    endpoint: socketsEndpoint(),
    maxAttempts: 1,
    requestHandler: { httpsAgent: { maxSockets: 128 }, httpAgent: { maxSockets: 128 } },
  });

  const ask = async (
    send: (options: { abortSignal: AbortSignal }) => Promise<unknown>,
  ): Promise<SocketOutcome> => {
    for (let tried = 1; ; tried += 1) {
      try {
        await send({ abortSignal: AbortSignal.timeout(POST_DEADLINE_MS) });
        return 'done';
      } catch (fault) {
        if (isGone(fault)) return 'gone';
        if (tried === POST_TRIES || !isWorthAnotherTry(fault)) return 'failed';
        await new Promise((resume) => setTimeout(resume, 50 * 2 ** tried * Math.random()));
      }
    }
  };

  const sockets: AllSockets = {
    post: (ConnectionId, frame) =>
      ask((options) =>
        client.send(new PostToConnectionCommand({ ConnectionId, Data: frame }), options),
      ),
    delete: (ConnectionId) =>
      ask((options) => client.send(new DeleteConnectionCommand({ ConnectionId }), options)),
    get: (ConnectionId) =>
      ask((options) => client.send(new GetConnectionCommand({ ConnectionId }), options)),
  };
  return sockets;
}

/** A 410 that lost its error header arrives under the name `Unknown`, so the status is asked too. */
const isGone = (fault: unknown): boolean =>
  nameOf(fault) === 'GoneException' || statusOf(fault) === 410;

/** Our own mistakes (400, 403, 413) stay mistakes however often they are repeated. */
const isWorthAnotherTry = (fault: unknown): boolean => {
  const status = statusOf(fault);
  return status === undefined || status === 429 || status >= 500;
};

const nameOf = (fault: unknown): string | undefined =>
  fault instanceof Error ? fault.name : undefined;
const statusOf = (fault: unknown): number | undefined =>
  (fault as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
