import { createServer, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { WebSocket } from 'ws';
import type { StageContext } from '../service.ts';
import { createAcceptor, refuse } from './acceptor.ts';
import type { WebSocketApi } from './api-definition.ts';
import { type Close, CUT_OFF, GOING_AWAY } from './closes.ts';
import { type Connection, openConnection } from './connection.ts';
import { newId } from './connection-ids.ts';
import { createConnectionsApi } from './connections-api.ts';
import { type Client, disconnectEvent } from './events.ts';
import { type Door, decideHandshake } from './handshake.ts';
import { answerRequests } from './http-requests.ts';
import { CLOSING_MS, STOP_MS } from './limits.ts';
import { routeMessage } from './messages.ts';
import { callRoute } from './routes.ts';
import { createThrottle } from './throttle.ts';

/** One WebSocket API at its own port: its sockets, and the `@connections` API that posts to them. */
export interface Gateway {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Cuts the TCP connection, with no close frame; false when there is no such connection. */
  cut(connectionId: string): boolean;
  sockets(): Sockets;
}

/** Which sockets there are, and which there lately were; times in ms by the stage's clock. */
export interface Sockets {
  /** Of earlier sockets nothing is known but that they ended before. */
  readonly since: number;
  readonly open: readonly { readonly connectionId: string; readonly openedAt: number }[];
  readonly ended: readonly { readonly connectionId: string; readonly endedAt: number }[];
}

/** So many ends of sockets are remembered. */
const ENDS_KEPT = 10_000;

/** Many clients come at once when a stage starts again. */
const BACKLOG = 4_096;
const KEEP_ALIVE_MS = 75_000;

export function createGateway(context: StageContext, api: WebSocketApi, port: number): Gateway {
  const { region, account, clock } = context;
  const door: Door = {
    api,
    apiArn: `arn:aws:execute-api:${region}:${account}:${api.id}`,
    throttles: new Map(
      [...api.stages.values()].flatMap(({ name, throttle }) =>
        throttle ? [[name, createThrottle(clock, throttle.perSecond, throttle.burst)]] : [],
      ),
    ),
  };
  const connections = new Map<string, Connection>();
  const ends = new Map<string, number>();
  const since = clock.now();
  /** From the open socket to the end of its `$disconnect`. */
  const lives = new Set<Promise<void>>();
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS });
  const tcpSockets = new Set<Socket>();
  const accept = createAcceptor();

  const defect = (error: unknown) => context.warn(`${api.path} failed inside the stage: ${error}`);
  const admit = async (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Until `ws` listens, a reset by the client has to find somebody.
    socket.on('error', () => {});
    const at = clock.now();
    const startedAt = performance.now();
    const decision = await decideHandshake(context, door, request);
    context.trace.record({
      at,
      durationMs: performance.now() - startedAt,
      kind: 'socket',
      by: decision.client?.connectionId ?? 'client',
      what: '$connect',
      on: api.logicalId,
      outcome: decision.client ? '101' : `${decision.status} ${decision.why}`,
    });
    if (!decision.client) return refuse(socket, decision.status);
    const ws = accept(request, socket, head, decision.protocol);
    const ended = ws ? open(ws, socket, decision.client) : Promise.resolve(CUT_OFF);
    const life = ended.then((why) => {
      noteEnd(decision.client.connectionId);
      return disconnect(context, door, decision.client, why);
    });
    lives.add(life);
    void life.then(() => lives.delete(life));
  };

  const noteEnd = (connectionId: string) => {
    ends.set(connectionId, clock.now());
    const [first = ''] = ends.keys();
    if (ends.size > ENDS_KEPT) ends.delete(first);
  };

  /** Why the connection ended, once it has. */
  const open = (ws: WebSocket, socket: Duplex, client: Client): Promise<Close> => {
    const { promise, resolve } = Promise.withResolvers<Close>();
    const connection = openConnection(
      { ws, socket, client, clock },
      {
        onMessage: (text) => {
          routeMessage(context, door, connection, text).catch(defect);
        },
        onClosing: () => connections.delete(client.connectionId),
        onEnd: resolve,
        onSent: (bytes) =>
          context.trace.record({
            at: clock.now(),
            kind: 'frame',
            by: 'gateway',
            what: 'sent',
            on: client.connectionId,
            outcome: 'ok',
            detail: { bytes },
          }),
      },
    );
    connections.set(client.connectionId, connection);
    return promise;
  };

  server.on('connection', (socket) => {
    tcpSockets.add(socket);
    socket.once('close', () => tcpSockets.delete(socket));
  });
  server.on('upgrade', (request, socket, head) => {
    admit(request, socket, head).catch((error) => {
      defect(error);
      refuse(socket, 500);
    });
  });
  const connectionsApi = createConnectionsApi(context, door, connections);
  server.on('request', answerRequests(context, api, connectionsApi));

  return {
    async start() {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      server.once('error', (error: NodeJS.ErrnoException) => {
        const isTaken = error.code === 'EADDRINUSE';
        const words = `Port ${port} is taken: stop what listens there, or choose another with --port.`;
        reject(isTaken ? new Error(words) : error);
      });
      server.listen({ port, host: '127.0.0.1', backlog: BACKLOG }, resolve);
      await promise;
    },
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const connection of connections.values()) connection.close(GOING_AWAY);
      await within(CLOSING_MS, closed);
      for (const socket of tcpSockets) socket.destroy();
      await closed;
      await within(STOP_MS, Promise.all(lives));
    },
    cut(connectionId) {
      const connection = connections.get(connectionId);
      connection?.cut();
      return connection !== undefined;
    },
    sockets: () => ({
      since,
      open: [...connections.values()].map(({ client }) => ({
        connectionId: client.connectionId,
        openedAt: client.connectedAt,
      })),
      ended: [...ends].map(([connectionId, endedAt]) => ({ connectionId, endedAt })),
    }),
  };
}

/** `$disconnect` runs after the end, once, and whatever comes of it is nobody's concern. */
async function disconnect(
  context: StageContext,
  door: Door,
  client: Client,
  why: Close,
): Promise<void> {
  const { clock, trace } = context;
  trace.record({
    at: clock.now(),
    kind: 'socket',
    by: client.connectionId,
    what: 'close',
    on: door.api.logicalId,
    // Without the reason, which may be the client's own words.
    outcome: String(why.code),
  });
  const route = door.api.routes.get('$disconnect');
  if (!route) return;
  const event = disconnectEvent(client, why, { requestId: newId(), now: clock.now() });
  await callRoute(context, door, client, route, event);
}

/** Waits for the promise, but no longer than that. */
async function within(ms: number, promise: Promise<unknown>): Promise<void> {
  const done = new AbortController();
  const limit = delay(ms, undefined, { signal: done.signal }).catch(() => {});
  await Promise.race([promise, limit]);
  done.abort();
}
