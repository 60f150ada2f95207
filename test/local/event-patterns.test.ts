import { describe, expect, it } from 'vitest';
import { matches } from '../../local/events/patterns.ts';

const order = {
  source: 'shop',
  count: 7,
  price: 12.5,
  note: null,
  paid: true,
  tags: ['red', 'Blue'],
  from: { address: '192.168.7.20', 'zip.code': '8000' },
  lines: [
    { sku: 'A-1', amount: 1 },
    { sku: 'B-2', amount: 5 },
  ],
};

const YES: ReadonlyArray<[claim: string, pattern: object]> = [
  ['a value of the list', { source: ['post', 'shop'] }],
  ['numbers by value', { count: [7.0] }],
  ['null and booleans', { note: [null], paid: [true] }],
  ['one element of an array', { tags: ['red'] }],
  ['two elements of an array of plain values', { tags: [{ prefix: 'r' }, 'none'] }],
  ['a prefix', { source: [{ prefix: 'sh' }] }],
  ['a prefix in any case', { source: [{ prefix: { 'equals-ignore-case': 'SH' } }] }],
  ['a suffix in any case', { source: [{ suffix: { 'equals-ignore-case': 'OP' } }] }],
  ['equality in any case', { tags: [{ 'equals-ignore-case': 'BLUE' }] }],
  ['a range', { price: [{ numeric: ['>', 12, '<=', 12.5] }] }],
  ['an absent field', { missing: [{ exists: false }] }],
  ['a field that is there', { from: { address: [{ exists: true }] } }],
  ['a network', { from: { address: [{ cidr: '192.168.0.0/16' }] } }],
  ['a wildcard', { source: [{ wildcard: 's*p' }] }],
  ['an escaped star', { starred: [{ wildcard: 'a\\*b*' }] }],
  ['anything but', { source: [{ 'anything-but': ['post', 'mail'] }] }],
  ['anything but a wildcard', { source: [{ 'anything-but': { wildcard: 'p*' } }] }],
  ['dots in either key', { 'from.zip': { code: ['8000'] } }],
  ['two rules met by one line', { lines: { sku: ['B-2'], amount: [5] } }],
  ['one side of $or', { $or: [{ count: [1] }, { paid: [true] }] }],
  [
    '$or beside a rule of the same field',
    { count: [7], $or: [{ count: [7, 8] }, { paid: [false] }] },
  ],
];

const NO: ReadonlyArray<[claim: string, pattern: object]> = [
  ['another value', { source: ['post'] }],
  ['a number as a string', { count: ['7'] }],
  ['a string for a number', { source: [{ numeric: ['=', 1] }] }],
  ['a missing field', { missing: ['x'] }],
  ['a missing field by anything-but', { missing: [{ 'anything-but': 'x' }] }],
  ['an object where a leaf is asked for', { from: [{ exists: true }] }],
  ['another network', { from: { address: [{ cidr: '10.0.0.0/8' }] } }],
  ['one rule out of two', { source: ['shop'], count: [8] }],
  ['two rules met by different lines', { lines: { sku: ['A-1'], amount: [5] } }],
  ['neither side of $or', { $or: [{ count: [1] }, { paid: [false] }] }],
  ['$or when the rule beside it fails', { count: [8], $or: [{ count: [7] }, { paid: [true] }] }],
];

const REFUSED: ReadonlyArray<[claim: string, pattern: object]> = [
  ['a bare value', { source: 'shop' }],
  ['an empty list', { source: [] }],
  ['an empty object', { from: {} }],
  ['an unknown match type', { source: [{ like: 's' }] }],
  ['a match type in capitals', { source: [{ PREFIX: 's' }] }],
  ['two match types at once', { source: [{ prefix: 's', suffix: 'p' }] }],
  ['a prefix that is no string', { source: [{ prefix: 7 }] }],
  ['an empty prefix in anything-but', { source: [{ 'anything-but': { prefix: '' } }] }],
  ['a range that is none', { count: [{ numeric: ['<', 1, '<', 9] }] }],
  ['half a range', { count: [{ numeric: ['>', 1, '<'] }] }],
  ['a network that is none', { source: [{ cidr: '300.0.0.0/8' }] }],
  ['a mask that is none', { source: [{ cidr: '10.0.0.0/33' }] }],
  ['two stars in a row', { source: [{ wildcard: 'a**' }] }],
  ['a wildcard that is too complex', { source: [{ wildcard: '*a*b*c*d*e*' }] }],
  ['anything-but of mixed kinds', { source: [{ 'anything-but': ['a', 1] }] }],
];

describe('event patterns', () => {
  it.each(YES)('match %s', (_, pattern) => {
    expect(matches(pattern, { ...order, starred: 'a*bc' })).toBe(true);
  });
  it.each(NO)('do not match %s', (_, pattern) => {
    expect(matches(pattern, order)).toBe(false);
  });
  it.each(REFUSED)('refuse %s', (_, pattern) => {
    expect(() => matches(pattern, order)).toThrow(/not valid|not allowed|must be/);
  });
});
