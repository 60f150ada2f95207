/** Payloads of the functions that only IAM principals may invoke, and what our own hand each other through queues. */

import * as z from 'zod/mini';
import { ACTOR_CHARACTERS, INVITATION_DAYS_MOST } from './limits.ts';
import { isConnectionId, isSessionId, isTenant, isUserId } from './names.ts';
import { acceptable } from './protocol.ts';

/** `$connect` → reaper, delayed by the time a socket has to authenticate. */
export const reaperMessage = z.object({
  connectionId: z.string(),
  /** How often the gateway has answered 410 about it so far. */
  tries: z.number(),
});
export type ReaperMessage = z.infer<typeof reaperMessage>;

/** Sessions stream → session check, delayed by the grace time. */
export const sessionCheckMessage = z.object({
  tenant: z.string(),
  userId: z.string(),
  sessionId: z.string(),
});
export type SessionCheckMessage = z.infer<typeof sessionCheckMessage>;

/** Publisher → express: a message that was just published, by the names that its publisher gave. */
export const expressMessage = z.object({
  tenant: z.string(),
  topics: z.readonly(z.array(z.string())),
  id: z.string(),
});
export type ExpressMessage = z.infer<typeof expressMessage>;

/**
 * Fan-out → delivery: a page of a large topic's recipients, and the numbered messages that they are to get.
 * These are read again where they are posted: a queue's message could not hold them.
 */
export const deliveryPage = z.object({
  /** The topic's key. */
  topic: z.string(),
  messages: z.readonly(z.array(z.object({ id: z.string(), epoch: z.string() }))),
  routes: z.readonly(
    z.array(
      z.object({
        session: z.object({ tenant: z.string(), userId: z.string(), sessionId: z.string() }),
        connections: z.readonly(z.array(z.string())),
        accepts: z.readonly(z.array(z.enum(acceptable))),
        scopes: z.readonly(z.array(z.string())),
        /** Seconds: not good for a post from then on. */
        until: z.number(),
      }),
    ),
  ),
});
export type DeliveryPage = z.infer<typeof deliveryPage>;

/** send-message → message-pages: a page of the recipients of a direct message, and the frame that they are to get. */
export const directMessagePage = z.object({
  id: z.string(),
  /** The page's name in the message's row: counted once. */
  page: z.string(),
  frame: z.string(),
  recipients: z.readonly(
    z.array(
      z.object({
        connectionId: z.string(),
        /** Seconds: no frame from then on, unless its token was renewed. */
        until: z.number(),
      }),
    ),
  ),
});
export type DirectMessagePage = z.infer<typeof directMessagePage>;

/** Stream mapping → redrive: a batch that it gave up on. Where it was, not what was in it. */
export const parkedBatchMessage = z.object({
  DDBStreamBatchInfo: z.object({ batchSize: z.number() }),
});

/** Rule of a bridge → bridge-events: one event of a bus, as the message that it becomes. */
export const bridgedEvent = z.object({
  /** The event's own id and the bridge's: published again, it does nothing more. */
  id: z.string(),
  /** The event's. */
  source: z.string(),
  tenant: z.string(),
  topics: z.array(z.string()),
  payload: z.unknown(),
});
export type BridgedEvent = z.infer<typeof bridgedEvent>;

// ── Functions to invoke [S0-14] ────────────────────────────────────────────────────────────────

/** What every request of an IAM principal may say beside its own fields. */
export const internalCall = z.object({
  /** Who asks, as they call themselves: Lambda tells a function nothing of it. The audit log keeps it. */
  actor: z.optional(z.string().check(z.minLength(1), z.maxLength(ACTOR_CHARACTERS))),
});
/** Who did not say: schedules, for instance. */
export const UNNAMED_ACTOR = 'unnamed';

/** [S0-05] `generateInvitation`. */
export const generateInvitationRequest = z.object({
  /** @default INVITATION_DAYS */
  validDays: z.optional(z.number().check(z.int(), z.minimum(1), z.maximum(INVITATION_DAYS_MOST))),
});
export type GenerateInvitationRequest = z.infer<typeof generateInvitationRequest>;
export interface GenerateInvitationAnswer {
  /** Told this once: only its hash is kept. */
  readonly inviteCode: string;
  /** ISO. */
  readonly expiresAt: string;
}

/** [S0-06] `dropConnection`. */
export const dropConnectionRequest = z.object({
  connectionId: z.string().check(z.refine(isConnectionId)),
});
export type DropConnectionRequest = z.infer<typeof dropConnectionRequest>;
export interface DropConnectionAnswer {
  readonly connectionId: string;
  /** False when it had left already, or was not there (yet): should it still come, it is refused. */
  readonly dropped: boolean;
}

/** [S0-07] `checkSession`. */
export const checkSessionRequest = z.object({
  sessionId: z.string().check(z.refine(isSessionId)),
  userId: z.string().check(z.refine(isUserId)),
  /** @default DEFAULT_TENANT */
  tenant: z.optional(z.string().check(z.refine(isTenant))),
});
export type CheckSessionRequest = z.infer<typeof checkSessionRequest>;
export type CheckSessionAnswer =
  | { readonly is: 'live' }
  | { readonly is: 'waiting'; readonly seconds: number }
  | { readonly is: 'ended' };

/** `revoke`: a user on every device, or one session of theirs. */
export const revokeRequest = z.object({
  userId: z.string().check(z.refine(isUserId)),
  /** @default DEFAULT_TENANT */
  tenant: z.optional(z.string().check(z.refine(isTenant))),
  /** Only this one. Its refresh token goes on to mint: who is to stay away is revoked as a user. */
  sessionId: z.optional(z.string().check(z.refine(isSessionId))),
});
export type RevokeRequest = z.infer<typeof revokeRequest>;
export interface RevokeAnswer {
  /** Sessions that were live and are ended. */
  readonly endedSessions: readonly string[];
  /** Connections that left. */
  readonly closed: readonly string[];
  /** Of those, the ones whose sockets the gateway did not close: nothing is posted to them any more. */
  readonly stillOpen: readonly string[];
}

/** What an internal function answers to a payload that it does not understand; all else it fails on. */
export interface InternalRefusal {
  readonly refused: { readonly code: 'malformed'; readonly message: string };
}
