import { expect, it } from 'vitest';
import { merged } from '../../lambdas/platform/parallel.ts';

async function collect<Item>(items: AsyncGenerator<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

it('gives all that every source has, no more of them at once than it may', async () => {
  let [open, most] = [0, 0];
  async function* source(name: string, many: number) {
    open += 1;
    most = Math.max(most, open);
    for (let at = 0; at < many; at += 1) yield `${name}${at}`;
    open -= 1;
  }
  const sources = [source('a', 3), source('b', 0), source('c', 2), source('d', 1)];
  const all = await collect(merged(sources, 2));
  expect(all.sort()).toEqual(['a0', 'a1', 'a2', 'c0', 'c1', 'd0']);
  expect(most).toBe(2);
  expect(await collect(merged([], 2))).toEqual([]);
});

it('a slow source keeps no other one waiting', async () => {
  let finish = () => {};
  const slowly = new Promise<void>((resolve) => {
    finish = resolve;
  });
  async function* slow() {
    await slowly;
    yield 'slow';
  }
  async function* quick() {
    yield 'quick';
    finish();
  }
  expect(await collect(merged([slow(), quick()], 2))).toEqual(['quick', 'slow']);
});

it('ends with the first fault, whatever the others come to', async () => {
  async function* failing(message: string) {
    yield* await Promise.reject<string[]>(new Error(message));
  }
  await expect(collect(merged([failing('one'), failing('two')], 2))).rejects.toThrow('one');
});
