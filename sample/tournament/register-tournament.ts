import { taskEdge } from '../../lambdas/platform/task-edge.ts';
import { steps, TOURNAMENT_REFUSED } from './operations.ts';
import { changeTournament } from './tournaments.ts';

/** [S4-10] `RegisterTournamentTask`: the tournament is this execution's, unless another one has it. */
export const handler = taskEdge(
  'registerTournament',
  { shape: steps.register, refused: TOURNAMENT_REFUSED },
  async ({ request }) => {
    const { executionArn, startTime } = request;
    const { tournamentId } = await changeTournament(request, {
      UpdateExpression:
        'SET #status = :registered, startTime = :startTime, executionArn = :execution REMOVE teamId, players',
      ConditionExpression:
        'attribute_not_exists(tournamentId) OR #status = :cancelled OR (executionArn = :execution AND #status = :registered)',
      ExpressionAttributeValues: {
        ':registered': 'registered',
        ':cancelled': 'cancelled',
        ':startTime': startTime,
        ':execution': executionArn,
      },
    });
    return { tournamentId, startTime };
  },
);
