import { parseJson } from './json.ts';

/**
 * Reads JSON as the gateway does when it looks for a route: unquoted names and words, single quotes,
 * superfluous commas and trailing text pass. One such message is recorded on AWS (unquoted name); the
 * rest follows from the permissive parser that it points to. Undefined when it is no JSON even so.
 */
export function parseLenientJson(text: string): unknown {
  const strict = parseJson(text);
  return strict === undefined ? readLeniently(text) : strict;
}

const DEEPEST = 200;
const TOKEN =
  /\s*(?:([{}[\],:])|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([^\s{}[\],:"'][^{}[\],:]*))/sy;

interface Token {
  readonly mark?: string;
  readonly value?: unknown;
}

function readLeniently(text: string): unknown {
  const next = tokens(text);
  try {
    const first = next();
    // A bare word is a string to the permissive parser, and no string leads to a route.
    return first.mark === '{' || first.mark === '[' ? readValue(first, next, 0) : undefined;
  } catch {
    return undefined;
  }
}

function readValue(token: Token, next: () => Token, depth: number): unknown {
  if (depth > DEEPEST) throw new SyntaxError('not JSON, however leniently');
  if (token.mark === '{') return readObject(next, depth + 1);
  if (token.mark === '[') return readArray(next, depth + 1);
  if (token.mark !== undefined) throw new SyntaxError('not JSON, however leniently');
  return token.value;
}

function readObject(next: () => Token, depth: number): Record<string, unknown> {
  const object: Record<string, unknown> = Object.create(null);
  for (let token = next(); token.mark !== '}'; token = next()) {
    if (token.mark === ',') continue;
    if (token.mark !== undefined || next().mark !== ':')
      throw new SyntaxError('not JSON, however leniently');
    object[String(token.value)] = readValue(next(), next, depth);
  }
  return object;
}

function readArray(next: () => Token, depth: number): unknown[] {
  const items: unknown[] = [];
  for (let token = next(); token.mark !== ']'; token = next()) {
    if (token.mark !== ',') items.push(readValue(token, next, depth));
  }
  return items;
}

function tokens(text: string): () => Token {
  let at = 0;
  return () => {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (!match) throw new SyntaxError('not JSON, however leniently');
    at = TOKEN.lastIndex;
    const [, mark, double, single, word] = match;
    if (mark !== undefined) return { mark };
    return { value: word === undefined ? unquote(double ?? single ?? '') : readWord(word.trim()) };
  };
}

function unquote(quoted: string): unknown {
  const strict = quoted.replace(/\\'/g, "'").replace(/(?<!\\)"/g, '\\"');
  return parseJson(`"${strict}"`) ?? quoted;
}

/** A number, `true`, `false`, `null`, or else a string without quotes. */
function readWord(word: string): unknown {
  const value = parseJson(word);
  return value === undefined ? word : value;
}
