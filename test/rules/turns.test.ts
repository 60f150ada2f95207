import { expect, it } from 'vitest';
import { turnsOf } from '../../rules/turns.ts';

const crowd = (size: number) =>
  Array.from({ length: size }, (_, at) => ({
    connectionId: Buffer.from(`${at * 7919}`.padStart(11, '0')).toString('base64'),
  }));

it('within the budget everybody is asked in each round', () => {
  expect(turnsOf(crowd(10), 10, 5)).toEqual({ asked: crowd(10), rounds: 1 });
});

it.each([
  [11, 10],
  [4000, 2000],
  [20_000, 2000],
])(
  'of %d with a budget of %d each has one turn in all rounds, and none is above the budget',
  (size, budget) => {
    const { rounds } = turnsOf(crowd(size), budget, 0);
    const asked: string[] = [];
    for (let round = 100; round < 100 + rounds; round += 1) {
      const turn = turnsOf(crowd(size), budget, round);
      expect(turn.asked.length).toBeLessThanOrEqual(budget);
      asked.push(...turn.asked.map(({ connectionId }) => connectionId));
    }
    expect(asked.sort()).toEqual(
      crowd(size)
        .map(({ connectionId }) => connectionId)
        .sort(),
    );
    expect(rounds).toBeLessThanOrEqual(Math.ceil(size / (0.8 * budget)));
  },
);
