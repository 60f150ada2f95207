import * as z from 'zod/mini';

/** A part of names of executions, which have 80 characters at the most. */
export const isTournamentId = (id: string | undefined): id is string =>
  id !== undefined && /^[\w-]{1,40}$/.test(id);

const player = z.string().check(z.minLength(1), z.maxLength(60));

export const assignmentRequest = z.object({
  /** ISO: when the tournament begins. */
  startTime: z.iso.datetime(),
  /** Who is to be assigned to its team. */
  players: z.array(player).check(z.maxLength(50)),
});

export const operations = {
  startAssignmentWorkflow: { method: 'POST', path: '/tournaments/{tournamentId}/assignment' },
} as const;

/** Answer of `startAssignmentWorkflow`. */
export interface AssignmentAnswer {
  readonly executionArn: string;
}

/** What the workflow begins with. */
export interface AssignmentInput extends z.infer<typeof assignmentRequest> {
  readonly tenant: string;
  readonly tournamentId: string;
  /** ISO: when `workflow.started` says that it was. */
  readonly startedAt: string;
}

const step = {
  tenant: z.string(),
  tournamentId: z.string(),
  executionArn: z.string(),
};

/** What each step of the workflow is told. */
export const steps = {
  register: z.object({ ...step, startTime: z.iso.datetime() }),
  assign: z.object({ ...step, players: z.array(player) }),
  lock: z.object(step),
  cancel: z.object(step),
} as const;

/** The error of a step that would fail again: the workflow does not try it again. */
export const TOURNAMENT_REFUSED = 'TournamentRefused';
