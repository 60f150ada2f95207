import { expect, it } from 'vitest';
import { shardFor, shardsFor } from '../../rules/shards.ts';

it('a topic has as many shards as its subscribers fill, doubled each time', () => {
  const counted = [0, 1, 10, 11, 20, 21, 40, 41, 1000].map((many) => shardsFor(many, 10));
  expect(counted).toEqual([1, 1, 1, 2, 2, 4, 4, 8, 128]);
});

it('a subscriber has one shard, and each shard about as many subscribers', () => {
  const filled = new Array<number>(8).fill(0);
  for (let at = 0; at < 8000; at += 1) {
    const shard = shardFor(`user-${at}#tab`, 8);
    expect(shardFor(`user-${at}#tab`, 8)).toBe(shard);
    filled[shard] = (filled[shard] ?? 0) + 1;
  }
  expect(Math.min(...filled)).toBeGreaterThan(850);
  expect(Math.max(...filled)).toBeLessThan(1150);
  expect(shardFor('anybody#tab', 1)).toBe(0);
});
