import { randomUUID } from 'node:crypto';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { SESSION_HEADER } from '../../contract/http.ts';
import type { PetRow } from '../../sample/pet-store/rows.ts';
import { operatorDocuments, type Person } from './people.ts';
import type { Place } from './place.ts';

export interface StoreAnswer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

/** The sample store, as a page calls it. */
export async function callStore(
  place: Place,
  person: Pick<Person, 'token'> | undefined,
  method: string,
  path: string,
  options: { body?: unknown; sessionId?: string; headers?: Record<string, string> } = {},
): Promise<StoreAnswer> {
  const response = await fetch(`${place.outputs.HttpUrl?.replace(/\/$/, '')}${path}`, {
    method,
    headers: {
      ...(person && { authorization: `Bearer ${person.token}` }),
      ...(options.sessionId && { [SESSION_HEADER]: options.sessionId }),
      ...(options.body !== undefined && { 'content-type': 'application/json' }),
      ...options.headers,
    },
    ...(options.body !== undefined && {
      body: typeof options.body === 'string' ? options.body : JSON.stringify(options.body),
    }),
  });
  return { status: response.status, body: (await response.json()) as StoreAnswer['body'] };
}

/** A pet of its own for one test, written by the operator. */
export async function newPet(place: Place, tenant: string): Promise<PetRow> {
  const pet: PetRow = {
    tenant,
    petId: `pet-${randomUUID()}`,
    name: 'Rex',
    kind: 'dog',
    price: 100,
    version: 1,
  };
  await operatorDocuments(place).send(
    new PutCommand({ TableName: place.outputs.PetsTableName, Item: pet }),
  );
  return pet;
}
