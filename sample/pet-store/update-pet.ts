import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { Refusal } from '../../contract/refusals.ts';
import { publish } from '../../lambdas/flows/publish.ts';
import { openPublisher } from '../../lambdas/flows/publisher.ts';
import { otherTableName } from '../../lambdas/platform/environment.ts';
import { httpEdge } from '../../lambdas/platform/http-edge.ts';
import { isPetId, PET_TOPIC, petChange } from './operations.ts';
import { PETS_TABLE_VARIABLE, type PetRow } from './rows.ts';

const publisher = openPublisher();
const TableName = otherTableName(PETS_TABLE_VARIABLE);

/**
 * [S1-14] Changes a pet and tells everyone who listens, except the session that did it [S1-08]. The
 * record and its notification are one transaction: neither is ever without the other.
 *
 * Refuses `not-found`, and `lost-race` when somebody else changed the pet since `version`.
 */
export const handler = httpEdge('updatePet', petChange, async (call) => {
  const { identity, origin, now, request } = call;
  const { petId } = call.path;
  if (!isPetId(petId)) throw new Refusal('not-found');
  const Key = { tenant: identity.tenant, petId };

  const { Item } = await publisher.documents.send(
    new GetCommand({ TableName, Key, ConsistentRead: true }),
  );
  const pet = Item as PetRow | undefined;
  if (!pet) throw new Refusal('not-found');
  if (pet.version !== request.version) throw new Refusal('lost-race');

  const changed: PetRow = { ...pet, ...request, version: pet.version + 1 };
  const publication = {
    tenant: identity.tenant,
    topics: [PET_TOPIC],
    payload: changed,
    now,
    ...(origin && { origin }),
  };
  const record = {
    Put: {
      TableName,
      Item: changed,
      ConditionExpression: 'version = :version',
      ExpressionAttributeValues: { ':version': request.version },
    },
  };
  const outcome = await publish(publisher, publication, [record]);
  if (!outcome.isDone) throw new Refusal('lost-race');
  return changed;
});
