/** Runs over all of them, so many at once, and gives the results in their order. The first fault ends it. */
export async function inParallel<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  run: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results = new Array<Result>(items.length);
  const queue = items.entries();
  const lane = async (): Promise<void> => {
    for (const [at, item] of queue) results[at] = await run(item);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, lane));
  return results;
}

/** In pieces of at most so many. */
export const inPieces = <Item>(items: readonly Item[], most: number): Item[][] =>
  Array.from({ length: Math.ceil(items.length / most) }, (_, at) =>
    items.slice(at * most, (at + 1) * most),
  );

/**
 * What several sources give, as it comes: of so many of them at once, each a step ahead of whoever takes it. The first
 * fault ends it.
 */
export async function* merged<Item>(
  sources: readonly AsyncGenerator<Item>[],
  atOnce: number,
): AsyncGenerator<Item> {
  const waiting = [...sources];
  const steps = new Map<AsyncGenerator<Item>, Promise<Step<Item>>>();
  const advance = (source: AsyncGenerator<Item>): void => {
    const step = source.next().then((result) => ({ source, result }));
    // Whoever takes them may have stopped at another one's fault.
    step.catch(() => undefined);
    steps.set(source, step);
  };
  for (const source of waiting.splice(0, atOnce)) advance(source);
  while (steps.size > 0) {
    const { source, result } = await Promise.race(steps.values());
    steps.delete(source);
    const next = result.done ? waiting.shift() : source;
    if (next) advance(next);
    if (!result.done) yield result.value;
  }
}

interface Step<Item> {
  readonly source: AsyncGenerator<Item>;
  readonly result: IteratorResult<Item>;
}
