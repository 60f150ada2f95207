/** The operations of the sample store: paths, requests, and the topic that tells of changes. */

import * as z from 'zod/mini';
import { isTopic } from '../../contract/names.ts';

/** Every change of any pet, as document s1 tells the story. */
export const PET_TOPIC = 'Pet';

/** Half a surrogate pair is no text, and no row can hold it. */
const isText = (text: string): boolean => text.isWellFormed();
const isToTheCent = (amount: number): boolean => Number(amount.toFixed(2)) === amount;

const name = z.string().check(z.minLength(1), z.maxLength(60), z.refine(isText));
const price = z.number().check(z.minimum(0), z.maximum(1_000_000), z.refine(isToTheCent));

export const noBody = z.object({});

export const petChange = z.object({
  /** The version that the change was made on: a change on an older one has lost its race. */
  version: z.number().check(z.int(), z.minimum(1)),
  name: z.optional(name),
  price: z.optional(price),
});

/** Pet ids share the grammar of topics, so that each pet could have a topic of its own. */
export const isPetId = (id: string | undefined): id is string => id !== undefined && isTopic(id);

export const operations = {
  listPets: { method: 'GET', path: '/pets' },
  getPet: { method: 'GET', path: '/pets/{petId}' },
  updatePet: { method: 'PUT', path: '/pets/{petId}' },
} as const;
