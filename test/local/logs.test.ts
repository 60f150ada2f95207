import { describe, expect, it } from 'vitest';
import { type LogEvent, readQuery } from '../../local/logs/query.ts';

const line = (message: object, at = 0): LogEvent => {
  const json = { timestamp: new Date(at).toISOString(), message };
  return { at, log: 'a:g', text: JSON.stringify(json), json };
};
const asks = (filter: string, message: object) =>
  readQuery(`filter ${filter}`).isAskedFor(line(message));

describe('queries of logs', () => {
  it.each([
    ['message.a = "x"', { a: 'x' }, true],
    ['message.a = "x"', { a: 'y' }, false],
    ['message.a = "x"', {}, false],
    ['message.n = "7"', { n: 7 }, true],
    ['message.a = "x" and message.b = "y"', { a: 'x', b: 'y' }, true],
    ['message.a = "x" and message.b = "y"', { a: 'x' }, false],
    ['message.a = "x" or message.b = "y"', { b: 'y' }, true],
    ['message.a = "1" or message.b = "1" and message.c = "1"', { a: '1' }, true],
    ['(message.a = "1" or message.b = "1") and message.c = "1"', { a: '1' }, false],
    ['message.a in ["x", "y"]', { a: 'y' }, true],
    ['message.a in ["x", "y"]', { a: 'z' }, false],
    ['message.a in ["x"]', {}, false],
    ['message.a.b = "x"', { a: { b: 'x' } }, true],
    ['message.a = "with \\"quotes\\" | and \\\\"', { a: 'with "quotes" | and \\' }, true],
    ['message.constructor = "x"', {}, false],
  ])('%s asks for %j: %s', (filter, message, isAskedFor) => {
    expect(asks(filter, message)).toBe(isAskedFor);
  });

  it('have fields, order and limit, each with Insights’ default', () => {
    expect(readQuery('filter message.a = "x"')).toMatchObject({
      fields: ['@timestamp', '@message'],
      order: 'desc',
      most: 10_000,
    });
    expect(readQuery('fields @message | sort @timestamp asc | limit 5')).toMatchObject({
      fields: ['@message'],
      order: 'asc',
      most: 5,
    });
  });

  it.each([
    'stats count(*) by message.fact',
    'filter message.a like /x/',
    'filter message.a = x',
    'filter message.a = "x" message.b',
    'filter (message.a = "x"',
    'filter message.a in "x"',
    'sort message.a asc',
    'limit many',
    'fields @message; drop',
  ])('that say anything else are refused: %s', (text) => {
    expect(() => readQuery(text)).toThrow('Unexpected query');
  });
});
