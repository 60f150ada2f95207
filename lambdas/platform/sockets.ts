import type { FunctionName, functions, SocketCall } from '../../contract/functions.ts';
import { POST_BACKOFF_MS, POST_DEADLINE_MS, POST_TRIES } from '../../contract/limits.ts';
import { clock } from './clock.ts';
import { credentials, region, socketsEndpoint } from './environment.ts';
import { openSender, type SocketOutcome } from './sender/sender.ts';

export type { SocketOutcome } from './sender/sender.ts';

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
  const endpoint = socketsEndpoint();
  const { post } = openSender({ endpoint, region: region(), credentials: credentials() });
  const management = openManagement(endpoint);

  const sockets: AllSockets = {
    post,
    delete: (ConnectionId) =>
      ask(async (options) => {
        const { client, DeleteConnectionCommand } = await management();
        await client.send(new DeleteConnectionCommand({ ConnectionId }), options);
      }),
    get: (ConnectionId) =>
      ask(async (options) => {
        const { client, GetConnectionCommand } = await management();
        await client.send(new GetConnectionCommand({ ConnectionId }), options);
      }),
  };
  return sockets;
}

/** The SDK's client, for what is rare: loaded when it is first needed, and not at every cold start. */
function openManagement(endpoint: string) {
  const load = async () => {
    const sdk = await import('@aws-sdk/client-apigatewaymanagementapi');
    return { ...sdk, client: new sdk.ApiGatewayManagementApiClient({ endpoint, maxAttempts: 1 }) };
  };
  let loading: ReturnType<typeof load> | undefined;
  return () => (loading ??= load());
}

async function ask(
  send: (options: { abortSignal: AbortSignal }) => Promise<unknown>,
): Promise<SocketOutcome> {
  for (let tried = 1; ; tried += 1) {
    try {
      await send({ abortSignal: AbortSignal.timeout(POST_DEADLINE_MS) });
      return 'done';
    } catch (fault) {
      if (isGone(fault)) return 'gone';
      if (tried === POST_TRIES || !isWorthAnotherTry(fault)) return 'failed';
      await clock.pause(POST_BACKOFF_MS * 2 ** tried * Math.random());
    }
  }
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
