import { UpdateCommand, type UpdateCommandInput } from '@aws-sdk/lib-dynamodb';
import { otherTableName } from '../../lambdas/platform/environment.ts';
import { openDocuments } from '../../lambdas/platform/reach.ts';
import { TaskFailure } from '../../lambdas/platform/task-edge.ts';
import { TOURNAMENT_REFUSED } from './operations.ts';
import { TOURNAMENTS_TABLE_VARIABLE, type TournamentRow } from './rows.ts';

const documents = openDocuments();
const TableName = otherTableName(TOURNAMENTS_TABLE_VARIABLE);

type Change = Pick<
  UpdateCommandInput,
  'UpdateExpression' | 'ConditionExpression' | 'ExpressionAttributeValues'
>;

/**
 * Changes a tournament, and gives it as it is then. A workflow may run a step twice: conditions admit the
 * execution's own step again, and nobody else's. Fails for good where the condition does not hold.
 */
export async function changeTournament(
  { tenant, tournamentId }: Pick<TournamentRow, 'tenant' | 'tournamentId'>,
  change: Change,
): Promise<TournamentRow> {
  try {
    const { Attributes } = await documents.send(
      new UpdateCommand({
        TableName,
        Key: { tenant, tournamentId },
        ...change,
        ExpressionAttributeNames: { '#status': 'status' satisfies keyof TournamentRow },
        ReturnValues: 'ALL_NEW',
      }),
    );
    return Attributes as TournamentRow;
  } catch (fault) {
    const isLost = fault instanceof Error && fault.name === 'ConditionalCheckFailedException';
    if (!isLost) throw fault;
    throw new TaskFailure(
      TOURNAMENT_REFUSED,
      `The tournament ${tournamentId} is not one that this workflow could do that to.`,
    );
  }
}
