import {
  METRICS_DIMENSION,
  METRICS_NAMESPACE,
  type Measured,
  type MetricName,
  metrics,
} from '../../contract/metrics.ts';
import { deploymentName } from './environment.ts';

/** CloudWatch takes no more values of one metric in one line. */
const VALUES_PER_LINE = 100;

/**
 * Hands numbers to CloudWatch, on one line of the log (embedded metric format): no call, no wait. Not through
 * the console, whose lines Lambda puts into an envelope where CloudWatch does not look for metrics. Flows that
 * run outside a deployment measure nothing.
 */
export function measure(measured: Measured): void {
  const deployment = deploymentName();
  if (deployment === undefined) return;
  const named = Object.entries(measured) as [MetricName, number | readonly number[]][];
  const line = {
    _aws: {
      Timestamp: Date.now(),
      CloudWatchMetrics: [
        {
          Namespace: METRICS_NAMESPACE,
          Dimensions: [[METRICS_DIMENSION]],
          Metrics: named.map(([Name]) => ({ Name, Unit: metrics[Name].unit })),
        },
      ],
    },
    [METRICS_DIMENSION]: deployment,
    ...Object.fromEntries(named.map(([name, value]) => [name, atMost(value)])),
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** Of more values, the latest: enough for percentiles. */
const atMost = (value: number | readonly number[]) =>
  typeof value === 'number' ? value : value.slice(-VALUES_PER_LINE);
