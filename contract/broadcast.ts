/**
 * Broadcasts: events that go to every connection of a tenant, whatever it has subscribed to [S4-03]. The
 * envelope is the documents' to the letter [S4-04]; broadcasts have retries and no sequence.
 */

import * as z from 'zod/mini';
import { BROADCAST_ID_CHARACTERS } from './limits.ts';
import { isTenant } from './names.ts';

const text = z.string().check(z.minLength(1), z.maxLength(256));

/** [S4-04] The data of the documents' own events. Events of other types bring data of their own. */
export const tournamentEvents = {
  /** `startAssignmentWorkflow` has started the workflow. */
  'workflow.started': z.object({ tournamentId: text, executionArn: text }),
  'tournament.registered': z.object({ tournamentId: text, startTime: z.iso.datetime() }),
  'players.assigned': z.object({
    tournamentId: text,
    teamId: text,
    assignedCount: z.number().check(z.int(), z.minimum(0)),
  }),
  'teams.locked': z.object({ tournamentId: text, teamId: text, status: z.literal('locked') }),
} as const;
export type TournamentEventType = keyof typeof tournamentEvents;

/** What every client gets, and nothing else besides. */
export interface BroadcastEvent {
  readonly type: string;
  readonly tournamentId: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** ISO. */
  readonly timestamp: string;
}

/** Names everybody, of whatever tenant. No tenant can be called so. */
export const EVERY_TENANT = '*';

/**
 * The payload of `broadcast-event` (the documents' `BroadcastEventFn`): the event itself, and beside it, for
 * Switchboard alone, whom it is for and what this broadcast is called.
 */
export const broadcastRequest = z
  .object({
    /** At least two words, which no frame of the protocol has: an event cannot be mistaken for a reply. */
    type: z.string().check(z.maxLength(128), z.regex(/^[\w-]+(?:\.[\w-]+)+$/)),
    tournamentId: text,
    data: z.record(z.string(), z.unknown()),
    /** @default when the broadcast began */
    timestamp: z.optional(z.iso.datetime()),
    /** @default DEFAULT_TENANT */
    tenant: z.optional(
      z.string().check(z.refine((name) => isTenant(name) || name === EVERY_TENANT)),
    ),
    /**
     * Names the broadcast together with its event: under the same one the same event goes only to those that
     * it has not reached yet. An execution's ARN is a good one.
     *
     * @default the invocation's request id, which Lambda's own retries keep
     */
    broadcastId: z.optional(z.string().check(z.minLength(1), z.maxLength(BROADCAST_ID_CHARACTERS))),
  })
  .check(({ value: { type, data }, issues }) => {
    if (!Object.hasOwn(tournamentEvents, type)) return;
    const read = tournamentEvents[type as TournamentEventType].safeParse(data);
    const [wrong] = read.error?.issues ?? [];
    if (wrong) {
      const { message, path } = wrong;
      issues.push({ code: 'custom', input: data, message, path: ['data', ...path] });
    }
  });
export type BroadcastRequest = z.infer<typeof broadcastRequest>;

/** How many connections a broadcast has come to so far, in however many tries [S4-03]. */
export interface BroadcastReport {
  readonly broadcastId: string;
  readonly delivered: number;
  /** Found closed: they have left. */
  readonly gone: number;
  /** Not reached; 0 in an answer, since a broadcast that failed somewhere fails. */
  readonly failed: number;
}

/** The errors that a workflow sees, for its `Retry` and `Catch`. */
export const broadcastErrors = {
  /** Not everybody was reached: the same broadcast again goes only to those. */
  incomplete: 'BroadcastIncomplete',
  /** No event, or one that no frame can hold: the same again would be refused again. */
  refused: 'BroadcastRefused',
} as const;
