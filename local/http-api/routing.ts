/** A route key (`GET /pets/{id}`, `ANY /{proxy+}`, `$default`), ready to be asked. */
export interface RouteKey {
  readonly text: string;
  /** `ANY` for every method; empty for `$default`, as is the path. */
  readonly method: string;
  /** The path as the template writes it, variables and all. */
  readonly path: string;
  readonly segments: readonly Segment[];
}

interface Segment {
  readonly kind: 'literal' | 'variable' | 'greedy';
  /** The literal text, or the variable's name. */
  readonly name: string;
}

export interface Match<R> {
  readonly route: R;
  /** Values of the path's variables, decoded. */
  readonly pathParameters: Readonly<Record<string, string>>;
}

const DEFAULT_ROUTE = '$default';

/** Throws a sentence for what is no route key of an HTTP API. */
export function readRouteKey(text: string, owner: string): RouteKey {
  if (text === DEFAULT_ROUTE) return { text, method: '', path: '', segments: [] };
  const [, method, path] = /^([A-Z]+) (\/.*)$/.exec(text) ?? [];
  if (!method || !path) {
    throw new Error(
      `${owner} has the route key "${text}"; an HTTP API has "METHOD /path" or $default.`,
    );
  }
  const segments = path.slice(1).split('/').map(readSegment);
  const greedy = segments.findIndex(({ kind }) => kind === 'greedy');
  if (greedy !== -1 && greedy !== segments.length - 1) {
    throw new Error(`${owner} has the route key "${text}"; a {proxy+} stands last in its path.`);
  }
  return { text, method, path, segments };
}

function readSegment(text: string): Segment {
  const [, name, plus] = /^\{([^{}+]+)(\+?)\}$/.exec(text) ?? [];
  if (!name) return { kind: 'literal', name: text };
  return { kind: plus ? 'greedy' : 'variable', name };
}

/** The most specific route for a request: full match before variables, before `{proxy+}`, before `$default`. */
export function chooseRoute<R extends { readonly key: RouteKey }>(
  routes: readonly R[],
  method: string,
  path: string,
): Match<R> | undefined {
  const segments = path.replace(/^\//, '').split('/');
  let best: Match<R> | undefined;
  for (const route of routes) {
    const pathParameters = match(route.key, method, segments);
    if (!pathParameters) continue;
    if (!best || compare(route.key, best.route.key) < 0) best = { route, pathParameters };
  }
  return best;
}

function match(key: RouteKey, method: string, asked: readonly string[]) {
  if (key.text === DEFAULT_ROUTE) return {};
  if (key.method !== 'ANY' && key.method !== method) return undefined;
  const isGreedy = key.segments.at(-1)?.kind === 'greedy';
  if (isGreedy ? asked.length < key.segments.length : asked.length !== key.segments.length) {
    return undefined;
  }
  const values: Record<string, string> = {};
  for (const [index, { kind, name }] of key.segments.entries()) {
    const value = (kind === 'greedy' ? asked.slice(index).join('/') : asked[index]) ?? '';
    if (kind === 'literal') {
      if (value !== name && decode(value) !== name) return undefined;
    } else if (value === '') {
      return undefined;
    } else {
      values[name] = decode(value);
    }
  }
  return values;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const RANK = { literal: 0, variable: 1, greedy: 2 };

/** Negative when `a` is the more specific of two keys that both match. */
function compare(a: RouteKey, b: RouteKey): number {
  if (a.text === DEFAULT_ROUTE || b.text === DEFAULT_ROUTE)
    return a.text === DEFAULT_ROUTE ? 1 : -1;
  for (const [index, { kind }] of a.segments.entries()) {
    const other = b.segments[index];
    if (other && RANK[kind] !== RANK[other.kind]) return RANK[kind] - RANK[other.kind];
  }
  return Number(a.method === 'ANY') - Number(b.method === 'ANY');
}
