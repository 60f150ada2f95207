/**
 * The form of invitation codes, for people who type them: four groups of four letters. No letter looks
 * like another (Crockford's alphabet), and case, dashes, spaces and the usual mix-ups are forgiven.
 */

import { INVITATION_GROUP, INVITATION_LETTERS } from './limits.ts';

/** 32 letters: 5 bits each. */
export const CODE_LETTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

const codeShape = new RegExp(`^[${CODE_LETTERS}]{${INVITATION_LETTERS}}$`);

/** The letters of a code as somebody typed it; undefined when it is no code. */
export function readCode(typed: string): string | undefined {
  if (typed.length > 4 * INVITATION_LETTERS) return undefined;
  const letters = typed
    .toUpperCase()
    .replace(/[\s\p{Dash_Punctuation}]/gu, '')
    .replaceAll('O', '0')
    .replace(/[IL]/g, '1');
  return codeShape.test(letters) ? letters : undefined;
}

/** `ABCD-EFGH-JKMN-PQRS` */
export const writeCode = (letters: string): string =>
  letters.match(new RegExp(`.{${INVITATION_GROUP}}`, 'g'))?.join('-') ?? letters;
