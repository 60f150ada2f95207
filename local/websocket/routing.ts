import { parseLenientJson } from './lenient-json.ts';

/** The route key that a client's message selects; undefined when the text is not JSON. */
export type RouteSelection = (text: string) => string | undefined;

const DEFAULT_ROUTE = '$default';
const WHOLE = /^\$request\.body((?:\.[\w-]+|\[\d+\]|\['[^']+'\])+)$/;
const PART = /\$\{request\.body((?:\.[\w-]+|\[\d+\]|\['[^']+'\])+)\}|\\\$|[^$\\]+/y;
const STEP = /\.([\w-]+)|\[(\d+)\]|\['([^']+)'\]/g;

type Part = string | readonly string[];

/** Compiles a route selection expression. Throws a sentence when it is of a kind that is not known here. */
export function compileSelection(expression: string): RouteSelection {
  const parts = readParts(expression);
  if (parts.every((part) => typeof part === 'string')) return () => parts.join('');
  return (text) => {
    const body = parseLenientJson(text);
    if (body === undefined) return undefined;
    return parts
      .map((part) => (typeof part === 'string' ? part : stringify(look(body, part))))
      .join('');
  };
}

/**
 * The route of a message: the selected one, else `$default`, else none. A client cannot select
 * `$connect` or `$disconnect`, however it spells its action.
 */
export function routeOf<Route>(
  routes: ReadonlyMap<string, Route>,
  key: string | undefined,
): Route | undefined {
  const custom = key === undefined || key.startsWith('$') ? undefined : routes.get(key);
  return custom ?? routes.get(DEFAULT_ROUTE);
}

function readParts(expression: string): readonly Part[] {
  const whole = WHOLE.exec(expression)?.[1];
  if (whole !== undefined) return [readPath(whole)];
  const parts: Part[] = [];
  PART.lastIndex = 0;
  while (PART.lastIndex < expression.length) {
    const match = PART.exec(expression);
    if (!match) {
      throw new Error(
        `The route selection expression "${expression}" is not understood: write $request.body.NAME or \${request.body.NAME} parts with text between them.`,
      );
    }
    parts.push(match[1] === undefined ? match[0].replace('\\$', '$') : readPath(match[1]));
  }
  return parts;
}

function readPath(path: string): readonly string[] {
  return [...path.matchAll(STEP)].map(([, name, index, quoted]) => name ?? index ?? quoted ?? '');
}

function look(body: unknown, path: readonly string[]): unknown {
  let value = body;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step))
      return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}

/** Arrays as documented (`[a, b]`). What AWS makes of an object is not known; here it selects nothing. */
function stringify(value: unknown): string {
  return Array.isArray(value) ? `[${value.map(scalarText).join(', ')}]` : scalarText(value);
}

function scalarText(value: unknown): string {
  return value === undefined || typeof value === 'object' ? '' : String(value);
}
