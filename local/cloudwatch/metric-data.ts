import { AwsFault } from '../service.ts';

/** What one minute brought of one metric. */
export interface Minute {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly count: number;
  readonly sum: number;
  readonly least: number;
  readonly most: number;
}

export interface Series {
  readonly namespace: string;
  readonly name: string;
  readonly unit: string;
  /** `name=value` of each. */
  readonly dimensions: readonly string[];
  /** Oldest first; minutes that brought nothing are left out. */
  readonly minutes: readonly Minute[];
}

/** `GetMetricData`, as its JSON protocol sends it; times are in seconds. */
export interface MetricDataRequest {
  readonly MetricDataQueries?: readonly Query[];
  readonly StartTime?: number;
  readonly EndTime?: number;
  readonly ScanBy?: string;
}

interface Query {
  readonly Id: string;
  readonly Label?: string;
  readonly MetricStat?: {
    readonly Metric: {
      readonly Namespace: string;
      readonly MetricName: string;
      readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[];
    };
    readonly Period: number;
    readonly Stat: string;
  };
}

const stats: Readonly<Record<string, (minute: Minute) => number>> = {
  SampleCount: ({ count }) => count,
  Sum: ({ sum }) => sum,
  Average: ({ sum, count }) => sum / count,
  Minimum: ({ least }) => least,
  Maximum: ({ most }) => most,
};

const MINUTE_SECONDS = 60;
const QUERIES_MOST = 500;

/** Whole periods between the two times, each with what it measured; a period that measured nothing is left out. */
export function metricData(series: readonly Series[], request: MetricDataRequest) {
  const { MetricDataQueries: queries = [], StartTime: from, EndTime: to, ScanBy } = request;
  if (from === undefined || to === undefined) throw invalid('StartTime and EndTime are required.');
  if (from >= to) throw invalid('The parameter EndTime must be greater than StartTime.');
  if (queries.length === 0) throw invalid('The parameter MetricDataQueries is required.');
  if (queries.length > QUERIES_MOST) throw invalid(`At most ${QUERIES_MOST} queries at once.`);
  return {
    MetricDataResults: queries.map((query) => {
      const points = pointsOf(series, query, from, to);
      if (ScanBy !== 'TimestampAscending') points.reverse();
      return {
        Id: query.Id,
        Label: query.Label ?? query.MetricStat?.Metric.MetricName,
        Timestamps: points.map(([at]) => at),
        Values: points.map(([, value]) => value),
        StatusCode: 'Complete',
      };
    }),
  };
}

function pointsOf(all: readonly Series[], { Id, MetricStat }: Query, from: number, to: number) {
  if (!/^[a-z]\w*$/.test(Id ?? '')) throw invalid(`Invalid Id ${Id}: it begins in lower case.`);
  if (MetricStat === undefined) throw invalid('The local stage has no metric math.');
  const { Metric, Period, Stat } = MetricStat;
  const statOf = stats[Stat];
  if (statOf === undefined) throw invalid(`The local stage has no statistic ${Stat}.`);
  if (!(Period > 0 && Period % MINUTE_SECONDS === 0)) {
    throw invalid('The period is a multiple of 60 seconds.');
  }
  const dimensions = (Metric.Dimensions ?? []).map(({ Name, Value }) => `${Name}=${Value}`);
  const { minutes = [] } =
    all.find(
      (each) =>
        each.namespace === Metric.Namespace &&
        each.name === Metric.MetricName &&
        each.dimensions.toSorted().join('\n') === dimensions.toSorted().join('\n'),
    ) ?? {};
  const periodOf = ({ at }: Minute) => Math.floor(at / 1000 / Period) * Period;
  const within = minutes.filter((minute) => periodOf(minute) >= from && periodOf(minute) < to);
  return [...Map.groupBy(within, periodOf)].map(
    ([at, several]) => [at, statOf(several.reduce(together))] as const,
  );
}

/** Two parts of what was measured, as one. */
export const together = (one: Minute, other: Minute): Minute => ({
  at: one.at,
  count: one.count + other.count,
  sum: one.sum + other.sum,
  least: Math.min(one.least, other.least),
  most: Math.max(one.most, other.most),
});

const invalid = (message: string) => new AwsFault('InvalidParameterValueException', message);
