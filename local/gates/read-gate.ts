import { catalogue } from './catalogue.ts';
import type { Gate, Place } from './gate.ts';

/** A gate as somebody asks for it: what is left out is the default. */
export type Wish = Pick<Gate, 'at' | 'do'> & Partial<Omit<Gate, 'id'>>;

/** Why there is no such gate, and what there is instead: one sentence. */
export class NoSuchGate extends Error {}

const EXAMPLE = '{"at": "call", "by": "*FanOut*", "what": "execute-api:POST", "do": "gone"}';
const NAMES = [
  ...['at', 'do', 'by', 'what', 'about', 'when', 'ms', 'more'],
  ...['nth', 'times', 'chance', 'seed'],
];

/** Reads what somebody asks for. Throws {@link NoSuchGate}. */
export function readGate(id: string, wish: Readonly<Record<string, unknown>>): Gate {
  const unknown = Object.keys(wish).find((name) => !NAMES.includes(name));
  if (unknown !== undefined) {
    throw new NoSuchGate(`A gate has no "${unknown}", but ${NAMES.join(', ')}.`);
  }
  const at = wish.at as Place;
  const kinds = catalogue[at];
  if (!Object.hasOwn(catalogue, String(wish.at)) || kinds === undefined) {
    const places = Object.keys(catalogue).join(', ');
    throw new NoSuchGate(`"at" is one of ${places}, for instance ${EXAMPLE}.`);
  }
  const kind = Object.hasOwn(kinds, String(wish.do)) ? kinds[String(wish.do)] : undefined;
  if (kind === undefined) {
    throw new NoSuchGate(`At "${at}", "do" is one of ${Object.keys(kinds).join(', ')}.`);
  }
  const gate: Gate = {
    id,
    at,
    do: String(wish.do),
    by: textIn(wish, 'by', '*'),
    what: textIn(wish, 'what', '*'),
    about: textIn(wish, 'about', ''),
    when: momentIn(wish),
    ms: numberIn(wish, 'ms', 0, isCount),
    more: numberIn(wish, 'more', 1, isOneOrMore),
    nth: numberIn(wish, 'nth', 1, isOneOrMore),
    times:
      (wish.times ?? (kind.lasts && 'always')) === 'always'
        ? 'always'
        : numberIn(wish, 'times', 1, isOneOrMore),
    chance: numberIn(wish, 'chance', 1, (number) => number > 0 && number <= 1),
    seed: numberIn(wish, 'seed', 1, isCount),
  };
  if (kind.ms && gate.ms === 0) {
    throw new NoSuchGate(`"${gate.do}" needs "ms", a whole number of milliseconds above 0.`);
  }
  for (const name of ['ms', 'more'] as const) {
    if (!kind[name] && wish[name] !== undefined) {
      throw new NoSuchGate(`"${gate.do}" takes no "${name}".`);
    }
  }
  if (gate.when === 'after' && !kind.after) {
    throw new NoSuchGate(`"${gate.do}" acts before only: AWS never answers so what it has done.`);
  }
  if (kind.only && !gate.what.includes('*') && !kind.only.test(gate.what)) {
    throw new NoSuchGate(
      `"${gate.do}" is for what looks like ${kind.only.source}, not for "${gate.what}".`,
    );
  }
  return gate;
}

const isCount = (number: number) => Number.isSafeInteger(number) && number >= 0;
const isOneOrMore = (number: number) => isCount(number) && number > 0;

function textIn(wish: Readonly<Record<string, unknown>>, name: string, fallback: string): string {
  const { [name]: value = fallback } = wish;
  if (typeof value === 'string') return value;
  throw new NoSuchGate(`"${name}" is a text, for instance ${EXAMPLE}.`);
}

function momentIn({ when = 'before' }: Readonly<Record<string, unknown>>): Gate['when'] {
  if (when === 'before' || when === 'after') return when;
  throw new NoSuchGate('"when" is "before" or "after".');
}

function numberIn(
  wish: Readonly<Record<string, unknown>>,
  name: keyof typeof WORDS,
  fallback: number,
  isRight: (number: number) => boolean,
): number {
  const { [name]: value = fallback } = wish;
  if (typeof value === 'number' && isRight(value)) return value;
  throw new NoSuchGate(`"${name}" is ${WORDS[name]}.`);
}

const WORDS = {
  ms: 'a whole number of milliseconds',
  more: 'a whole number from 1 on',
  nth: 'a whole number from 1 on',
  times: 'a whole number from 1 on, or "always"',
  chance: 'a number above 0 and at most 1',
  seed: 'a whole number',
};
