import { batch, type Signal, signal } from '@preact/signals';
import { createClient } from '../../client/client.ts';
import type { Gap, Recovery } from '../../client/events.ts';
import type { State } from '../../client/state.ts';
import type { PET_TOPIC } from '../../sample/pet-store/operations.ts';
import { announce } from './announce.ts';
import { createCable } from './cable.ts';
import { cutConnection, type StageFacts } from './stage.ts';
import { type Change, createStore, type Pet } from './store.ts';
import type { Tokens } from './tokens.ts';
import { createWireReader, type WireLine } from './wire.ts';

/** The one topic of the sample store. */
type Topics = { readonly [Topic in typeof PET_TOPIC]: Pet };

type Happening =
  | { readonly kind: 'saving' | 'saved' }
  /** `ms`: since the other one's click, where that is known. */
  | { readonly kind: 'arrived'; readonly ms: number | undefined }
  | { readonly kind: 'recovered' }
  | { readonly kind: 'lost-race' | 'failed'; readonly sentence: string };

/** What last happened to a card; `turn` makes two of the same kind different. */
export type Mark = Happening & { readonly turn: number };

export type Pets =
  | { readonly status: 'loading' }
  | { readonly status: 'here'; readonly list: readonly Pet[] }
  | { readonly status: 'failed'; readonly sentence: string };

/** Who somebody at the playground is. */
export interface Persona {
  readonly name: string;
  /** Which of the stylesheet's colours is theirs. */
  readonly look: 'joe' | 'sam' | 'guest';
  /** How they came to have a token, in a few words. */
  readonly signedIn: string;
  readonly tokens: Tokens;
}

export interface Person extends Omit<Persona, 'tokens'> {
  readonly sessionId: string;
  /** Known from the first time that they were connected. */
  readonly userId: Signal<string | undefined>;
  readonly state: Signal<State>;
  readonly pets: Signal<Pets>;
  readonly marks: Signal<Readonly<Record<string, Mark>>>;
  readonly recovery: Signal<Recovery | undefined>;
  /** The last hole on a socket that went on. */
  readonly gap: Signal<Gap | undefined>;
  readonly wire: Signal<readonly WireLine[]>;
  readonly plugged: Signal<boolean>;
  /** The next message is about to get lost on its way here. */
  readonly losing: Signal<boolean>;
  connect(): void;
  /** For good: their session ends when its grace time is over. */
  leave(): void;
  pull(): Promise<void>;
  plug(): void;
  lose(): void;
  load(): Promise<void>;
  /** Saves upon this version of the pet: whoever saved upon it first, wins. */
  save(pet: Pet, change: Change): Promise<void>;
  /** Changes the price from whatever it is by then; a second click waits for the first. */
  raise(petId: string, by: number): Promise<void>;
}

/** What a person tells the playground, which knows the other one. */
export interface Neighbours {
  /** The function that is returned takes it back: nothing came of the click. */
  clicked(by: string, petId: string): () => void;
  /** Who made this version of the pet, as far as this page knows; and when they clicked. */
  madeBy(pet: Pet): { readonly name: string; readonly clickedAt: number } | undefined;
  saved(by: string, pet: Pet): void;
  arrived(at: string, pet: Pet, recovered: boolean): void;
}

const WIRE_LINES = 60;

/** One of those at the playground: a user with a session, a socket and a store of their own. */
export function createPerson(
  stage: StageFacts,
  { tokens, ...persona }: Persona,
  neighbours: Neighbours,
): Person {
  const { name } = persona;
  const cable = createCable();
  const client = createClient<Topics>({
    url: stage.webSocketUrl,
    getToken: tokens.get,
    WebSocket: cable.WebSocket,
  });
  const store = createStore(stage.httpUrl, tokens, client.sessionId);

  const userId = signal<string | undefined>(undefined);
  const state = signal(client.state);
  const pets = signal<Pets>({ status: 'loading' });
  const marks = signal<Readonly<Record<string, Mark>>>({});
  const recovery = signal<Recovery | undefined>(undefined);
  const gap = signal<Gap | undefined>(undefined);
  const wire = signal<readonly WireLine[]>([]);
  let turns = 0;

  const mark = (petId: string, what: Happening): void => {
    marks.value = { ...marks.value, [petId]: { ...what, turn: ++turns } };
  };

  const newest = new Map<string, Pet>();

  function show(): void {
    const list = [...newest.values()].sort((one, other) => one.petId.localeCompare(other.petId));
    pets.value = { status: 'here', list };
  }

  /** Takes a pet unless a newer version of it is here: answers and messages overtake each other. */
  function take(pet: Pet): void {
    const known = newest.get(pet.petId);
    if (known && known.version >= pet.version) return;
    newest.set(pet.petId, pet);
    if (pets.value.status === 'here') show();
  }

  async function load(): Promise<void> {
    try {
      for (const pet of await store.list()) take(pet);
      show();
    } catch (error) {
      if (pets.value.status !== 'here') pets.value = { status: 'failed', sentence: say(error) };
    }
  }

  async function save(pet: Pet, change: Change): Promise<void> {
    mark(pet.petId, { kind: 'saving' });
    const takeBack = neighbours.clicked(name, pet.petId);
    try {
      const saved = await store.save(pet, change);
      if (saved.outcome === 'saved') {
        take(saved.pet);
        neighbours.saved(name, saved.pet);
        mark(pet.petId, { kind: 'saved' });
        return;
      }
      takeBack();
      await load();
      const now = newest.get(pet.petId);
      const winner = (now && neighbours.madeBy(now)?.name) || 'Somebody else';
      const sentence = `${winner} was first. This is their version: yours was not saved.`;
      mark(pet.petId, { kind: 'lost-race', sentence });
      announce(`${name}: ${sentence}`);
    } catch (error) {
      takeBack();
      mark(pet.petId, { kind: 'failed', sentence: say(error) });
    }
  }

  let raising = Promise.resolve();
  function raise(petId: string, by: number): Promise<void> {
    raising = raising.then(async () => {
      const pet = newest.get(petId);
      if (pet) await save(pet, { price: Math.max(0, pet.price + by) });
    });
    return raising;
  }

  client.on('state', (next) => {
    state.value = next;
    if (next.name === 'connected') userId.value = next.userId;
  });
  client.on('subscribed', load);
  const read = createWireReader();
  client.on('wire', (frame) => {
    wire.value = [read(frame), ...wire.value.slice(0, WIRE_LINES - 1)];
  });
  client.on('recovered', (what) => {
    recovery.value = what;
    announce(`${name} is back: ${what.messages} missed messages recovered.`);
  });
  client.on('gap', (one) => {
    gap.value = one;
    if (!one.recovered) void load();
    else if (recovery.value) announce(`${name} missed ${one.messages}, and has read them.`);
  });
  client.subscribe('Pet', (pet, { recovered }) => {
    batch(() => {
      const clickedAt = neighbours.madeBy(pet)?.clickedAt;
      const ms = clickedAt === undefined ? undefined : Date.now() - clickedAt;
      take(pet);
      mark(pet.petId, recovered ? { kind: 'recovered' } : { kind: 'arrived', ms });
      neighbours.arrived(name, pet, recovered);
    });
    announce(`On ${name}'s page, ${pet.name} changed.`);
  });

  return {
    ...persona,
    sessionId: client.sessionId,
    userId,
    state,
    pets,
    marks,
    recovery,
    gap,
    wire,
    plugged: cable.plugged,
    losing: cable.losing,
    connect() {
      client.connect();
      void load();
    },
    leave: client.disconnect,
    load,
    save,
    raise,
    lose() {
      recovery.value = undefined;
      gap.value = undefined;
      cable.losing.value = true;
    },
    async pull() {
      recovery.value = undefined;
      cable.losing.value = false;
      cable.plugged.value = false;
      const now = client.state;
      if (now.name === 'connected') await cutConnection(now.connectionId);
      // Against a stage that cannot cut, a close from here is the next best thing.
      for (const socket of cable.sockets) socket.close();
    },
    plug() {
      cable.plugged.value = true;
      client.connect();
    },
  };
}

const say = (error: unknown): string => (error instanceof Error ? error.message : String(error));
