import { beforeAll, expect, it } from 'vitest';
import { explore } from './explore.ts';
import { faults } from './faults.ts';

/** Another one each time; what it finds can be played again. */
const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);
const SCHEDULES = 200;
/** Of the planted faults: the same each time, so that the budgets are claims. */
const FAULT_SEED = 1;
/** What the schedules have to have in them, or they show nothing. */
const HAPPENINGS = [
  'killed after stamping',
  'killed before stamping',
  'overlapped',
  'repeated',
  'page again',
  'grown',
  'express',
  'express killed',
  'reordered',
  'parked',
  'redriven',
  'post failed',
  'reconnected',
  'hole seen',
  'fill read',
];

beforeAll(() => {
  process.env.EPOCH = '';
});

it(`[G2] [G3] [G4] [G6] ${SCHEDULES} schedules: 1..N on each topic, and everybody hears all of it once`, async () => {
  const { failure, tally, played } = await explore({ seed: SEED, schedules: SCHEDULES });
  expect(failure?.text, `seed ${SEED}`).toBeUndefined();
  expect(played).toBe(SCHEDULES);
  expect(HAPPENINGS.filter((what) => !tally.get(what))).toEqual([]);
}, 180_000);

it.each(Object.entries(faults))(
  'finds %s',
  async (_, { plant, within }) => {
    const { failure } = await explore({ seed: FAULT_SEED, schedules: within, plant });
    expect(failure, `not within ${within} schedules`).toBeDefined();
  },
  60_000,
);
