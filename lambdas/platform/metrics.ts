import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import {
  METRICS_NAMESPACE,
  type Measured,
  type MetricName,
  metrics,
} from '../../contract/metrics.ts';
import { deploymentName } from './environment.ts';

/**
 * Hands numbers to CloudWatch, on a line of the log (embedded metric format): no call, no wait. A line takes a hundred
 * values of one metric; of more, there are more lines. Powertools has a console of its own for them: lines of the global
 * one Lambda puts into an envelope, where CloudWatch does not look. Flows outside a deployment measure nothing.
 */
export function measure(measured: Measured): void {
  const deployment = deploymentName();
  if (deployment === undefined) return;
  const line = lineOf(deployment);
  for (const [name, value] of Object.entries(measured) as [MetricName, number | number[]][]) {
    for (const each of [value].flat()) line.addMetric(name, MetricUnit[metrics[name].unit], each);
  }
  // A hundred values of one metric are a line that was written already.
  if (line.hasStoredMetrics()) line.publishStoredMetrics();
}

let open: { readonly deployment: string; readonly line: Metrics } | undefined;

/** Made when something is first measured: most functions never do. */
function lineOf(deployment: string): Metrics {
  if (open?.deployment !== deployment) {
    const line = new Metrics({ namespace: METRICS_NAMESPACE, serviceName: deployment });
    open = { deployment, line };
  }
  return open.line;
}
