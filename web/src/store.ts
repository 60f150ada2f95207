import type { SESSION_HEADER } from '../../contract/http.ts';
import type { operations } from '../../sample/pet-store/operations.ts';
import { type Call, callAs, refusalOf } from './http.ts';
import type { Tokens } from './tokens.ts';

// By type only, because the modules that say so bring the validation of requests with them.
const sessionHeader: typeof SESSION_HEADER = 'SessionId';
const petsPath: typeof operations.listPets.path = '/pets';

export interface Pet {
  readonly petId: string;
  readonly name: string;
  readonly kind: string;
  readonly price: number;
  readonly version: number;
}

export type Change = Partial<Pick<Pet, 'name' | 'price'>>;

export type Saved =
  | { readonly outcome: 'saved'; readonly pet: Pet }
  /** Somebody else's change came first. */
  | { readonly outcome: 'lost-race' };

/** The sample store over HTTP, as one session of one user. Each call rejects with a sentence. */
export interface Store {
  list(): Promise<Pet[]>;
  save(pet: Pet, change: Change): Promise<Saved>;
}

export function createStore(http: string, tokens: Tokens, sessionId: string): Store {
  const headers = { [sessionHeader]: sessionId };
  const call = (path: string, more: Call = {}) => callAs(tokens, http, path, { ...more, headers });

  return {
    async list() {
      const answer = await call(petsPath);
      if (!answer.ok) throw await refusalOf(answer);
      const { pets } = await answer.json();
      return pets;
    },
    async save(pet, change) {
      const answer = await call(`${petsPath}/${encodeURIComponent(pet.petId)}`, {
        method: 'PUT',
        body: { ...change, version: pet.version },
      });
      if (answer.status === 409) return { outcome: 'lost-race' };
      if (!answer.ok) throw await refusalOf(answer);
      return { outcome: 'saved', pet: await answer.json() };
    },
  };
}
