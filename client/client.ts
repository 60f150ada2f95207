import type { Subscriber } from './audience.ts';
import type { SocketClass } from './connection.ts';
import { type ClientEvents, createEmitter, type Emitter } from './events.ts';
import type { Received } from './inbox.ts';
import { createLine, type Network } from './line.ts';
import type { Memory } from './memory.ts';
import { createFetcher } from './references.ts';
import type { State } from './state.ts';
import { createTopics } from './topics.ts';

export interface ClientOptions {
  /** The output `WebSocketUrl`. */
  readonly url: string;
  /** An access token that is valid now; asked before each connection and before the last one expires. */
  readonly getToken: () => string | Promise<string>;
  /**
   * Names this client instance, and survives reconnects. Give the same to your HTTP calls (header
   * `SessionId`), and what they cause is not sent back here.
   * @default the one that the memory has, or a random one
   */
  readonly sessionId?: string;
  /** Needed only by a user of several tenants. */
  readonly tenant?: string;
  /**
   * Lets the next page go on where this one was: `openMemory(sessionStorage)`.
   * @default a page begins anew
   */
  readonly memory?: Memory;
  /** @default the platform's own */
  readonly WebSocket?: SocketClass;
  /** Follows messages that are too large for a frame. @default the platform's own */
  readonly fetch?: typeof fetch;
  /** Tells `online`, which makes the next try come now. @default the window, where there is one */
  readonly network?: Network;
}

export interface Subscription {
  /** Nothing is handed on from here on. */
  unsubscribe(): void;
}

export interface Client<Topics> extends Pick<Emitter<ClientEvents>, 'on'> {
  readonly sessionId: string;
  readonly state: State;
  /** Harmless when connected; while reconnecting, it makes the next try come now. */
  connect(): void;
  /** Ends the session's connection; subscriptions stay, and another `connect()` takes them up again. */
  disconnect(): void;
  /** In sequence, each message once, whether the client is connected yet or not. */
  subscribe<Topic extends keyof Topics & string>(
    topic: Topic,
    handler: (payload: Topics[Topic], message: Received) => void,
    more?: Pick<Subscriber, 'load'>,
  ): Subscription;
}

/** One session with Switchboard, kept through every loss of its socket. */
export function createClient<Topics = Record<string, unknown>>(
  options: ClientOptions,
): Client<Topics> {
  const { memory, sessionId = memory?.sessionId ?? crypto.randomUUID() } = options;
  const { on, tell } = createEmitter<ClientEvents>();
  let { owner } = memory ?? {};

  const topics = createTopics({
    memory,
    tell,
    fetch: createFetcher({
      ...options,
      fetch: options.fetch ?? globalThis.fetch,
      gone: ({ topic }) => tell('gap', { topic, recovered: false, reason: 'expired' }),
    }),
    useless: ({ code, message }) => line.again(code, message),
  });

  const line = createLine(
    {
      ...options,
      sessionId,
      WebSocket: options.WebSocket ?? globalThis.WebSocket,
      network: options.network ?? globalThis,
      replaces: sessionId === memory?.sessionId ? memory.connectionId : undefined,
    },
    {
      ...topics,
      tell,
      attached(connection, { userId, tenant, connectionId, session }, since) {
        const user = `${tenant}/${userId}`;
        memory?.connected(user, sessionId, connectionId);
        if (owner && owner !== user) topics.forget();
        owner = user;
        topics.attach(connection, session === 'resumed', since);
      },
    },
  );

  return {
    sessionId,
    get state() {
      return line.state;
    },
    connect: line.connect,
    disconnect() {
      line.disconnect();
      memory?.left();
    },
    subscribe(topic, handler, { load } = {}) {
      const subscriber: Subscriber = {
        // What comes over the wire is taken for what the application's own map of topics says.
        handler: (message) => handler(message.payload as Topics[typeof topic], message),
        load,
      };
      topics.add(topic, subscriber);
      return { unsubscribe: () => topics.remove(topic, subscriber) };
    },
    on,
  };
}
