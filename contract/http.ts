/** The HTTP operations of Switchboard itself: path, request, who may call. The sample store has its own. */

import * as z from 'zod/mini';
import { directMessageRequest } from './direct-message.ts';
import type { Door } from './environment.ts';
import type { FunctionName } from './functions.ts';
import {
  NOTIFICATION_ID_CHARACTERS,
  PASSWORD_CHARACTERS,
  REFRESH_TOKEN_CHARACTERS,
  USER_NAME_CHARACTERS,
} from './limits.ts';
import { PAYLOAD_PATH, TICKET_PATH } from './paths.ts';
import { authenticate, readNotifications } from './protocol.ts';
import type { RefusalCode } from './refusals.ts';

/** [S1-06] Names the caller's own session, so that what it causes is not sent back to it. */
export const SESSION_HEADER = 'SessionId';
/** Needed only by a user of several tenants. */
export const TENANT_HEADER = 'X-Tenant';
/** Names a call of `sendMessage`, so that the same call after a lost answer sends nothing more. */
export const IDEMPOTENCY_HEADER = 'Idempotency-Key';

const userName = z.string().check(z.minLength(1), z.maxLength(USER_NAME_CHARACTERS));
const password = z.string().check(z.minLength(1), z.maxLength(PASSWORD_CHARACTERS));
const refreshToken = z.string().check(z.minLength(1), z.maxLength(REFRESH_TOKEN_CHARACTERS));

export interface HttpOperation {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly function: FunctionName;
  readonly access: 'user' | 'anonymous';
  /** Routed behind this door alone. */
  readonly door?: Door;
  readonly request: z.ZodMiniType;
}

export const httpOperations = {
  /** [S1-04] The same answer as over the socket, for clients that would rather fetch. */
  readNotifications: {
    method: 'POST',
    path: '/readNotifications',
    function: 'read-notifications',
    access: 'user',
    request: z.omit(readNotifications, { action: true, id: true }),
  },
  /**
   * The payload of a message that was too large for its frame, under the same policy as its topic. Answers
   * {@link Referred}.
   */
  readPayload: {
    method: 'GET',
    path: PAYLOAD_PATH,
    function: 'read-payload',
    access: 'user',
    request: z.object({
      topic: z.string(),
      id: z.string().check(z.maxLength(NOTIFICATION_ID_CHARACTERS)),
    }),
  },
  /** [S3-01] A ticket for one handshake through the door `ticket`. Answers {@link Ticket}. */
  ticket: {
    method: 'POST',
    path: TICKET_PATH,
    function: 'ticket',
    access: 'user',
    door: 'ticket',
    request: z.omit(authenticate, { action: true, id: true, v: true, token: true, tenant: true }),
  },
  /**
   * [S3-02] A message for the connections that these criteria mean. Answers `DirectMessageReport`: 200 when it is
   * done, 202 while it is being sent.
   */
  sendMessage: {
    method: 'POST',
    path: '/messages',
    function: 'send-message',
    access: 'user',
    request: directMessageRequest,
  },
  /** What became of a message that the caller sent. Answers `DirectMessageReport`. */
  readMessage: {
    method: 'GET',
    path: '/messages/{messageId}',
    function: 'read-message',
    access: 'user',
    request: z.object({}),
  },
  /** [S0-01] Tokens for a user name and a password. Answers {@link Tokens}. */
  signIn: {
    method: 'POST',
    path: '/signIn',
    function: 'sign-in',
    access: 'anonymous',
    request: z.object({ userName, password }),
  },
  /** [S0-02] An account for an unused invitation. Answers {@link SignedUp}, or {@link SignUpRefusal}. */
  signUp: {
    method: 'POST',
    path: '/signUp',
    function: 'sign-up',
    access: 'anonymous',
    // Shapes are judged one by one, because each refusal names its field.
    request: z.object({
      userName: z.optional(z.unknown()),
      password: z.optional(z.unknown()),
      inviteCode: z.optional(z.unknown()),
    }),
  },
  /** [S0-03] A new access token for a refresh token. Answers {@link RefreshedTokens}. */
  accessToken: {
    method: 'POST',
    path: '/accessToken',
    function: 'access-token',
    access: 'anonymous',
    request: z.object({ refreshToken }),
  },
  /** The refresh token, and every access token that came of it, is good for no more. Answers {@link SignedOut}. */
  signOut: {
    method: 'POST',
    path: '/signOut',
    function: 'sign-out',
    access: 'anonymous',
    request: z.object({ refreshToken }),
  },
  /** [S0-04] Is this a code that somebody could sign up with now? Answers {@link ValidInvitation}. */
  validateInvitation: {
    method: 'POST',
    path: '/validateInvitation',
    function: 'validate-invitation',
    access: 'anonymous',
    request: z.object({ inviteCode: z.string().check(z.maxLength(128)) }),
  },
} as const satisfies Record<string, HttpOperation>;

export interface Ticket {
  /** Goes into the URL of the socket: `?ticket=…`. Good once. */
  readonly ticket: string;
  /** Seconds: not good from then on. */
  readonly expiresAt: number;
}

export interface RefreshedTokens {
  readonly accessToken: string;
  readonly idToken: string;
  /** Seconds from now. */
  readonly expiresIn: number;
}

export interface Tokens extends RefreshedTokens {
  readonly refreshToken: string;
}

/** Cognito refuses those access tokens at once; whoever checks only their signature, when they expire. */
export interface SignedOut {
  readonly signedOut: true;
}

export interface SignedUp {
  readonly userName: string;
}

/** What a refused or failed operation answers, with the status of its code. */
export interface HttpFailure {
  readonly code: RefusalCode | 'internal';
  readonly message: string;
}

/** [S0-02] Which field is to blame; never with status 200. */
export interface SignUpRefusal {
  readonly code: HttpFailure['code'];
  readonly errorField: 'inviteCode' | 'userName' | 'password' | 'system';
  readonly errorMessage: string;
}

export interface ValidInvitation {
  readonly valid: true;
  /** ISO. */
  readonly expiresAt: string;
}
