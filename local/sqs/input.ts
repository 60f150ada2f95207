import { AwsFault } from '../service.ts';
import { invalidValue } from './sqs-fault.ts';

export type Input = Readonly<Record<string, unknown>>;

/** The parameter as text. Throws SQS's fault where it is missing. */
export function textIn(input: Input, name: string): string {
  const value = input[name];
  if (typeof value !== 'string') {
    throw new AwsFault(
      'MissingRequiredParameterException',
      `The request must contain the parameter ${name}.`,
    );
  }
  return value;
}

/** The parameter as a whole number within its bounds; undefined where it is left out. */
export function numberIn(input: Input, name: string, least: number, most: number) {
  const value = input[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most) {
    throw invalidValue(
      `Value ${value} for parameter ${name} is invalid. Reason: Must be between ${least} and ${most}, if provided.`,
    );
  }
  return value;
}

/** The parameter in seconds, as ms. */
export function secondsIn(input: Input, name: string, most: number): number | undefined {
  const seconds = numberIn(input, name, 0, most);
  return seconds === undefined ? undefined : seconds * 1_000;
}

/** The parameter as a list of names; empty where it is left out. */
export function namesIn(input: Input, name: string): readonly string[] {
  const value = input[name];
  return Array.isArray(value) ? value.map(String) : [];
}

const MOST_ENTRIES = 10;

/** The entries of a batch call, each with an id of its own. */
export function entriesIn(input: Input): ReadonlyArray<Input & { readonly Id: string }> {
  const { Entries: entries } = input;
  if (!Array.isArray(entries) || entries.length === 0) {
    throw new AwsFault('EmptyBatchRequest', 'There should be at least one entry in the request.');
  }
  if (entries.length > MOST_ENTRIES) {
    throw new AwsFault(
      'TooManyEntriesInBatchRequest',
      `Maximum number of entries per request are ${MOST_ENTRIES}. You have sent ${entries.length}.`,
    );
  }
  const ids = new Set<string>();
  for (const entry of entries as Input[]) {
    const id = textIn(entry, 'Id');
    if (!/^[\w-]{1,80}$/.test(id)) {
      throw new AwsFault(
        'InvalidBatchEntryId',
        'A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.',
      );
    }
    if (ids.has(id)) throw new AwsFault('BatchEntryIdsNotDistinct', `Id ${id} repeated.`);
    ids.add(id);
  }
  return entries as Array<Input & { readonly Id: string }>;
}
