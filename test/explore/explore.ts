import { startConflictProxy } from '../support/conflict-proxy.ts';
import { startEngine } from '../support/engine.ts';
import { type Finding, play, type Schedule, scheduleOf } from './schedule.ts';
import type { Arena, Plant } from './world.ts';

export interface Exploration {
  readonly seed: number;
  readonly schedules: number;
  readonly first?: number;
  readonly plant?: Plant;
  /** Look for the least schedule that breaks the same promise, too. */
  readonly isShrunk?: boolean;
}

export interface Findings {
  readonly finding: Finding | undefined;
  readonly played: number;
  /** In how many schedules what happened. */
  readonly met: ReadonlyMap<string, number>;
}

/** What schedules must have in them, or they show nothing; each as it stands in a trace. */
const patterns = {
  'killed before a call': /CRASH before it$/,
  'killed before an answer': /CRASH before the answer$/,
  'out of time': /TIMED OUT$/,
  'done twice': /done twice/,
  'every batch twice': /^every batch of the stream comes twice$/,
  'a transaction in conflict': /→ TransactionCanceled \[.*TransactionConflict/,
  'a condition lost beside a conflict': /\[.*(Failed, .*Conflict|Conflict, .*Failed)/,
  'a write in conflict': /→ TransactionConflict/,
  'an error for an answer': /→ ServiceUnavailable/,
  'ended without its sender': /answer to .*CRASH before it$/,
} as const;
export const happenings = Object.keys(patterns) as (keyof typeof patterns)[];
const isIn = (trace: readonly string[], happening: keyof typeof patterns): boolean =>
  trace.some((line) => patterns[happening].test(line));

const SCHEDULES_PER_ENGINE = 100;
const SIDE_BY_SIDE = 3;
/** Interleavings that shrinking tries of each smaller schedule. */
const SALTS = 4;

/** Plays schedules by seed until a promise breaks; then the least schedule that still breaks it. */
export async function explore({
  seed,
  schedules,
  first = 0,
  plant = {},
  isShrunk = true,
}: Exploration): Promise<Findings> {
  let played = 0;
  const met = new Map<string, number>();
  for (let from = 0; from < schedules; from += SCHEDULES_PER_ENGINE) {
    const engine = await startEngine();
    const conflicts = await startConflictProxy(engine, 0);
    const newArena = async (): Promise<Arena> => ({
      reach: await engine.createTables(),
      conflicts,
    });
    try {
      const numbers = Array.from(
        { length: Math.min(SCHEDULES_PER_ENGINE, schedules - from) },
        (_, at) => first + from + at,
      );
      const findings: Finding[] = [];
      const queue = numbers.values();
      const lane = async (): Promise<void> => {
        for (const number of queue) {
          if (findings.length > 0) return;
          const { finding, trace } = await play(await newArena(), scheduleOf(seed, number), plant);
          played += 1;
          for (const each of happenings.filter((happening) => isIn(trace, happening)))
            met.set(each, (met.get(each) ?? 0) + 1);
          if (finding) findings.push(finding);
        }
      };
      await Promise.all(Array.from({ length: SIDE_BY_SIDE }, lane));
      const [lowest] = findings.sort((a, b) => a.schedule.number - b.schedule.number);
      if (lowest) {
        const finding = isShrunk ? await shrink(newArena, lowest, plant) : lowest;
        return { finding, played, met };
      }
    } finally {
      await conflicts.stop();
      await engine.stop();
    }
  }
  return { finding: undefined, played, met };
}

/** Leaves out crashes and steps, one by one, for as long as some interleaving breaks the same promise. */
async function shrink(
  newArena: () => Promise<Arena>,
  found: Finding,
  plant: Plant,
): Promise<Finding> {
  let least = found;
  const isFoundIn = async (schedule: Schedule): Promise<boolean> => {
    for (let salt = 0; salt < SALTS; salt += 1) {
      const { finding } = await play(await newArena(), { ...schedule, salt }, plant);
      if (finding?.promise !== found.promise) continue;
      least = finding;
      return true;
    }
    return false;
  };
  await isFoundIn({ ...least.schedule, crashes: 0 });
  await isFoundIn({ ...least.schedule, outages: 0 });
  await isFoundIn({ ...least.schedule, slowness: 0 });
  for (let isLess = true; isLess; ) {
    isLess = false;
    for (let at = least.schedule.steps.length - 1; at >= 0; at -= 1) {
      const steps = least.schedule.steps.toSpliced(at, 1);
      isLess = (await isFoundIn({ ...least.schedule, steps })) || isLess;
    }
  }
  return least;
}

/** What a person needs to see it again. */
export const report = ({ promise, seen, schedule, trace }: Finding, fault?: string): string =>
  [
    `Broken: ${promise} (${seen}).`,
    `Replay: npm run explore -- --seed ${schedule.seed} --replay ${schedule.number}${fault ? ` --fault '${fault}'` : ''}`,
    ...trace.map((line) => `  ${line}`),
  ].join('\n');
