import { describe, expect, it } from 'vitest';
import { reportedFailures } from '../../local/mappings/partial-batch.ts';

const batch = new Set(['11', '12', '13']);
const failing = (...identifiers: unknown[]) =>
  JSON.stringify({ batchItemFailures: identifiers.map((itemIdentifier) => ({ itemIdentifier })) });

describe('what a function reports of its batch', () => {
  it.each([
    'null',
    '{}',
    '[]',
    '{"batchItemFailures":null}',
    '{"batchItemFailures":[]}',
    '{"other":"answer"}',
    '',
  ])('success: %s', (answer) => {
    expect(reportedFailures(answer, batch)).toEqual(new Set());
  });

  it.each([
    ['an empty identifier', failing('')],
    ['a null identifier', failing(null)],
    ['a number', failing(12)],
    ['an identifier that is not in the batch', failing('99')],
    ['a wrong key name', '{"batchItemFailures":[{"id":"12"}]}'],
    ['a null entry', '{"batchItemFailures":[null]}'],
    ['good and bad identifiers together', failing('12', 'nope')],
    ['no list', '{"batchItemFailures":"12"}'],
    ['a bare string', '"12"'],
  ])('the whole batch fails: %s', (_, answer) => {
    expect(reportedFailures(answer, batch)).toBe('all');
  });

  it('valid identifiers fail alone', () => {
    expect(reportedFailures(failing('13', '11', '13'), batch)).toEqual(new Set(['13', '11']));
  });
});
