import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { otherTableName } from '../../lambdas/platform/environment.ts';
import { httpEdge } from '../../lambdas/platform/http-edge.ts';
import { openDocuments } from '../../lambdas/platform/reach.ts';
import { noBody } from './operations.ts';
import { PETS_TABLE_VARIABLE } from './rows.ts';

const documents = openDocuments();
const TableName = otherTableName(PETS_TABLE_VARIABLE);

/** [S1-14] The pets of the caller's tenant [S1-13], by id. */
export const handler = httpEdge('listPets', noBody, async ({ identity }) => {
  const { Items } = await documents.send(
    new QueryCommand({
      TableName,
      ConsistentRead: true,
      KeyConditionExpression: 'tenant = :tenant',
      ExpressionAttributeValues: { ':tenant': identity.tenant },
    }),
  );
  return { pets: Items ?? [] };
});
