/** One step down: a field, an element, or all of them. */
type Step = (values: readonly unknown[]) => unknown[];

/**
 * Reads the part of JSON that EventBridge knows: `$.detail.items[0].name`, and `*` for all (then a list).
 * Gives undefined where there is nothing. Throws a sentence for any other path.
 */
export function compileJsonPath(path: string): (root: unknown) => unknown {
  const [, rest] = /^\$((?:\.[^.[\]]+|\[(?:\d+|\*)\])*)$/.exec(path) ?? [];
  if (rest === undefined) {
    throw new Error(`the JSON path "${path}" is not understood: write it like $.detail.name`);
  }
  const names = [...rest.matchAll(/\.([^.[\]]+)|\[(\d+|\*)\]/g)].map(
    ([, field, index]) => field ?? index ?? '',
  );
  const steps = names.map((name): Step => {
    return (values) => values.flatMap((value) => (name === '*' ? all(value) : at(value, name)));
  });
  return (root) => {
    const found = steps.reduce<unknown[]>((values, step) => step(values), [root]);
    return names.includes('*') ? found : found[0];
  };
}

function all(value: unknown): unknown[] {
  return typeof value === 'object' && value !== null ? Object.values(value) : [];
}

function at(value: unknown, name: string): unknown[] {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return [];
  // Wrapped, so that a list found there stays one value.
  return [(value as Record<string, unknown>)[name]];
}
