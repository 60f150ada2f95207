import type { Service, StageContext } from '../service.ts';
import { readEmbedded, type Value } from './embedded-metrics.ts';

/** What one minute brought of one metric. */
interface Minute {
  /** ISO. */
  readonly at: string;
  readonly count: number;
  readonly sum: number;
  readonly least: number;
  readonly most: number;
  readonly latest: number;
}

export interface MetricReport {
  readonly namespace: string;
  readonly name: string;
  readonly unit: string;
  readonly dimensions: readonly string[];
  /** Oldest first; minutes that brought nothing are left out. */
  readonly minutes: readonly Minute[];
}

export interface Metrics extends Service {
  report(): readonly MetricReport[];
}

const MINUTE_MS = 60_000;
/** Three hours: as long as CloudWatch keeps what is finer than a minute. */
const MINUTES_KEPT = 180;

/** Reads the metrics that functions write into their logs, as CloudWatch does, and keeps the last hours of them. */
export function createMetrics(context: StageContext): Metrics {
  const series = new Map<string, MetricReport & { minutes: Minute[] }>();
  let unfollow = () => {};

  const add = ({ namespace, name, unit, dimensions, at, values }: Value) => {
    const key = JSON.stringify([namespace, name, dimensions]);
    const known = series.get(key) ?? { namespace, name, unit, dimensions, minutes: [] };
    series.set(key, known);
    const { minutes } = known;
    const minute = new Date(Math.floor(at / MINUTE_MS) * MINUTE_MS).toISOString();
    // Lines of several processes may come a little out of order.
    const place = minutes.findLastIndex((each) => each.at <= minute);
    const before = minutes[place]?.at === minute ? minutes[place] : undefined;
    const merged = merge(minute, before, values);
    if (before) minutes[place] = merged;
    else minutes.splice(place + 1, 0, merged);
    if (minutes.length > MINUTES_KEPT) minutes.shift();
  };

  return {
    name: 'metrics',
    start: async () => {
      unfollow = context.trace.follow(({ kind, outcome, by }) => {
        if (kind !== 'metric') return;
        try {
          for (const value of readEmbedded(outcome)) add(value);
        } catch (error) {
          context.warn(`A line of ${by} is no metric to CloudWatch: ${(error as Error).message}.`);
        }
      });
      return 'what functions measure';
    },
    stop: async () => unfollow(),
    report: () => [...series.values()],
  };
}

const merge = (at: string, before: Minute | undefined, values: readonly number[]): Minute => ({
  at,
  count: (before?.count ?? 0) + values.length,
  sum: values.reduce((sum, value) => sum + value, before?.sum ?? 0),
  least: Math.min(before?.least ?? Number.POSITIVE_INFINITY, ...values),
  most: Math.max(before?.most ?? Number.NEGATIVE_INFINITY, ...values),
  latest: values.at(-1) ?? before?.latest ?? 0,
});
