import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CODE_LETTERS } from '../../contract/invitation-code.ts';
import { INVITATION_GROUP, INVITATION_LETTERS } from '../../contract/limits.ts';
import type { Place } from './place.ts';

const group = `[${CODE_LETTERS}]{${INVITATION_GROUP}}`;
const shapes: Readonly<Record<string, RegExp>> = {
  'a token': /\beyJ[\w-]{10,}\.[\w-]*\./,
  'a code': new RegExp(
    `(?<![\\w-])${group}(-${group}){${INVITATION_LETTERS / INVITATION_GROUP - 1}}(?![\\w-])`,
  ),
  // As tests invent them.
  'a password': /Aa1!|Correct-Horse/,
};

/** Everything that the functions of a stage have logged so far, by file. */
export function readLogs({ directory }: Place): Readonly<Record<string, string>> {
  const folder = join(directory, 'logs');
  const files = readdirSync(folder);
  return Object.fromEntries(files.map((file) => [file, readFileSync(join(folder, file), 'utf8')]));
}

/** Whatever looks like a token, an invitation's code or a test's password. Names where, never shows it. */
export const findSecretShapes = (logs: Readonly<Record<string, string>>): string[] =>
  Object.entries(logs).flatMap(([file, text]) =>
    Object.entries(shapes).flatMap(([what, shape]) =>
      shape.test(text) ? [`${what} stands in ${file}`] : [],
    ),
  );
