import { METRICS_NAMESPACE, type MetricName } from '../../../contract/metrics.ts';

/** One metric as the stage tells it: minutes that brought nothing are left out. */
export interface MetricReport {
  readonly namespace: string;
  readonly name: string;
  readonly minutes: readonly {
    /** ISO. */
    readonly at: string;
    readonly count: number;
    readonly sum: number;
    readonly most: number;
    readonly latest: number;
  }[];
}

type Of = 'sum' | 'latest' | 'most' | 'mean';

const MINUTE_MS = 60_000;
const MINUTES = 60;

/** Each minute of the last hour, oldest first: seconds since the epoch, and null where nothing was measured. */
export function lastHourOf(
  reports: readonly MetricReport[],
  metric: MetricName,
  of: Of,
  now = Date.now(),
): { readonly times: readonly number[]; readonly values: readonly (number | null)[] } {
  const report = reports.find(
    ({ namespace, name }) => namespace === METRICS_NAMESPACE && name === metric,
  );
  const byMinute = new Map(report?.minutes.map((minute) => [Date.parse(minute.at), minute]));
  const last = Math.floor(now / MINUTE_MS) * MINUTE_MS;
  const times = Array.from({ length: MINUTES }, (_, at) => last - (MINUTES - 1 - at) * MINUTE_MS);
  const values = times.map((time) => {
    const minute = byMinute.get(time);
    if (minute === undefined) return null;
    return of === 'mean' ? minute.sum / minute.count : minute[of];
  });
  return { times: times.map((time) => time / 1000), values };
}
