import type { PROTOCOL_VERSION, Refused } from '../contract/protocol.ts';
import { backoffMs } from './backoff.ts';
import {
  type Connection,
  openConnection,
  type SocketClass,
  Unanswered,
  type WireFrame,
} from './connection.ts';
import { cureOf } from './cure.ts';
import type { Received } from './inbox.ts';
import type { State, WhyCode } from './state.ts';
import { createTopics, type Recovery } from './topics.ts';

export interface ClientOptions {
  /** The output `WebSocketUrl`. */
  readonly url: string;
  /** An access token that is valid now; asked before each connection and before the last one expires. */
  readonly getToken: () => string | Promise<string>;
  /**
   * Names this client instance, and survives reconnects. Give the same to your HTTP calls (header
   * `SessionId`), and what they cause is not sent back here.
   * @default a random one
   */
  readonly sessionId?: string;
  /** @default the platform's own */
  readonly WebSocket?: SocketClass;
}

export interface ClientEvents {
  state: State;
  /**
   * Every message on this topic that is committed from now on will arrive: what is read now, and
   * changed by what arrives, misses nothing.
   */
  subscribed: { readonly topic: string };
  refused: Refused;
  recovered: Recovery & { readonly ms: number };
  wire: WireFrame;
}

export interface Client<Topics> {
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
  ): { unsubscribe(): void };
  /** The function that is returned ends it. */
  on<Name extends keyof ClientEvents>(
    name: Name,
    listener: (event: ClientEvents[Name]) => void,
  ): () => void;
}

/** Authenticates again in place so long before the token expires. */
const RENEW_BEFORE_MS = 60_000;
/** A connection that lasted so long counts as good: the next loss begins with a short wait. */
const GOOD_AFTER_MS = 10_000;

/** One session with Switchboard, kept through every loss of its socket. */
export function createClient<Topics = Record<string, unknown>>(
  options: ClientOptions,
): Client<Topics> {
  const { url, getToken, sessionId = crypto.randomUUID(), WebSocket: Socket = WebSocket } = options;
  const listeners: { [Name in keyof ClientEvents]: Set<(event: ClientEvents[Name]) => void> } = {
    state: new Set(),
    subscribed: new Set(),
    refused: new Set(),
    recovered: new Set(),
    wire: new Set(),
  };
  let state: State = { name: 'idle', code: 'asked', reason: 'Not connected yet.' };
  let connection: Connection | undefined;
  /** Counts tries, so that what belongs to an earlier one is recognized and dropped. */
  let current = 0;
  let losses = 0;
  let startedAt = 0;
  let connectedAt = 0;
  let replaces: string | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const topics = createTopics({
    subscribed: (topic) => tell('subscribed', { topic }),
    refused: (frame) => tell('refused', frame),
    recovered: (recovery) => tell('recovered', { ...recovery, ms: performance.now() - startedAt }),
    useless: (failure) => again(failure.code, failure.message),
  });

  function tell<Name extends keyof ClientEvents>(name: Name, event: ClientEvents[Name]): void {
    for (const listener of listeners[name]) listener(event);
  }

  function move(next: State): void {
    state = next;
    tell('state', next);
  }

  /** Leaves whatever is under way; what comes of it later is ignored. */
  function leave(): number {
    clearTimeout(timer);
    topics.detach();
    connection?.close();
    connection = undefined;
    return ++current;
  }

  async function open(): Promise<void> {
    const mine = leave();
    startedAt = performance.now();
    move({ name: 'connecting', code: 'asked', reason: 'Opening a socket.' });
    const token = await freshToken(mine);
    if (token === undefined) return;
    const opening = openConnection(url, Socket, {
      opened: () => void authenticate(opening, mine, token),
      notified: topics.arrived,
      refused: (frame) => tell('refused', frame),
      lost: (reason) => again('socket-lost', reason),
      wire: (frame) => tell('wire', frame),
    });
    connection = opening;
  }

  /** Undefined when there is none, or when somebody else has gone on in the meantime. */
  async function freshToken(mine: number): Promise<string | undefined> {
    try {
      const token = await getToken();
      return mine === current ? token : undefined;
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'There is no token.';
      if (mine === current) again('no-token', reason);
      return undefined;
    }
  }

  async function authenticate(on: Connection, mine: number, token: string): Promise<void> {
    const renewing = state.name === 'connected';
    if (!renewing) move({ name: 'authenticating', code: 'opened', reason: 'The socket is open.' });
    try {
      const version: typeof PROTOCOL_VERSION = 1;
      const instead = replaces && !renewing ? { replaces } : {};
      const reply = await on.request({
        action: 'authenticate',
        v: version,
        token,
        sessionId,
        ...instead,
      });
      replaces = reply.connectionId;
      const renewInMs = reply.expiresAt * 1000 - Date.now() - RENEW_BEFORE_MS;
      timer = setTimeout(() => void renew(on, mine), Math.max(renewInMs, RENEW_BEFORE_MS / 2));
      if (renewing) return;
      connectedAt = performance.now();
      const { connectionId, userId, session } = reply;
      const reason = session === 'new' ? 'A new session.' : 'The session goes on.';
      move({
        name: 'connected',
        code: 'welcome',
        reason,
        connectionId,
        userId,
        sessionId,
        session,
      });
      // Whoever was told may have disconnected at once.
      if (mine === current) topics.attach(on, session === 'resumed');
    } catch (failure) {
      if (!(failure instanceof Unanswered)) throw failure;
      if (mine !== current) return;
      if (failure.refused) tell('refused', failure.refused);
      if (cureOf(failure.code) !== 'none') return again(failure.code, failure.message);
      leave();
      move({ name: 'failed', code: failure.code, reason: failure.message });
    }
  }

  async function renew(on: Connection, mine: number): Promise<void> {
    const token = await freshToken(mine);
    if (token !== undefined) await authenticate(on, mine, token);
  }

  function again(code: WhyCode, reason: string): void {
    const wasGood = state.name === 'connected' && performance.now() - connectedAt > GOOD_AFTER_MS;
    losses = wasGood ? 1 : losses + 1;
    leave();
    const inMs = backoffMs(losses);
    timer = setTimeout(() => void open(), inMs);
    move({ name: 'reconnecting', code, reason, attempt: losses, inMs });
  }

  return {
    sessionId,
    get state() {
      return state;
    },
    connect() {
      const busy = ['connecting', 'authenticating', 'connected'].includes(state.name);
      if (!busy) void open();
    },
    disconnect() {
      leave();
      losses = 0;
      move({ name: 'closed', code: 'asked', reason: 'Disconnected.' });
    },
    subscribe(topic, handler) {
      // What comes over the wire is taken for what the application's own map of topics says.
      const listener = (message: Received) =>
        handler(message.payload as Topics[typeof topic], message);
      topics.add(topic, listener);
      return { unsubscribe: () => topics.remove(topic, listener) };
    },
    on(name, listener) {
      listeners[name].add(listener);
      return () => listeners[name].delete(listener);
    },
  };
}
