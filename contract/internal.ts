/** Payloads of the functions that only IAM principals may invoke, and what our own hand each other through queues. */

import * as z from 'zod/mini';
import { INVITATION_DAYS_MOST } from './limits.ts';

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

/** `PutEvents` entries that the bus did not take: kept whole until it does. */
export const parkedEventMessage = z.object({
  source: z.string(),
  type: z.string(),
  detail: z.string(),
});
export type ParkedEventMessage = z.infer<typeof parkedEventMessage>;

// ── Functions to invoke [S0-14] ────────────────────────────────────────────────────────────────

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
export const dropConnectionRequest = z.object({ connectionId: z.string() });
export type DropConnectionRequest = z.infer<typeof dropConnectionRequest>;
export interface DropConnectionAnswer {
  readonly connectionId: string;
  /** False when it had left already, or never was: nothing was changed then. */
  readonly dropped: boolean;
}

/** [S0-07] `checkSession`. */
export const checkSessionRequest = z.object({
  sessionId: z.string(),
  userId: z.string(),
  /** @default DEFAULT_TENANT */
  tenant: z.optional(z.string()),
});
export type CheckSessionRequest = z.infer<typeof checkSessionRequest>;
export type CheckSessionAnswer =
  | { readonly is: 'live' }
  | { readonly is: 'waiting'; readonly seconds: number }
  | { readonly is: 'ended' };

/** What an internal function answers to a payload that it does not understand. */
export interface InternalRefusal {
  readonly refused: { readonly code: 'malformed'; readonly message: string };
}
