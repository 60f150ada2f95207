import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { METRICS_DIMENSION, METRICS_NAMESPACE, type MetricName } from '../contract/metrics.ts';
import type { Place } from './place.ts';

/** What the overview shows, each as CloudWatch counts it: by the minute. */
const asked = {
  connections: ['ActiveConnections', 'Maximum'],
  delivered: ['Delivered', 'Sum'],
  gone: ['GonePosts', 'Sum'],
  failed: ['DeliveriesFailed', 'Sum'],
  latencyMean: ['MessageLatency', 'Average'],
  latencyMost: ['MessageLatency', 'Maximum'],
  rowsWithoutSocket: ['RowsWithoutSocket', 'Sum'],
  socketsWithoutRow: ['SocketsWithoutRow', 'Sum'],
} as const satisfies Readonly<Record<string, readonly [MetricName, 'Maximum' | 'Sum' | 'Average']>>;

export type SeriesName = keyof typeof asked;

/** Minutes that measured nothing are null. */
export interface MetricSeries {
  /** The beginning of each minute in seconds since the epoch, oldest first. */
  readonly times: readonly number[];
  readonly values: Readonly<Record<SeriesName, readonly (number | null)[]>>;
}

const PERIOD_SECONDS = 60;
const MINUTES = 60;

/** The last hour, the minute that is not over included. AWS charges for each series that is read. */
export async function readMetrics(place: Place, now = Date.now()): Promise<MetricSeries> {
  const last = Math.floor(now / 1000 / PERIOD_SECONDS) * PERIOD_SECONDS;
  const times = Array.from(
    { length: MINUTES },
    (_, at) => last - (MINUTES - 1 - at) * PERIOD_SECONDS,
  );
  const Dimensions = [{ Name: METRICS_DIMENSION, Value: place.output('DeploymentName') }];
  const { MetricDataResults = [] } = await new CloudWatchClient(place.aws).send(
    new GetMetricDataCommand({
      StartTime: new Date((times[0] ?? last) * 1000),
      EndTime: new Date((last + PERIOD_SECONDS) * 1000),
      MetricDataQueries: Object.entries(asked).map(([Id, [MetricName, Stat]]) => ({
        Id,
        MetricStat: {
          Metric: { Namespace: METRICS_NAMESPACE, MetricName, Dimensions },
          Period: PERIOD_SECONDS,
          Stat,
        },
      })),
    }),
  );
  const values = MetricDataResults.map(({ Id = '', Timestamps = [], Values = [] }) => {
    const byTime = new Map(Timestamps.map((time, at) => [time.getTime() / 1000, Values[at]]));
    return [Id, times.map((time) => byTime.get(time) ?? null)];
  });
  return { times, values: Object.fromEntries(values) };
}
