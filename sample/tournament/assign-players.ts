import { TaskFailure, taskEdge } from '../../lambdas/platform/task-edge.ts';
import { steps, TOURNAMENT_REFUSED } from './operations.ts';
import { changeTournament } from './tournaments.ts';

/** [S4-10] `AssignPlayersTask`: all players in one team. Fails for good where there is nobody to assign. */
export const handler = taskEdge(
  'assignPlayers',
  { shape: steps.assign, refused: TOURNAMENT_REFUSED },
  async ({ request }) => {
    const { tournamentId, executionArn, players } = request;
    if (players.length === 0) {
      throw new TaskFailure(TOURNAMENT_REFUSED, 'There is nobody to assign.');
    }
    const teamId = `team-${tournamentId}`;
    await changeTournament(request, {
      UpdateExpression: 'SET #status = :assigned, teamId = :team, players = :players',
      ConditionExpression: 'executionArn = :execution AND #status IN (:registered, :assigned)',
      ExpressionAttributeValues: {
        ':registered': 'registered',
        ':assigned': 'assigned',
        ':team': teamId,
        ':players': players,
        ':execution': executionArn,
      },
    });
    return { tournamentId, teamId, assignedCount: players.length };
  },
);
