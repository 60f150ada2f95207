import { SOCKET_MOST_SECONDS } from '../contract/limits.ts';
import type { Authenticated } from '../contract/protocol.ts';
import { authenticate, freshToken, type Identity } from './authenticate.ts';
import { backoffMs } from './backoff.ts';
import { type Connection, openConnection, type SocketClass, Unanswered } from './connection.ts';
import { cureOf } from './cure.ts';
import type { ClientEvents, Emitter } from './events.ts';
import type { State, WhyCode } from './state.ts';
import { createTimers } from './timers.ts';
import type { Topics } from './topics.ts';

/** Tells `online`, where somebody knows. */
export type Network = Partial<Pick<EventTarget, 'addEventListener' | 'removeEventListener'>>;

export interface LineOptions extends Identity {
  readonly url: string;
  readonly WebSocket: SocketClass;
  readonly network: Network;
  /** The last connection of the same session, where an earlier page left one. */
  readonly replaces: string | undefined;
}

interface Listeners extends Pick<Topics, 'arrived' | 'detach' | 'positions' | 'behind'> {
  readonly tell: Emitter<ClientEvents>['tell'];
  /** An authenticated connection is there, after there was none since then, or taking over from another one. */
  attached(on: Connection, reply: Authenticated, since: number | undefined): void;
}

export interface Line {
  readonly state: State;
  connect(): void;
  disconnect(): void;
  /** Gives the connection up for a new one. */
  again(code: WhyCode, reason: string): void;
}

/** Authenticates again in place so long before the token expires. */
const RENEW_BEFORE_MS = 60_000;
/** A connection that lasted so long counts as good: the next loss begins with a short wait. */
const GOOD_AFTER_MS = 10_000;
/** Before API Gateway closes the socket for its age, spread out, so that a crowd stays apart. */
const HAND_OVER_AFTER_MS = SOCKET_MOST_SECONDS * 1000 - 300_000;
const HAND_OVER_SPREAD_MS = 900_000;

/** One authenticated connection after another: kept through every loss, and replaced before its time is up. */
export function createLine(options: LineOptions, listeners: Listeners): Line {
  const { url, WebSocket: Socket, network } = options;
  const { tell } = listeners;
  let state: State = { name: 'idle', code: 'asked', reason: 'Not connected yet.' };
  let connection: Connection | undefined;
  /** On its way to become the connection. */
  let coming: Connection | undefined;
  /** The one that is coming has asked for the place of the one that is there, which may be closed by now. */
  let isReplacing = false;
  /** Counts tries, so that what belongs to an earlier one is recognized and dropped. */
  let current = 0;
  let losses = 0;
  let startedAt = 0;
  let { replaces } = options;
  const { later, clear } = createTimers();

  function move(next: State): void {
    state = next;
    tell('state', next);
  }

  /** Leaves whatever is under way; what comes of it later is ignored. */
  function leave(): void {
    current += 1;
    clear();
    listeners.detach();
    connection?.close();
    coming?.close();
    connection = coming = undefined;
  }

  function open(): void {
    leave();
    startedAt = performance.now();
    move({ name: 'connecting', code: 'asked', reason: 'Opening.' });
    void enter();
  }

  /** Brings a socket to be the connection, in place of the one that is there, which works until then. */
  async function enter(tries = 1): Promise<void> {
    const mine = current;
    try {
      await join(mine);
    } catch (failure) {
      if (mine !== current) return;
      coming?.close();
      coming = undefined;
      isReplacing = false;
      if (connection) later(backoffMs(tries), () => void enter(tries + 1));
      else giveWay(told(failure));
    }
  }

  async function join(mine: number): Promise<void> {
    const token = await freshToken(options);
    if (mine !== current) return;
    const on = openConnection(url, Socket, {
      notified: listeners.arrived,
      told: (frame) => tell(frame.type === 'refused' ? 'error' : frame.type, frame),
      lost: (reason) => on === connection && lost(reason),
      quiet: () => void check(on),
      wire: (frame) => tell('wire', frame),
    });
    coming = on;
    await on.opened;
    if (mine !== current) return;
    if (connection) isReplacing = true;
    else move({ name: 'authenticating', code: 'opened', reason: 'The socket is open.' });
    const reply = await authenticate(on, options, token, replaces);
    if (mine === current) welcome(on, reply);
  }

  function welcome(on: Connection, reply: Authenticated): void {
    const isHandover = isReplacing;
    clear();
    connection?.close();
    connection = on;
    coming = undefined;
    isReplacing = false;
    const { type, id, v, ...who } = reply;
    replaces = who.connectionId;
    renewBefore(on, reply);
    later(HAND_OVER_AFTER_MS - Math.random() * HAND_OVER_SPREAD_MS, () => void enter());
    later(GOOD_AFTER_MS, () => {
      losses = 0;
    });
    move({
      name: 'connected',
      code: isHandover ? 'handed-over' : 'welcome',
      reason: `A ${who.session} session.`,
      ...who,
    });
    // Whoever was told may have disconnected at once.
    if (on === connection) listeners.attached(on, reply, isHandover ? undefined : startedAt);
  }

  function renewBefore(on: Connection, { expiresAt }: Authenticated): void {
    const inMs = expiresAt * 1000 - Date.now() - RENEW_BEFORE_MS;
    // The socket has its own end before any later one.
    const atLast = Math.min(inMs, SOCKET_MOST_SECONDS * 1000);
    later(Math.max(atLast, RENEW_BEFORE_MS / 2), () => void renew(on));
  }

  async function renew(on: Connection, tries = 1): Promise<void> {
    try {
      const token = await freshToken(options);
      if (on !== connection) return;
      const reply = await authenticate(on, options, token);
      if (on === connection) renewBefore(on, reply);
    } catch (failure) {
      if (on !== connection) return;
      const trouble = told(failure);
      if (cureOf(trouble.code) === 'wait') {
        tell('error', trouble);
        later(backoffMs(tries), () => void renew(on, tries + 1));
      } else giveWay(trouble);
    }
  }

  /** Only when nothing else moves. The pongs also tell what was lost of quiet topics. */
  async function check(on: Connection): Promise<void> {
    try {
      const { behind = [] } = await on.request({ type: 'ping', positions: listeners.positions() });
      if (on === connection) listeners.behind(behind);
    } catch (failure) {
      const trouble = told(failure);
      if (on !== connection) return;
      if (cureOf(trouble.code) === 'new-socket') giveWay(trouble);
      else tell('error', trouble);
    }
  }

  function lost(reason: string): void {
    connection = undefined;
    if (isReplacing) listeners.detach();
    else again('socket-lost', reason);
  }

  function giveWay(trouble: Unanswered): void {
    const { code, message } = trouble;
    if (cureOf(code) === 'none') {
      tell('error', trouble);
      end({ name: 'failed', code, reason: message });
    } else again(code, message);
  }

  function again(code: WhyCode, reason: string): void {
    losses += 1;
    leave();
    const inMs = backoffMs(losses);
    later(inMs, open);
    move({ name: 'reconnecting', code, reason, attempt: losses, inMs });
  }

  function end(last: State): void {
    leave();
    network.removeEventListener?.('online', online);
    losses = 0;
    move(last);
  }

  function online(): void {
    if (state.name === 'reconnecting') open();
    // The socket may have been left behind on another network.
    else if (connection) void check(connection);
  }

  return {
    get state() {
      return state;
    },
    connect() {
      network.addEventListener?.('online', online);
      if (!['connecting', 'authenticating', 'connected'].includes(state.name)) open();
    },
    disconnect: () => end({ name: 'closed', code: 'asked', reason: 'Disconnected.' }),
    again,
  };
}

/** Everything else is a fault of ours. */
function told(failure: unknown): Unanswered {
  if (failure instanceof Unanswered) return failure;
  throw failure;
}
