import { taskEdge } from '../../lambdas/platform/task-edge.ts';
import { steps, TOURNAMENT_REFUSED } from './operations.ts';
import { changeTournament } from './tournaments.ts';

/** [S4-10] `LockTeamsTask`: nobody changes the team any more. */
export const handler = taskEdge(
  'lockTeams',
  { shape: steps.lock, refused: TOURNAMENT_REFUSED },
  async ({ request }) => {
    const { tournamentId, teamId, status } = await changeTournament(request, {
      UpdateExpression: 'SET #status = :locked',
      ConditionExpression: 'executionArn = :execution AND #status IN (:assigned, :locked)',
      ExpressionAttributeValues: {
        ':assigned': 'assigned',
        ':locked': 'locked',
        ':execution': request.executionArn,
      },
    });
    return { tournamentId, teamId, status };
  },
);
