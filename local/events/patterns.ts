import { InvalidPattern } from './invalid-pattern.ts';
import { compileLeaf, type Leaf, type LeafTest } from './pattern-operators.ts';

/** A pattern made ready once, to be asked often. */
export type Matcher = (event: unknown) => boolean;

/** The field at this path passes one of these tests. */
interface Rule {
  readonly path: string;
  readonly tests: readonly LeafTest[];
}

/** One way to satisfy a pattern: all its rules hold. `$or` gives several ways. */
type Way = readonly Rule[];

/** A leaf of an event, with the array elements that one walks through to reach it. */
interface Field {
  readonly value: Leaf;
  readonly elements: ReadonlyMap<string, number>;
}

/** Does this event match this EventBridge pattern? Throws {@link InvalidPattern} for a pattern that AWS refuses. */
export function matches(pattern: unknown, event: unknown): boolean {
  return compilePattern(pattern)(event);
}

/** Checks a pattern once and returns its matcher. Throws {@link InvalidPattern}. */
export function compilePattern(pattern: unknown): Matcher {
  if (!isObject(pattern)) throw new InvalidPattern('An event pattern is a JSON object.');
  const ways = waysOf(pattern, '');
  return (event) => {
    const fields = new Map<string, Field[]>();
    collect(event, '', new Map(), fields);
    return ways.some((way) => satisfies(way, fields, new Map()));
  };
}

// Paths are joined by dots on both sides, so that {"a.b": …} and {"a": {"b": …}} are the same: AWS does so too.
function waysOf(pattern: Readonly<Record<string, unknown>>, path: string): Way[] {
  if (Object.keys(pattern).length === 0) {
    throw new InvalidPattern(`Empty objects are not allowed${path && ` (at ${path})`}.`);
  }
  let ways: Way[] = [[]];
  for (const [key, rule] of Object.entries(pattern)) {
    ways = combine(ways, isOr(key, rule) ? anyOf(rule, path) : waysOfKey(rule, join(path, key)));
  }
  return ways;
}

function waysOfKey(rule: unknown, path: string): Way[] {
  if (isObject(rule)) return waysOf(rule, path);
  if (!Array.isArray(rule)) {
    throw new InvalidPattern(`"${path}" must be an object or an array of what may match.`);
  }
  if (rule.length === 0) throw new InvalidPattern(`Empty arrays are not allowed (at ${path}).`);
  const tests = rule.map((one) => compileLeaf(one, path));
  return [[{ path, tests }]];
}

function anyOf(alternatives: readonly Record<string, unknown>[], path: string): Way[] {
  return alternatives.flatMap((alternative) => waysOf(alternative, path));
}

function combine(left: readonly Way[], right: readonly Way[]): Way[] {
  return left.flatMap((a) => right.map((b) => [...a, ...b]));
}

/** Every rule finds a leaf of its path; leaves taken from one array come from one and the same element. */
function satisfies(
  rules: Way,
  fields: ReadonlyMap<string, readonly Field[]>,
  chosen: ReadonlyMap<string, number>,
): boolean {
  const [rule, ...others] = rules;
  if (rule === undefined) return true;
  const { path, tests } = rule;
  const candidates = fields.get(path);
  if (candidates === undefined) {
    return tests.some((test) => test.whenAbsent) && satisfies(others, fields, chosen);
  }
  return candidates.some((field) => {
    for (const [array, index] of field.elements) {
      if ((chosen.get(array) ?? index) !== index) return false;
    }
    if (!tests.some((test) => test.passes(field.value))) return false;
    return satisfies(others, fields, new Map([...chosen, ...field.elements]));
  });
}

function collect(
  value: unknown,
  path: string,
  elements: ReadonlyMap<string, number>,
  fields: Map<string, Field[]>,
): void {
  if (Array.isArray(value)) {
    for (const [index, element] of value.entries()) {
      // Two plain values of one array may satisfy two rules; only fields of objects belong together.
      const inside = isObject(element) ? new Map([...elements, [path, index]]) : elements;
      collect(element, path, inside, fields);
    }
  } else if (isObject(value)) {
    for (const [key, inner] of Object.entries(value)) {
      collect(inner, join(path, key), elements, fields);
    }
  } else {
    const known = fields.get(path);
    const field = { value: value as Leaf, elements };
    if (known === undefined) fields.set(path, [field]);
    else known.push(field);
  }
}

const isOr = (key: string, rule: unknown): rule is Record<string, unknown>[] =>
  key === '$or' && Array.isArray(rule) && rule.length > 1 && rule.every(isObject);

const join = (path: string, key: string) => (path === '' ? key : `${path}.${key}`);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
