import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Refusal } from '../../contract/refusals.ts';
import { getInvitation, useInvitation } from '../../lambdas/stores/invitations.ts';
import { standingOf } from '../../rules/invitation.ts';
import { type Engine, type EveryReach, startEngine } from '../support/engine.ts';
import { asItIs, type Candidate, explore } from './explore.ts';

/** EXPLORE_SEED replays one schedule, EXPLORE_SCHEDULES sets how many there are. */
const SEED = Number(process.env.EXPLORE_SEED ?? Math.floor(Math.random() * 2 ** 30));
const SCHEDULES = Number(process.env.EXPLORE_SCHEDULES ?? (process.env.EXPLORE_SEED ? 1 : 500));
const AT_ONCE = 8;

let engine: Engine;
let reach: EveryReach;

beforeAll(async () => {
  // Thousands of deaths are asked for here: their lines would hide the one that matters.
  vi.spyOn(console, 'info').mockReturnValue();
  vi.spyOn(console, 'error').mockReturnValue();
  engine = await startEngine();
  reach = await engine.createTables();
});
afterAll(() => engine.stop());

async function exploreMany(candidate: Candidate, schedules: number) {
  const complaints: string[] = [];
  const met: Record<string, number> = {};
  const seeds = Array.from({ length: schedules }, (_, at) => SEED + at).values();
  const lane = async () => {
    for (const seed of seeds) {
      const report = await explore(reach, seed, candidate);
      complaints.push(...report.complaints.map((each) => `${each} (EXPLORE_SEED=${seed})`));
      for (const [what, times] of Object.entries(report.met)) met[what] = (met[what] ?? 0) + times;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return { complaints, met };
}

describe('sign-up under any race and crash', () => {
  it(`[S0-02] [G10] in ${SCHEDULES} schedules no code gives two accounts, none is burnt, nobody is told wrong`, async () => {
    const { complaints, met } = await exploreMany(asItIs, SCHEDULES);
    expect(complaints).toEqual([]);
    if (SCHEDULES < 100) return;
    // The hard cases were among them.
    for (const what of [
      'died before a call',
      'died after a call',
      'died with a call under way',
      'timed out',
      'error, but create done',
      'error, but finish done',
      'error, create later',
      'error, no create',
      'signed up',
      'invitation-in-use',
      'user-name-taken',
      'password-invalid',
    ]) {
      expect(met[what], what).toBeGreaterThan(10);
    }
  }, 120_000);

  it.each<{ plant: string; candidate: Candidate; finds: string }>([
    {
      plant: 'validate, create, mark',
      finds: 'one code, two accounts',
      candidate: {
        flow: async (reach, { code, userName, password }, now) => {
          const row = await getInvitation(reach, code);
          if (!row || standingOf(row, now) !== 'good') throw new Refusal('invitation-invalid');
          const created = await reach.users.create(userName, password, code);
          if (created.is !== 'created') throw new Refusal('user-name-taken');
          await reach.users.finish(created.userId, password);
          await useInvitation(reach, row, created.userId);
        },
      },
    },
    {
      plant: 'a release without looking up',
      finds: 'one code, two accounts',
      candidate: {
        flow: asItIs.flow,
        users: (pool) => ({ ...pool, find: async () => undefined }),
      },
    },
    {
      plant: 'anybody of that name counts as the earlier claimant',
      finds: 'a code was burnt',
      candidate: {
        flow: asItIs.flow,
        users: (pool, [code]) => ({
          ...pool,
          find: async (name) => {
            const user = await pool.find(name);
            return user && code !== undefined ? { ...user, invitation: code } : user;
          },
        }),
      },
    },
    {
      plant: 'an unfinished user counts as finished',
      finds: 'a code was burnt',
      candidate: {
        flow: asItIs.flow,
        users: (pool) => ({
          ...pool,
          find: async (name) => {
            const user = await pool.find(name);
            return user && { ...user, isFinished: true };
          },
        }),
      },
    },
  ])('a planted fault is found: $plant', async ({ candidate, finds }) => {
    const { complaints } = await exploreMany(candidate, 60);
    expect(complaints.join('\n')).toContain(finds);
  });
});
