import { type ReadonlySignal, signal } from '@preact/signals';
import type { Update } from './hops.ts';
import { createPerson, type Neighbours, type Person, type Persona } from './person.ts';
import type { StageFacts } from './stage.ts';
import type { Pet } from './store.ts';
import { createTokens, type Tokens } from './tokens.ts';

/** The last change of a pet, followed from the click to the other page. */
export interface LastUpdate extends Update {
  readonly by: string;
  readonly petId: string;
  readonly pet: Pet | undefined;
  /** Who got its frame, or read it when they were back. */
  readonly reached: string | undefined;
}

export interface Playground {
  readonly people: ReadonlySignal<readonly Person[]>;
  /** Those who have left too: what is told of them later still has their name. */
  readonly acquainted: ReadonlySignal<readonly Person[]>;
  readonly last: ReadonlySignal<LastUpdate | undefined>;
  /** Somebody else sits down here: with a session, a socket and a pane of their own. */
  join(userName: string, tokens: Tokens): Person;
  leave(person: Person): void;
}

const versionOf = (pet: Pet): string => `${pet.petId}/${pet.version}`;

/** Everybody whom the stage knows, each on a socket of their own, and what goes on between them. */
export function openPlayground(stage: StageFacts): Playground {
  const last = signal<LastUpdate | undefined>(undefined);
  const makers = new Map<string, { name: string; clickedAt: number }>();

  const neighbours: Neighbours = {
    clicked(by, petId) {
      const before = last.value;
      const clickedAt = performance.timeOrigin + performance.now();
      last.value = { by, petId, clickedAt, pet: undefined, reached: undefined };
      const mine = last.value;
      return () => {
        if (last.value === mine) last.value = before;
      };
    },
    madeBy(pet) {
      const made = makers.get(versionOf(pet));
      if (made) return made;
      // The frame may be here before the answer to the one who clicked.
      const now = last.value;
      const pending = now?.petId === pet.petId && !now.pet;
      return pending ? { name: now.by, clickedAt: now.clickedAt } : undefined;
    },
    saved(name, pet) {
      const now = last.value;
      if (now?.by !== name || now.petId !== pet.petId) return;
      makers.set(versionOf(pet), { name, clickedAt: now.clickedAt });
      last.value = { ...now, pet };
    },
    arrived(at, pet, recovered) {
      const now = last.value;
      const its = now?.petId === pet.petId && (!now.pet || now.pet.version === pet.version);
      if (!its || now.reached || now.by === at) return;
      const arrivedAt = performance.timeOrigin + performance.now();
      last.value = { ...now, reached: at, ...(recovered ? {} : { arrivedAt }) };
    },
  };

  const people = signal<readonly Person[]>([]);
  const acquainted = signal<readonly Person[]>([]);

  function seat(persona: Persona): Person {
    const person = createPerson(stage, persona, neighbours);
    people.value = [...people.value, person];
    acquainted.value = [...acquainted.value, person];
    person.connect();
    return person;
  }

  stage.users.forEach((user, index) => {
    const look = index % 2 === 0 ? 'joe' : 'sam';
    const tokens = createTokens(stage, user);
    seat({ name: user.name, look, signedIn: 'Signed in for you', tokens });
  });

  return {
    people,
    acquainted,
    last,
    join(userName, tokens) {
      const isTaken = people.value.some(({ name }) => name === userName);
      const name = isTaken ? `${userName} again` : userName;
      return seat({ name, look: 'guest', signedIn: 'Your account', tokens });
    },
    leave(person) {
      person.leave();
      people.value = people.value.filter((one) => one !== person);
    },
  };
}
