import { expect, test } from 'vitest';
import { backoffMs } from '../../client/backoff.ts';

test('the ceiling doubles from half a second to twenty seconds and stays there', () => {
  const ceilings = [1, 2, 3, 4, 5, 6, 7, 8, 60].map((attempt) => backoffMs(attempt, () => 1));
  expect(ceilings).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 20_000, 20_000, 20_000]);
});

test('the jitter is full: a crowd spreads evenly from nothing to the ceiling', () => {
  const waits = [0, 0.25, 0.5, 0.75].map((random) => backoffMs(3, () => random));
  expect(waits).toEqual([0, 500, 1000, 1500]);
});
