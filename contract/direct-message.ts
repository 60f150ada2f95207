/**
 * Direct messages: to connections, by criteria, whatever they have subscribed to [S3-02]. Whoever sends one has
 * the scope for it. They have an id and no sequence: who is not connected misses them.
 */

import * as z from 'zod/mini';
import { NAMES_PER_CRITERION } from './limits.ts';
import { isConnectionId, isSessionId, isTenant, isUserId } from './names.ts';

/** [S3-10] What a token must have, as a scope or by the group `scope:switchboard/messages`. */
export const DIRECT_MESSAGES_SCOPE = 'switchboard/messages';

const named = (isName: (name: string) => boolean) =>
  z.optional(
    z
      .array(z.string().check(z.refine(isName)))
      .check(z.minLength(1), z.maxLength(NAMES_PER_CRITERION)),
  );

const connections = {
  userIds: named(isUserId),
  sessionIds: named(isSessionId),
  connectionIds: named(isConnectionId),
};

/** Whom a message is for: each criterion that is given must hold. */
const criteria = z
  .object({
    /** Said where nobody is named, and only there: everybody is never meant by leaving something out. */
    all: z.optional(z.literal(true)),
    ...connections,
    /** Sessions that have subscribed to one of them. */
    topics: named(() => true),
    /** @default 'CONNECTED' */
    status: z.optional(z.enum(['CONNECTED', 'STALE'])),
    /** No other than the sender's own, which is meant anyway. */
    tenant: z.optional(z.string().check(z.refine(isTenant))),
    except: z.optional(z.object(connections)),
  })
  .check(
    z.refine(
      ({ all, userIds, sessionIds, connectionIds, topics }) =>
        (all === undefined) !==
        [userIds, sessionIds, connectionIds, topics].every((names) => names === undefined),
    ),
  );
export type Criteria = z.infer<typeof criteria>;

/** The body of `POST /messages`. */
export const directMessageRequest = z.object({
  to: criteria,
  /** Anything that JSON can say and that fits, with its envelope, into a frame. */
  message: z.unknown(),
});
export type DirectMessageRequest = z.infer<typeof directMessageRequest>;

/** What became of a message so far: the answer to sending it, and to asking about it. */
export interface DirectMessageReport {
  readonly id: string;
  /** `sending`: others are still at it, and the counts grow. */
  readonly state: 'sending' | 'done';
  /** Connections that it is for. When it is done, each has been counted once below. */
  readonly recipients: number;
  readonly delivered: number;
  /** Found closed, or past their token: they have left. */
  readonly gone: number;
  /** Not reached, whatever was tried. */
  readonly failed: number;
}
