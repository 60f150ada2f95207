import { catalogue } from './catalogue.ts';
import type { Gate, Place } from './gate.ts';
import { readGate, type Wish } from './read-gate.ts';

/** Something that happens at a wire, for a gate to look at. */
export interface Happening {
  readonly at: Place;
  /** Names of the function concerned. */
  readonly by: readonly string[];
  /** Names of what is concerned. */
  readonly what: readonly string[];
  /** All of its text; asked for only where a gate is about something. */
  text(): string;
}

/** A gate that acts on what just happened. */
export interface Met {
  readonly gate: Gate;
  /** Resolves when the gate is opened. */
  readonly opened: Promise<void>;
  /** Numbers in [0, 1) by the gate's seed. */
  random(): number;
}

/** A gate, and how it went so far. */
export type Standing = Gate & {
  /** How many it was for. */
  readonly matched: number;
  /** On how many it acted. */
  readonly acted: number;
};

/** The stage's one register of gates: every wire asks it. */
export interface Gates {
  /** Nothing to ask. */
  readonly areOpen: boolean;
  /** Puts a gate up. Throws a `NoSuchGate` with a sentence. */
  close(wish: Wish | Readonly<Record<string, unknown>>): Standing;
  /** Takes it away, and lets go of what it holds; undefined when there is none. */
  open(id: string): Standing | undefined;
  openAll(): readonly Standing[];
  list(): readonly Standing[];
  /** The oldest gate that acts on this. Each gate that this is for counts it. */
  meet(happening: Happening): Met | undefined;
  /** Calls back whenever a gate was put up or taken away; the function that is returned ends it. */
  follow(listener: () => void): () => void;
}

interface Entry {
  readonly gate: Gate;
  readonly isFor: (happening: Happening) => boolean;
  readonly opened: PromiseWithResolvers<void>;
  readonly random: () => number;
  matched: number;
  acted: number;
}

export function createGates(): Gates {
  const entries = new Map<string, Entry>();
  const listeners = new Set<() => void>();
  let made = 0;

  const standing = ({ gate, matched, acted }: Entry): Standing => ({ ...gate, matched, acted });
  const tell = () => {
    for (const listener of [...listeners]) listener();
  };
  const take = (entry: Entry): Standing => {
    entries.delete(entry.gate.id);
    entry.opened.resolve();
    return standing(entry);
  };

  /** Counts it, and tells whether it is one of those to act on. */
  const acts = (entry: Entry): boolean => {
    const { nth, times, chance } = entry.gate;
    entry.matched += 1;
    if (entry.matched < nth || (times !== 'always' && entry.acted >= times)) return false;
    if (chance < 1 && entry.random() >= chance) return false;
    entry.acted += 1;
    return true;
  };

  return {
    get areOpen() {
      return entries.size === 0;
    },
    close(wish) {
      const gate = readGate(String(made + 1), wish);
      made += 1;
      const entry: Entry = {
        gate,
        isFor: aimOf(gate),
        opened: Promise.withResolvers<void>(),
        random: generator(gate.seed),
        matched: 0,
        acted: 0,
      };
      entries.set(gate.id, entry);
      tell();
      return standing(entry);
    },
    open(id) {
      const entry = entries.get(id);
      const last = entry && take(entry);
      if (last) tell();
      return last;
    },
    openAll() {
      const all = [...entries.values()].map(take);
      if (all.length > 0) tell();
      return all;
    },
    list: () => [...entries.values()].map(standing),
    meet(happening) {
      let first: Entry | undefined;
      for (const entry of entries.values()) {
        // Whoever comes second still counts, but does not use up a time.
        if (!entry.isFor(happening)) continue;
        if (first) entry.matched += 1;
        else if (acts(entry)) first = entry;
      }
      return first && { gate: first.gate, opened: first.opened.promise, random: first.random };
    },
    follow(listener) {
      const follower = () => listener();
      listeners.add(follower);
      return () => listeners.delete(follower);
    },
  };
}

function aimOf(gate: Gate): Entry['isFor'] {
  const isBy = patternOf(gate.by);
  const isWhat = patternOf(gate.what);
  const only = catalogue[gate.at][gate.do]?.only;
  return ({ at, by, what, text }) =>
    at === gate.at &&
    what.some((name) => isWhat(name) && (only?.test(name) ?? true)) &&
    (gate.by === '*' || by.some(isBy)) &&
    (gate.about === '' || text().includes(gate.about));
}

function patternOf(pattern: string): (name: string) => boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[\\^$.+?()[\]{}|]/g, '\\$&'));
  const shape = new RegExp(`^${parts.join('.*')}$`, 's');
  return (name) => shape.test(name);
}

/** Mulberry32: numbers in [0, 1), the same ones for the same seed. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
