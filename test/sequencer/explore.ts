import { startEngine } from '../support/engine.ts';
import { type Product, shipped } from './product.ts';
import { play, type Tally } from './schedule.ts';
import type { World } from './world.ts';

export interface Exploration {
  readonly seed: number;
  /** The first one, and how many. */
  readonly from?: number;
  readonly schedules: number;
  readonly plant?: (world: Pick<World, 'ledger'>) => Product;
}

export interface Findings {
  readonly played: number;
  readonly tally: Tally;
  /** The first schedule that broke a promise, if one did. */
  readonly failure?: { readonly schedule: number; readonly text: string };
}

const SCHEDULES_PER_ENGINE = 100;
const TRACE_LINES = 60;
/** While one waits for the engine, another thinks. */
const SIDE_BY_SIDE = 2;

/** Plays schedules one after the other until one breaks a promise. */
export async function explore({
  seed,
  from = 0,
  schedules,
  plant = () => shipped,
}: Exploration): Promise<Findings> {
  const tally = new Map<string, number>();
  const failures: NonNullable<Findings['failure']>[] = [];
  let played = 0;
  const end = from + schedules;
  for (let first = from; first < end && failures.length === 0; first += SCHEDULES_PER_ENGINE) {
    const engine = await startEngine();
    const tables = await engine.createTables();
    const queue = Array.from(
      { length: Math.min(SCHEDULES_PER_ENGINE, end - first) },
      (_, at) => first + at,
    ).values();
    const lane = async (): Promise<void> => {
      for (const schedule of queue) {
        if (failures.length > 0) return;
        const { broken, trace, tally: its } = await play(tables, plant, seed, schedule);
        played += 1;
        for (const [what, count] of its) tally.set(what, (tally.get(what) ?? 0) + count);
        if (broken.length === 0) continue;
        failures.push({ schedule, text: report(seed, schedule, broken, trace) });
      }
    };
    try {
      await Promise.all(Array.from({ length: SIDE_BY_SIDE }, lane));
    } finally {
      await engine.stop();
    }
  }
  const [failure] = failures.sort((one, other) => one.schedule - other.schedule);
  return { played, tally, ...(failure && { failure }) };
}

const report = (
  seed: number,
  schedule: number,
  broken: readonly string[],
  trace: readonly string[],
): string =>
  [
    `Schedule ${schedule} of seed ${seed}:`,
    ...broken.map((each) => `  ${each}`),
    `The last of its ${trace.length} steps:`,
    ...trace.slice(-TRACE_LINES).map((line) => `  ${line}`),
    `Again: node test/sequencer/run.ts --seed ${seed} --schedule ${schedule}`,
  ].join('\n');
