import { describe, expect, it } from 'vitest';
import { explore, happenings, report } from './explore.ts';
import { faults } from './faults.ts';

/** SCHEDULES and SEED in the environment look further, or elsewhere. */
const SCHEDULES = Number(process.env.SCHEDULES ?? 500);
const SEED = Number(process.env.SEED ?? 1);

describe('presence and sessions, in schedules by chance', () => {
  it(`keeps every promise in ${SCHEDULES} schedules with crashes and conflicts (seed ${SEED})`, async () => {
    const { finding, played, met } = await explore({ seed: SEED, schedules: SCHEDULES });
    expect(finding && report(finding)).toBeUndefined();
    expect(played).toBe(SCHEDULES);
    expect(happenings.filter((happening) => !met.get(happening))).toEqual([]);
  }, 600_000);

  it.each(Object.entries(faults))(
    'finds the planted fault: %s',
    async (_, { within, seed = 1, ...plant }) => {
      const { finding } = await explore({ seed, schedules: within, plant, isShrunk: false });
      expect(finding, `not within ${within} schedules`).toBeDefined();
    },
    60_000,
  );

  it('plays a schedule the same way every time', async () => {
    const plant = faults['version raised on a re-bind'] ?? {};
    const once = () => explore({ seed: SEED, schedules: 20, plant, isShrunk: false });
    const [first, second] = [await once(), await once()];
    expect(first.finding?.trace).toEqual(second.finding?.trace);
    expect(first.finding?.trace.length).toBeGreaterThan(0);
  });
});
