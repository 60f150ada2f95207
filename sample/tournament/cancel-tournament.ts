import { taskEdge } from '../../lambdas/platform/task-edge.ts';
import { steps, TOURNAMENT_REFUSED } from './operations.ts';
import { changeTournament } from './tournaments.ts';

/** What follows a step that failed for good: the tournament is free for another workflow. */
export const handler = taskEdge(
  'cancelTournament',
  { shape: steps.cancel, refused: TOURNAMENT_REFUSED },
  async ({ request }) => {
    const { tournamentId, status } = await changeTournament(request, {
      UpdateExpression: 'SET #status = :cancelled',
      ConditionExpression: 'executionArn = :execution AND #status <> :locked',
      ExpressionAttributeValues: {
        ':cancelled': 'cancelled',
        ':locked': 'locked',
        ':execution': request.executionArn,
      },
    });
    return { tournamentId, status };
  },
);
