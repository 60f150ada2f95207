import { Duration } from 'aws-cdk-lib';
import { type IMetric, MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import {
  METRICS_DIMENSION,
  METRICS_NAMESPACE,
  type MetricName,
  metrics,
} from '../../contract/metrics.ts';

export interface MetricChoice {
  /** @default 'Sum' for what is counted, 'p99' for what is timed */
  readonly statistic?: string;
  /** @default Duration.minutes(1) */
  readonly period?: Duration;
}

/** What the functions of one Switchboard measure, as CloudWatch knows it. */
export class SwitchboardMetrics {
  private readonly deployment: string;

  constructor(deployment: string) {
    this.deployment = deployment;
  }

  of(name: MetricName, { statistic, period = Duration.minutes(1) }: MetricChoice = {}): Metric {
    return new Metric({
      namespace: METRICS_NAMESPACE,
      metricName: name,
      dimensionsMap: { [METRICS_DIMENSION]: this.deployment },
      statistic: statistic ?? (metrics[name].unit === 'Count' ? 'Sum' : 'p99'),
      period,
    });
  }

  /** `failed` in percent of both together; nothing where there was neither. */
  failureRate(label: string, failed: MetricName, done: MetricName, period: Duration): IMetric {
    const [bad, good] = [idOf(failed), idOf(done)];
    return new MathExpression({
      label,
      expression: `IF(${bad} + ${good} > 0, 100 * ${bad} / (${bad} + ${good}))`,
      usingMetrics: { [bad]: this.of(failed, { period }), [good]: this.of(done, { period }) },
      period,
    });
  }
}

/** As CloudWatch wants the names in an expression; no two of one graph may share one. */
const idOf = (name: MetricName): string => name.charAt(0).toLowerCase() + name.slice(1);
