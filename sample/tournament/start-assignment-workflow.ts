import { randomUUID } from 'node:crypto';
import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { Refusal } from '../../contract/refusals.ts';
import { openAnnouncer } from '../../lambdas/platform/announce.ts';
import { otherSetting } from '../../lambdas/platform/environment.ts';
import { httpEdge } from '../../lambdas/platform/http-edge.ts';
import {
  type AssignmentAnswer,
  type AssignmentInput,
  assignmentRequest,
  isTournamentId,
} from './operations.ts';
import { STATE_MACHINE_VARIABLE } from './rows.ts';

const states = new SFNClient({});
const stateMachineArn = otherSetting(STATE_MACHINE_VARIABLE);
const announce = openAnnouncer();

/**
 * [S4-10] `startAssignmentWorkflow`: starts it, and announces that to everybody of the caller's tenant. The
 * workflow's own first step is the same broadcast: whichever of them comes first, nobody hears of it twice,
 * and nobody hears of anything else before.
 */
export const handler = httpEdge(
  'startAssignmentWorkflow',
  assignmentRequest,
  async ({ identity: { tenant }, path: { tournamentId }, request, now }) => {
    if (!isTournamentId(tournamentId)) throw new Refusal('not-found');
    const startedAt = new Date(now).toISOString();
    const input: AssignmentInput = { tenant, tournamentId, startedAt, ...request };
    const { executionArn = '' } = await states.send(
      new StartExecutionCommand({
        stateMachineArn,
        name: `${tournamentId}-${randomUUID()}`,
        input: JSON.stringify(input),
      }),
    );
    await announce({
      type: 'workflow.started',
      tournamentId,
      data: { tournamentId, executionArn },
      timestamp: startedAt,
      tenant,
      broadcastId: executionArn,
    });
    return { executionArn } satisfies AssignmentAnswer;
  },
);
