import { expect, test } from 'vitest';
import { groupTyped, wholeCode } from '../../web/src/code-letters.ts';

/** What stands in the field after these keys, with `|` for the caret. */
function typing(...keys: readonly string[]): string {
  let field = { text: '', caret: 0 };
  for (const key of keys) {
    const { text, caret } = field;
    const isBack = key === '←';
    const before = isBack ? text.slice(0, caret - 1) : text.slice(0, caret) + key;
    field = groupTyped(before + text.slice(caret), before.length);
  }
  return `${field.text.slice(0, field.caret)}|${field.text.slice(field.caret)}`;
}

test('a code shows groups of four while it is typed, in whatever case and with or without dashes', () => {
  expect(typing(...'abcde')).toBe('ABCD-E|');
  expect(typing(...'abcd-efgh')).toBe('ABCD-EFGH|');
  expect(typing(' abcd efgh jkmn pqrs ')).toBe('ABCD-EFGH-JKMN-PQRS|');
});

test('the caret stays behind the letter that was typed or taken away', () => {
  expect(groupTyped('ABXCD-EFGH', 3)).toEqual({ text: 'ABXC-DEFG-H', caret: 3 });
  expect(typing(...'abcde', '←')).toBe('ABCD|');
  expect(typing(...'abcde', '←', '←')).toBe('ABC|');
});

test('a code has no more letters than a code has', () => {
  expect(typing('abcdefghjkmnpqrstvwxyz')).toBe('ABCD-EFGH-JKMN-PQRS|');
});

test.each(['abcdefghjkmnpqr0', 'ABCD-EFGH-JKMN-PQRO', ' abcd efgh-jkmn pqro'])(
  '"%s" is put right as soon as it is whole',
  (typed) => {
    expect(wholeCode(typed)).toBe('ABCD-EFGH-JKMN-PQR0');
  },
);

test.each(['', 'ABCD', 'ABCD-EFGH-JKMN-PQRU'])('"%s" is no whole code', (typed) => {
  expect(wholeCode(typed)).toBeUndefined();
});
