/** An invitation code while somebody types it. Pure. */

import { readCode, writeCode } from '../../contract/invitation-code.ts';
import { INVITATION_GROUP, INVITATION_LETTERS } from '../../contract/limits.ts';

const groups = new RegExp(`.{${INVITATION_GROUP}}(?=.)`, 'g');

const lettersIn = (text: string): string => text.toUpperCase().replace(/[^A-Z0-9]/g, '');

/** In groups, with the caret after the same letter as before. */
export function groupTyped(typed: string, caret: number): { text: string; caret: number } {
  const text = group(lettersIn(typed).slice(0, INVITATION_LETTERS));
  const before = group(lettersIn(typed.slice(0, caret)).slice(0, INVITATION_LETTERS));
  return { text, caret: before.length };
}

const group = (letters: string): string => letters.replace(groups, '$&-');

/** As it was given out, with the usual mix-ups put right; undefined when it is no whole code. */
export function wholeCode(typed: string): string | undefined {
  const letters = readCode(typed);
  return letters && writeCode(letters);
}
