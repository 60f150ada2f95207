/**
 * The wire: every message between a client and Switchboard, with its direction.
 *
 * A frame with `action` is protocol and is answered or refused. Every other frame follows the
 * documents [S4-02]: `ping` is answered by `pong`, anything else by `ack`. PROTOCOL.md is the prose to this file.
 */

import * as z from 'zod/mini';
import {
  ACCEPTED_CHARACTERS,
  ACCEPTED_MOST,
  MESSAGE_ID_CHARACTERS,
  TENANT_CHARACTERS,
  TOKEN_CHARACTERS,
  TOPICS_PER_REQUEST,
} from './limits.ts';
import { isConnectionId } from './names.ts';
import type { RefusalCode } from './refusals.ts';

export const PROTOCOL_VERSION = 1;

const messageId = z.optional(z.string().check(z.maxLength(MESSAGE_ID_CHARACTERS)));
const sequence = z.number().check(z.int(), z.minimum(0), z.maximum(Number.MAX_SAFE_INTEGER));

/**
 * How far a client has got on one topic. `epoch` is null only for a topic that had no message yet
 * when it was subscribed, with `seq` 0.
 */
export const cursor = z.object({
  topic: z.string(),
  epoch: z.nullable(z.string().check(z.maxLength(64))),
  seq: sequence,
});
export type Cursor = z.infer<typeof cursor>;

const cursors = z.array(cursor).check(z.maxLength(TOPICS_PER_REQUEST));
const topics = z.array(z.string()).check(z.minLength(1), z.maxLength(TOPICS_PER_REQUEST));

/** What a client may say that it understands: messages by reference, and several frames in one. */
export const acceptable = ['references', 'packs'] as const;
export type Accepted = (typeof acceptable)[number];

/** client → Switchboard. Makes this connection one of the user's session; may be repeated. */
export const authenticate = z.object({
  action: z.literal('authenticate'),
  id: messageId,
  v: z.optional(z.number()),
  token: z.string().check(z.maxLength(TOKEN_CHARACTERS)),
  sessionId: z.string(),
  /** Needed only by a user of several tenants. */
  tenant: z.optional(z.string().check(z.maxLength(TENANT_CHARACTERS))),
  /** A connection of the same session that this one takes the place of: it is closed before the reply. */
  replaces: z.optional(z.string().check(z.refine(isConnectionId))),
  /** Of {@link Accepted}; unknown ones are ignored. Without it, neither is sent on this connection. */
  accepts: z.optional(
    z.array(z.string().check(z.maxLength(ACCEPTED_CHARACTERS))).check(z.maxLength(ACCEPTED_MOST)),
  ),
});

/** What a client offers beside the sub-protocol at the door of that name, as JSON in URL-safe base64: `authenticate`, but for the frame. */
export const subProtocolOffer = z.omit(authenticate, { action: true, id: true, v: true });

/** client → Switchboard. After the reply, every message on these topics arrives [G6]. */
export const subscribe = z.object({
  action: z.literal('subscribe'),
  id: messageId,
  topics,
  /** With them, the reply also brings what was missed since, as `readNotifications` would. */
  cursors: z.optional(cursors),
});

/** client → Switchboard. */
export const unsubscribe = z.object({ action: z.literal('unsubscribe'), id: messageId, topics });

/** client → Switchboard, and the body of `POST /readNotifications`. */
export const readNotifications = z.object({
  action: z.literal('readNotifications'),
  id: messageId,
  cursors: cursors.check(z.minLength(1)),
  /** The most messages to answer with; the rest is told by `more`. */
  limit: z.optional(sequence.check(z.minimum(1))),
});

export const clientMessages = { authenticate, subscribe, unsubscribe, readNotifications } as const;
export type Action = keyof typeof clientMessages;
export type ClientMessage = { [Name in Action]: z.infer<(typeof clientMessages)[Name]> }[Action];
export type MessageOf<Name extends Action> = z.infer<(typeof clientMessages)[Name]>;

/** client → Switchboard [S4-02]. With `positions`, the pong says which of them are behind. */
export const ping = z.object({
  type: z.literal('ping'),
  id: messageId,
  positions: z.optional(cursors),
});
export type Ping = z.infer<typeof ping>;

// ── Switchboard → client ───────────────────────────────────────────────────────────────────────

/** The reply to `authenticate`. */
export interface Authenticated {
  readonly type: 'authenticated';
  readonly id?: string;
  readonly v: typeof PROTOCOL_VERSION;
  readonly connectionId: string;
  readonly userId: string;
  readonly tenant: string;
  readonly sessionId: string;
  /** `resumed`: the session was there, and its subscriptions are active on this connection now. */
  readonly session: 'new' | 'resumed';
  /** Seconds since the epoch: authenticate again in place before then. */
  readonly expiresAt: number;
  /** What became of an earlier connection of this session, told once here. */
  readonly notice?: Notice;
}

/** A connection of this user could not be served and was closed [S3-06]. What it missed, resume brings. */
export interface Notice {
  readonly code: 'delivery-failed';
  readonly connectionId: string;
  /** ISO. */
  readonly at: string;
}

/** To the user's other connections, at once. */
export interface NoticeFrame extends Notice {
  readonly type: 'notice';
}

/** Where a topic stands: everything above `head` will arrive by itself. */
export interface Position {
  readonly topic: string;
  readonly epoch: string | null;
  readonly head: number;
}

export interface Subscribed {
  readonly type: 'subscribed';
  readonly id?: string;
  readonly topics: readonly Position[];
  readonly missed?: readonly Fill[];
}

export interface Unsubscribed {
  readonly type: 'unsubscribed';
  readonly id?: string;
  readonly topics: readonly string[];
}

export interface Notifications {
  readonly type: 'notifications';
  readonly id?: string;
  readonly topics: readonly Fill[];
}

export type NotRecovered = 'epoch-changed' | 'expired' | 'ahead';

/** What followed a cursor: whole up to `next`, or an explicit `recovered: false` [G4]. */
export type Fill =
  | (Position & {
      readonly recovered: true;
      readonly messages: readonly (FilledMessage | OwnRange)[];
      /** The cursor to go on from; equal to `head` unless `more`. */
      readonly next: number;
      readonly more: boolean;
    })
  | (Position & { readonly recovered: false; readonly reason: NotRecovered });

/**
 * Where a message is that is too large for a frame: an absolute URL, fetched with `Authorization: Bearer`
 * and the access token (and `X-Tenant` where `authenticate` named a tenant). It answers {@link Referred}.
 */
export interface Reference {
  readonly href: string;
  /** Of the payload's JSON text. */
  readonly bytes: number;
}

export interface Referred {
  readonly payload: unknown;
}

export type Content = { readonly payload: unknown } | { readonly reference: Reference };

export type FilledMessage = Content & {
  readonly seq: number;
  readonly id: string;
  readonly at: string;
};

/** Messages that this session itself caused: their place in the sequence, without payload. */
export interface OwnRange {
  readonly own: true;
  readonly from: number;
  readonly to: number;
}

/** A message on a subscribed topic, as it happens. */
export type Notification = Content & {
  readonly type: 'notification';
  readonly topic: string;
  readonly epoch: string;
  readonly seq: number;
  /** Present when the messages between it and `seq` were this session's own: what to continue from. */
  readonly after?: number;
  readonly id: string;
  readonly at: string;
};

/**
 * A message to this connection, by whoever has the scope for it [S3-02]. It has no place in a sequence, and is not
 * resumed; the same id again is the same message.
 */
export interface DirectMessage {
  readonly type: 'message';
  readonly id: string;
  /** ISO: when it was sent. */
  readonly at: string;
  readonly payload: unknown;
}

/** Frames that would have come one after the other. Only to connections that accept `packs`. */
export interface Pack {
  readonly type: 'pack';
  readonly frames: readonly (Reply | Notification)[];
}

export interface Pong {
  readonly type: 'pong';
  readonly id?: string;
  /** ISO. */
  readonly timestamp: string;
  /** Only when positions were asked about: those that are behind. */
  readonly behind?: readonly Position[];
}

export interface Ack {
  readonly type: 'ack';
  readonly message: 'Message received';
}

/** The answer to what cannot be done; the connection stays open unless the code says otherwise. */
export interface Refused {
  readonly type: 'refused';
  readonly id?: string;
  readonly action?: string;
  readonly code: RefusalCode;
  readonly status: number;
  readonly message: string;
  /** Where waiting helps: after how many seconds to try again. */
  readonly retryAfterSeconds?: number;
}

export type Reply =
  | Authenticated
  | Subscribed
  | Unsubscribed
  | Notifications
  | Pong
  | Ack
  | Refused;
export type ServerMessage = Reply | Notification | DirectMessage | NoticeFrame | Pack;
