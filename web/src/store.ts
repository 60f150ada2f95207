import type { SESSION_HEADER } from '../../contract/http.ts';
import type { operations } from '../../sample/pet-store/operations.ts';
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
  const base = http.replace(/\/$/, '');

  async function call(path: string, init: RequestInit = {}): Promise<Response> {
    const once = async () => {
      const headers = {
        Authorization: `Bearer ${await tokens.get()}`,
        [sessionHeader]: sessionId,
        ...(init.body ? { 'Content-Type': 'application/json' } : {}),
      };
      return fetch(`${base}${path}`, { ...init, headers }).catch(() => {
        throw new Error('The store cannot be reached.');
      });
    };
    const answer = await once();
    if (answer.status !== 401) return answer;
    // Expired or revoked since it was taken: a new one is worth exactly one more try.
    tokens.forget();
    return once();
  }

  async function refusal(answer: Response): Promise<Error> {
    const said = await answer.json().catch(() => ({}));
    if (answer.status === 401) return new Error('The token is not accepted, a new one neither.');
    return new Error(said.message ?? `The store answers ${answer.status}.`);
  }

  return {
    async list() {
      const answer = await call(petsPath);
      if (!answer.ok) throw await refusal(answer);
      const { pets } = await answer.json();
      return pets;
    },
    async save(pet, change) {
      const body = JSON.stringify({ ...change, version: pet.version });
      const answer = await call(`${petsPath}/${encodeURIComponent(pet.petId)}`, {
        method: 'PUT',
        body,
      });
      if (answer.status === 409) return { outcome: 'lost-race' };
      if (!answer.ok) throw await refusal(answer);
      return { outcome: 'saved', pet: await answer.json() };
    },
  };
}
