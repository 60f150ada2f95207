/**
 * The connection manager [S2]: what IAM principals may ask of it and what it answers, in the words of its
 * document and a few more. A payload is `{action, …}`, an answer `{statusCode, body}`; it never fails an invocation.
 */

import * as z from 'zod/mini';
import type { QueueName, StreamFailures } from './functions.ts';
import { internalCall } from './internal.ts';
import type { Fact } from './journal.ts';
import { CONNECTIONS_PER_PAGE_MOST } from './limits.ts';
import { isConnectionId, isSessionId, isTenant, isTopic, isUserId } from './names.ts';
import type { RefusalCode } from './refusals.ts';
import { type ConnectionRow, connectionStatuses, type SessionName } from './tables.ts';

const connectionId = z.string().check(z.refine(isConnectionId));
const userId = z.string().check(z.refine(isUserId));
const sessionId = z.string().check(z.refine(isSessionId));
const topic = z.string().check(z.refine(isTopic));
/** @default DEFAULT_TENANT */
const tenant = z.optional(z.string().check(z.refine(isTenant)));

/** What to redrive. */
const redriveScope = z.union([
  z.strictObject({ topic, tenant }),
  z.strictObject({ userId, sessionId, tenant }),
  z.literal('all'),
]);
export type RedriveScope = z.infer<typeof redriveScope>;

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
  drop_user: z.object({ userId, tenant }),
  /**
   * The life of a session, or of a connection and the session that it belongs to, in order. Answers
   * {@link TimelineAnswer}; refuses `not-found` for a connection that nobody knows.
   */
  get_session_timeline: z.object({
    userId: z.optional(userId),
    sessionId: z.optional(sessionId),
    tenant,
    /** Instead of user and session. */
    connectionId: z.optional(connectionId),
    /** ISO: how far back to look. @default TIMELINE_HOURS ago */
    since: z.optional(z.iso.datetime()),
  }),
  /** Posts that did not arrive, by whom or what they were for; the latest first. Answers {@link FailuresAnswer}. */
  get_failures: z.object({
    /** Without it, every tenant's. */
    tenant,
    topic: z.optional(topic),
    userId: z.optional(userId),
    sessionId: z.optional(sessionId),
    connectionId: z.optional(connectionId),
    /** ISO: how far back to look. @default TIMELINE_HOURS ago */
    since: z.optional(z.iso.datetime()),
  }),
  /** What lies where nobody takes it. Answers {@link ParkedAnswer}. */
  get_parked: z.object({
    /** Look for messages without a number, too: that reads the whole table of messages. */
    unnumbered: z.optional(z.boolean()),
  }),
  /** Brings what was parked on its way again. Answers {@link RedriveAnswer}; refuses `not-found` for a session without a row. */
  redrive: z.object({ scope: redriveScope }),
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

export interface FailuresAnswer {
  /** `delivery.failed`, each with the connection, and the session and messages as far as they are known. */
  readonly failures: readonly Moment[];
  /** False where there are more, further back. */
  readonly isWhole: boolean;
}

/** A message that no function could take: which, and why. Its content stays in the queue. */
export interface ParkedMessage {
  readonly messageId: string;
  /** ISO: when it was sent first. */
  readonly sentAt: string;
  /** Names out of its body: topics, ids, counts. */
  readonly about: Readonly<Record<string, unknown>>;
  /** What its function failed with the last time, or the condition under which a stream gave it up. */
  readonly reason?: string;
}

export interface ParkedQueue {
  readonly queue: QueueName | StreamFailures;
  /** How many lie at the end of it, as SQS knows it: about. */
  readonly parked: number;
  /** How many wait for its function, or are with it; absent where it has none. */
  readonly waiting?: number;
  /** ISO: the oldest of `messages`. */
  readonly oldestAt?: string;
  /** Some of those parked: PARKED_SHOWN at the most. */
  readonly messages: readonly ParkedMessage[];
}

export interface UnnumberedTopic {
  readonly tenant: string;
  readonly topic: string;
  readonly count: number;
  /** ISO: when the oldest of them was published. */
  readonly oldestAt: string;
}

export interface ParkedAnswer {
  readonly queues: readonly ParkedQueue[];
  /** Topics with messages that nobody has numbered for UNNUMBERED_AFTER_SECONDS; absent unless asked for. */
  readonly topics?: readonly UnnumberedTopic[];
}

export interface RedriveAnswer {
  /** Messages that had no number, and have one and were posted now. */
  readonly numbered: number;
  /** Dead letters that are back in their queue, by its name; those with none are left out. */
  readonly moved: { readonly [Queue in QueueName]?: number };
  /** Messages posted again to the session, each to all of its connections; absent for other scopes. */
  readonly posted?: number;
  /** How many connections the session has; absent for other scopes. */
  readonly connections?: number;
  /** False where its time or its most was over before everything was done: ask again. */
  readonly isWhole: boolean;
}

/** The body of every answer whose `statusCode` is not 200. */
export interface ManagerFailure {
  readonly code: RefusalCode | 'internal';
  readonly message: string;
}

export type ManagerAnswer = { readonly statusCode: number; readonly body: object };
