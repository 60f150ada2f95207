import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { Refusal } from '../../contract/refusals.ts';
import { otherTableName } from '../../lambdas/platform/environment.ts';
import { httpEdge } from '../../lambdas/platform/http-edge.ts';
import { openDocuments } from '../../lambdas/platform/reach.ts';
import { isPetId, noBody } from './operations.ts';
import { PETS_TABLE_VARIABLE } from './rows.ts';

const documents = openDocuments();
const TableName = otherTableName(PETS_TABLE_VARIABLE);

/** [S1-14] One pet of the caller's tenant; another tenant's does not exist for them [S1-13]. */
export const handler = httpEdge('getPet', noBody, async ({ identity, path: { petId } }) => {
  if (!isPetId(petId)) throw new Refusal('not-found');
  const { Item } = await documents.send(
    new GetCommand({ TableName, Key: { tenant: identity.tenant, petId }, ConsistentRead: true }),
  );
  if (!Item) throw new Refusal('not-found');
  return Item;
});
