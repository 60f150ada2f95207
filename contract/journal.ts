/**
 * What functions log of the life of connections and sessions, one JSON line a fact: ids and positions, never
 * content. `get_session_timeline` tells it again, in order, from the log. A line costs a sixth of what a row
 * in a table would.
 */

import type { BusEvent, LifecycleType } from './events.ts';
import type { Cursor } from './protocol.ts';
import type { SessionName } from './tables.ts';

interface OfConnection {
  readonly connectionId: string;
}

export interface Journal {
  /** A socket was admitted. */
  readonly 'connection.opened': OfConnection;
  /** A token was accepted on it. */
  readonly 'session.bound': SessionName & OfConnection & { readonly session: 'new' | 'resumed' };
  readonly 'session.subscribed': SessionName &
    OfConnection & { readonly topics: readonly string[] };
  readonly 'session.unsubscribed': SessionName &
    OfConnection & { readonly topics: readonly string[] };
  /** The client said how far it has got: with a ping, or as it asked for what it missed. */
  readonly 'session.acknowledged': SessionName &
    OfConnection & { readonly positions: readonly Pick<Cursor, 'topic' | 'seq'>[] };
  /** Messages of one topic were posted to whoever subscribed. */
  readonly 'topic.delivered': {
    readonly tenant: string;
    readonly topic: string;
    readonly from: number;
    readonly upTo: number;
  };
  /** A post that did not arrive: `gone` is the gateway's 410. What it was about is named by what there is. */
  readonly 'delivery.failed': OfConnection & Partial<SessionName> & FailedPost;
  readonly 'connection.left': OfConnection & Partial<SessionName>;
  readonly 'session.ended': SessionName;
  /** The bus, or the queue of what it does not take, has a lifecycle event. */
  readonly 'event.told': SessionName & {
    readonly type: LifecycleType | BusEvent['type'];
    readonly eventId: string;
    readonly version: number;
  };
  /** A queue's message that its function failed on: logged as a defect, with its cause. */
  readonly 'message.failed': {
    readonly queue: string;
    readonly messageId: string;
    readonly cause: { readonly name?: string; readonly message: string };
  };
}

/** What was not delivered: messages of a topic by their numbers, a direct message, or a broadcast. */
export interface FailedPost {
  readonly outcome: string;
  readonly topic?: string;
  readonly from?: number;
  readonly upTo?: number;
  readonly message?: string;
  readonly broadcast?: string;
}

export type Fact = keyof Journal;

/** One noted fact, as it is read back. */
export interface JournalLine {
  /** ISO. */
  readonly at: string;
  readonly fact: Fact;
  readonly [about: string]: unknown;
}

/** All of them, for whoever wants to follow everything. */
export const facts = [
  'connection.opened',
  'session.bound',
  'session.subscribed',
  'session.unsubscribed',
  'session.acknowledged',
  'topic.delivered',
  'delivery.failed',
  'connection.left',
  'session.ended',
  'event.told',
  'message.failed',
] as const satisfies readonly Fact[];
