import { BlockList, isIP } from 'node:net';
import { InvalidPattern } from './invalid-pattern.ts';

export type Leaf = string | number | boolean | null;

/** One element of a pattern's array: what a leaf of the event must be. */
export interface LeafTest {
  passes(value: Leaf): boolean;
  /** Whether it is met by an event that has no such field: only `{"exists": false}` is. */
  readonly whenAbsent: boolean;
}

type Test = (value: Leaf) => boolean;
type Operator = (operand: unknown, path: string) => Test;

/** The test that one element of a pattern's array stands for. Throws {@link InvalidPattern}. */
export function compileLeaf(rule: unknown, path: string): LeafTest {
  if (!isObject(rule)) {
    if (Array.isArray(rule)) throw invalid(path, 'an array cannot stand within an array');
    return { passes: (value) => value === rule, whenAbsent: false };
  }
  const [name, operand] = onlyEntry(rule, path);
  if (name === 'exists') {
    if (typeof operand !== 'boolean') throw invalid(path, '"exists" is true or false');
    return { passes: () => operand, whenAbsent: !operand };
  }
  const operator = Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : undefined;
  if (operator === undefined) throw invalid(path, `unknown match type "${name}"`);
  return { passes: operator(operand, path), whenAbsent: false };
}

const OPERATORS: Readonly<Record<string, Operator>> = {
  prefix: affix('prefix'),
  suffix: affix('suffix'),
  'equals-ignore-case': (operand, path) => {
    const wanted = text(operand, path, 'equals-ignore-case').toLowerCase();
    return (value) => typeof value === 'string' && value.toLowerCase() === wanted;
  },
  wildcard: (operand, path) => {
    const expression = wildcard(text(operand, path, 'wildcard'), path);
    return (value) => typeof value === 'string' && expression.test(value);
  },
  numeric: (operand, path) => {
    const bounds = numericBounds(operand, path);
    return (value) => typeof value === 'number' && bounds.every((within) => within(value));
  },
  cidr: (operand, path) => {
    const network = subnet(text(operand, path, 'cidr'), path);
    return (value) => {
      const version = typeof value === 'string' ? isIP(value) : 0;
      return version !== 0 && network.check(String(value), family(version));
    };
  },
  'anything-but': anythingBut,
};

/** `anything-but` takes a value, values of one kind, or one of the string operators with one or more operands. */
function anythingBut(operand: unknown, path: string): Test {
  if (isObject(operand)) {
    const [name, inner] = onlyEntry(operand, path);
    const operator = NEGATABLE.has(name) ? OPERATORS[name] : undefined;
    if (operator === undefined) throw invalid(path, `"anything-but" cannot hold "${name}"`);
    const tests = (Array.isArray(inner) ? inner : [inner]).map((one) => {
      const word = text(one, path, name);
      if (word === '' && name !== 'wildcard') throw invalid(path, `"${name}" must not be empty`);
      return operator(word, path);
    });
    if (tests.length === 0) throw invalid(path, `"${name}" must not be empty`);
    return (value) => !tests.some((test) => test(value));
  }
  const excluded: unknown[] = Array.isArray(operand) ? operand : [operand];
  const kinds = new Set(excluded.map((one) => typeof one));
  if (kinds.size !== 1 || !(kinds.has('string') || kinds.has('number'))) {
    throw invalid(path, '"anything-but" takes strings or numbers, not both');
  }
  return (value) => !excluded.includes(value);
}

const NEGATABLE = new Set(['prefix', 'suffix', 'equals-ignore-case', 'wildcard']);

function affix(side: 'prefix' | 'suffix'): Operator {
  const has = (value: string, part: string) =>
    side === 'prefix' ? value.startsWith(part) : value.endsWith(part);
  return (operand, path) => {
    if (isObject(operand)) {
      const [name, inner] = onlyEntry(operand, path);
      if (name !== 'equals-ignore-case') throw invalid(path, `"${side}" cannot hold "${name}"`);
      const part = text(inner, path, name).toLowerCase();
      return (value) => typeof value === 'string' && has(value.toLowerCase(), part);
    }
    const part = text(operand, path, side);
    return (value) => typeof value === 'string' && has(value, part);
  };
}

// AWS counts the states that a wildcard keeps alive while it reads; each `*` keeps two, and its limit is ten.
const MOST_WILDCARDS = 5;

function wildcard(pattern: string, path: string): RegExp {
  let source = '';
  let stars = 0;
  for (const [part] of pattern.matchAll(/\\[\\*]|\*+|[^*\\]+|\\/g)) {
    if (part === '\\') throw invalid(path, 'a backslash in "wildcard" stands only before * or \\');
    if (part.startsWith('**')) throw invalid(path, 'two * in a row are not allowed in "wildcard"');
    if (part === '*') stars += 1;
    source += part === '*' ? '.*' : escaped(part.replace(/^\\/, ''));
  }
  if (stars > MOST_WILDCARDS) throw invalid(path, 'the rule is too complex: use fewer *');
  return new RegExp(`^${source}$`, 's');
}

const escaped = (text: string) => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

const COMPARISONS: Readonly<Record<string, (value: number, bound: number) => boolean>> = {
  '=': (value, bound) => value === bound,
  '<': (value, bound) => value < bound,
  '<=': (value, bound) => value <= bound,
  '>': (value, bound) => value > bound,
  '>=': (value, bound) => value >= bound,
};

function numericBounds(operand: unknown, path: string): Array<(value: number) => boolean> {
  if (!Array.isArray(operand) || (operand.length !== 2 && operand.length !== 4)) {
    throw invalid(path, '"numeric" takes one comparison or a range, such as [">", 0, "<=", 5]');
  }
  const signs: unknown[] = operand.filter((_, index) => index % 2 === 0);
  // A range has a lower bound first, then an upper one.
  const isRange = /^>=?$/.test(String(signs[0])) && /^<=?$/.test(String(signs[1]));
  if (signs.length === 2 && !isRange) throw invalid(path, '"numeric" has no such range');
  return signs.map((sign, index) => {
    const bound: unknown = operand[index * 2 + 1];
    const compare = COMPARISONS[String(sign)];
    if (compare === undefined || typeof bound !== 'number') {
      throw invalid(path, '"numeric" takes a comparison sign, then a number');
    }
    return (value) => compare(value, bound);
  });
}

function subnet(cidr: string, path: string): BlockList {
  const [address = '', bits = '', ...rest] = cidr.split('/');
  const version = isIP(address);
  const longest = version === 4 ? 32 : 128;
  if (version === 0 || rest.length > 0 || !/^\d+$/.test(bits) || Number(bits) > longest) {
    throw invalid(path, `"${cidr}" is not an address range`);
  }
  const network = new BlockList();
  network.addSubnet(address, Number(bits), family(version));
  return network;
}

const family = (version: number) => (version === 4 ? 'ipv4' : 'ipv6');

function text(operand: unknown, path: string, name: string): string {
  if (typeof operand !== 'string') throw invalid(path, `"${name}" takes a string`);
  return operand;
}

function onlyEntry(rule: Readonly<Record<string, unknown>>, path: string): [string, unknown] {
  const [entry, ...more] = Object.entries(rule);
  if (entry === undefined || more.length > 0) throw invalid(path, 'one match type at a time');
  return entry;
}

const invalid = (path: string, why: string) =>
  new InvalidPattern(`Event pattern is not valid at "${path}": ${why}.`);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
