/**
 * The connection manager [S2]: what IAM principals may ask of it and what it answers, in the words of its
 * document and a few more. A payload is `{action, …}`, an answer `{statusCode, body}`; it never fails an invocation.
 */

import * as z from 'zod/mini';
import { internalCall } from './internal.ts';
import type { Fact } from './journal.ts';
import { CONNECTIONS_PER_PAGE_MOST } from './limits.ts';
import { isConnectionId, isSessionId, isTenant, isUserId } from './names.ts';
import type { RefusalCode } from './refusals.ts';
import { type ConnectionRow, connectionStatuses, type SessionName } from './tables.ts';

const connectionId = z.string().check(z.refine(isConnectionId));
const userId = z.string().check(z.refine(isUserId));

const managerActions = {
  /** [S2-01] Answers {@link ConnectionList}: the user's active connections, on every device [S2-10]. */
  get_user_connections: z.object({ userId }),
  /** [S2-02] Answers {@link ConnectionList}: everybody's active connections, all of them unless `limit` is given. */
  get_all_connections: z.object({
    /** The most to answer with; then `nextToken` tells where the rest begins. */
    limit: z.optional(
      z.number().check(z.int(), z.minimum(1), z.maximum(CONNECTIONS_PER_PAGE_MOST)),
    ),
    nextToken: z.optional(connectionId),
  }),
  /** [S2-03] Answers the row as it is then; refuses `not-found` and `transition-illegal`. */
  update_connection_status: z.object({ connectionId, status: z.enum(connectionStatuses) }),
  /** [S2-04] Answers {@link CleanupAnswer}. */
  cleanup_stale_connections: z.object({}),
  /** Closes every connection of one user of a tenant. Answers {@link DropUserAnswer}. */
  drop_user: z.object({
    userId,
    /** @default DEFAULT_TENANT */
    tenant: z.optional(z.string().check(z.refine(isTenant))),
  }),
  /**
   * The life of a session, or of a connection and the session that it belongs to, in order. Answers
   * {@link TimelineAnswer}; refuses `not-found` for a connection that nobody knows.
   */
  get_session_timeline: z.object({
    userId: z.optional(userId),
    sessionId: z.optional(z.string().check(z.refine(isSessionId))),
    /** @default DEFAULT_TENANT */
    tenant: z.optional(z.string().check(z.refine(isTenant))),
    /** Instead of user and session. */
    connectionId: z.optional(connectionId),
    /** ISO: how far back to look. @default TIMELINE_HOURS ago */
    since: z.optional(z.iso.datetime()),
  }),
} as const;

export type ManagerAction = keyof typeof managerActions;
export type ManagerRequest<Action extends ManagerAction> = z.infer<(typeof managerActions)[Action]>;

/** The shape of one action's request, as TypeScript cannot look it up by itself. */
export const managerShape = <Action extends ManagerAction>(action: Action) =>
  managerActions[action] as unknown as z.ZodMiniType<ManagerRequest<Action>>;

export const managerCall = z.extend(internalCall, { action: z.string() });

export interface ListedConnection
  extends Pick<ConnectionRow, 'connectionId' | 'userId' | 'status' | 'createdAt'> {}

export interface ConnectionList {
  readonly connections: readonly ListedConnection[];
  readonly count: number;
  /** Present when there may be more: hand it back with the next request. */
  readonly nextToken?: string;
}

export interface CleanupAnswer {
  readonly message: 'Stale connections cleaned up';
  /** Connections that this very call took out. */
  readonly cleanedCount: number;
}

export interface DropUserAnswer {
  readonly userId: string;
  readonly tenant: string;
  /** Connections that were open and are closed now. */
  readonly droppedCount: number;
}

/** One thing that happened: a fact of the log, or an act of the audit log. */
export interface Moment {
  /** ISO. */
  readonly at: string;
  readonly what: Fact | 'act';
  readonly connectionId?: string;
  readonly [detail: string]: unknown;
}

/** How far messages of one topic have come on their way to the session. */
export interface TopicProgress {
  readonly topic: string;
  /** The topic's newest number, now. */
  readonly head: number;
  /** Posted to the session's connections, as far as the log tells. */
  readonly delivered?: number;
  /** What the client said last that it has. */
  readonly acknowledged?: number;
}

export interface TimelineAnswer {
  /** Absent for a connection that was never bound. */
  readonly session?: SessionName & {
    readonly state: 'live' | 'ended' | 'unknown';
    /** Its connections now. */
    readonly connectionIds: readonly string[];
  };
  readonly moments: readonly Moment[];
  readonly topics: readonly TopicProgress[];
  /** False where there was more in the log than one answer of it holds. */
  readonly isWhole: boolean;
}

/** The body of every answer whose `statusCode` is not 200. */
export interface ManagerFailure {
  readonly code: RefusalCode | 'internal';
  readonly message: string;
}

export type ManagerAnswer = { readonly statusCode: number; readonly body: object };
