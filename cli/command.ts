import { UsageError } from '../operator/errors.ts';
import type { Place } from '../operator/place.ts';

/** What a command line names: `connections drop`. */
export interface Command {
  /** Words after the name, as help shows them: `ID`, `[--user U]`. */
  readonly usage: string;
  readonly says: string;
  /** Options beside those of every command; each takes a text. */
  readonly options?: readonly string[];
  /** Options that take nothing, and are `'true'` where they stand. */
  readonly flags?: readonly string[];
  /** How many words it takes. */
  readonly words?: readonly [least: number, most: number];
  /** It goes on until Ctrl-C, and minds the signal. */
  readonly goesOn?: true;
  run(place: Place, asked: Asked): Promise<Outcome>;
}

export interface Asked {
  readonly words: readonly string[];
  readonly options: Readonly<Record<string, string | undefined>>;
  /** Tells something before it is all over, as `tail` does; people are told the sentence, where there is one. */
  readonly tell: (told: Row, sentence?: string) => void;
  /** Ctrl-C, for what goes on until then. */
  readonly signal: AbortSignal;
}

export type Row = Readonly<Record<string, unknown>>;

export interface Outcome {
  /** For programs, as it is. */
  readonly json: unknown;
  /** For people: a table of rows, or one thing by its fields. @default what is for programs */
  readonly rows?: readonly Row[];
  readonly sentence?: string;
  /** Something is wrong with what was looked at, though the look itself went well: exit code 1. */
  readonly isBad?: boolean;
}

/** `--user` where a command cannot do without. */
export function demand(asked: Asked, option: string): string {
  const value = asked.options[option];
  if (value === undefined) throw new UsageError(`--${option} is missing.`);
  return value;
}
