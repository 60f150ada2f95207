/** The stage's gates and clock, as its console tells of them (docs/GATES.md). */

export interface Gate {
  readonly id: string;
  readonly at: string;
  readonly do: string;
  readonly by: string;
  readonly what: string;
  readonly about: string;
  readonly when: 'before' | 'after';
  readonly ms: number;
  readonly more: number;
  readonly nth: number;
  readonly times: number | 'always';
  readonly chance: number;
  readonly seed: number;
  /** How many it was for, and on how many it acted. */
  readonly matched: number;
  readonly acted: number;
}

export interface Kind {
  readonly does: string;
  readonly standsFor: string;
  readonly after?: true;
  readonly ms?: true;
  readonly more?: true;
  readonly lasts?: true;
}

export interface Gates {
  readonly gates: readonly Gate[];
  readonly catalogue: Readonly<Record<string, Readonly<Record<string, Kind>>>>;
}

export interface StageClock {
  /** ISO. */
  readonly now: string;
  /** How far it is ahead of this machine's. */
  readonly aheadMs: number;
}

/** What a form holds; what is empty is left out, so that the stage's own default holds. */
export interface Wish {
  readonly at: string;
  readonly do: string;
  readonly by: string;
  readonly what: string;
  readonly about: string;
  readonly when: string;
  readonly ms: string;
  readonly more: string;
  readonly nth: string;
  readonly times: string;
  readonly chance: string;
  readonly seed: string;
}

const NUMBERS = new Set(['ms', 'more', 'nth', 'times', 'chance', 'seed']);

/** The request for a gate. A word where a number belongs goes as it is: the stage says what it wants instead. */
export const gateOf = (wish: Wish, kind: Kind | undefined): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(wish).flatMap(([name, text]) => {
      const isLeftOut =
        text === '' ||
        (name === 'when' && !kind?.after) ||
        (name === 'ms' && !kind?.ms) ||
        (name === 'more' && !kind?.more);
      if (isLeftOut) return [];
      const number = Number(text);
      return [[name, NUMBERS.has(name) && Number.isFinite(number) ? number : text]];
    }),
  );

/** What a gate is for, in one line. */
export function aimOf({ by, what, about, when }: Gate): string {
  return [
    what === '*' ? 'anything' : what,
    ...(by === '*' ? [] : [`by ${by}`]),
    ...(about === '' ? [] : [`about ${about}`]),
    ...(when === 'after' ? ['after it was done'] : []),
  ].join(', ');
}

/** Which of those it acts on. */
export function countOf({ nth, times, chance }: Gate): string {
  const from = nth === 1 ? '' : `from number ${nth} on, `;
  const of = times === 'always' ? 'on all of them' : times === 1 ? 'once' : `on ${times} of them`;
  return `${from}${of}${chance < 1 ? `, each with a chance of ${chance}` : ''}`;
}
