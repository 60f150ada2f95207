import { Duration } from 'aws-cdk-lib';
import {
  Dashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
  SingleValueWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type { MetricName } from '../../contract/metrics.ts';
import { keysOf } from '../records.ts';
import type { SwitchboardFunctions } from './switchboard-functions.ts';
import type { SwitchboardMetrics } from './switchboard-metrics.ts';
import type { SwitchboardQueues } from './switchboard-queues.ts';

export interface DashboardProps {
  readonly metrics: SwitchboardMetrics;
  readonly functions: SwitchboardFunctions;
  readonly queues: SwitchboardQueues;
}

/** One page for whoever looks after it: who is there, what they get, what fails, what it takes [S2-08] [S3-09] [S4-07]. */
export function switchboardDashboard(
  scope: Construct,
  { metrics, functions, queues }: DashboardProps,
): Dashboard {
  const period = Duration.minutes(1);
  const of = (...names: readonly MetricName[]): IMetric[] => names.map((name) => metrics.of(name));
  const percentiles = (name: MetricName): IMetric[] =>
    ['p50', 'p99'].map((statistic) =>
      metrics.of(name, { statistic }).with({ label: `${name} ${statistic}` }),
    );
  const everyFunction = (
    metric: 'Errors' | 'Duration' | 'ConcurrentExecutions',
    statistic: string,
  ) =>
    keysOf(functions).map((name) =>
      functions[name].metric(metric, { statistic, period, label: name }),
    );

  const dashboard = new Dashboard(scope, 'Dashboard');
  const row = (...widgets: readonly IWidget[]) => dashboard.addWidgets(...widgets);
  const graph = (title: string, left: IMetric[]) =>
    new GraphWidget({ title, left, width: 24 / 3, height: 6, leftYAxis: { min: 0 } });

  row(
    new SingleValueWidget({
      title: 'Now',
      width: 24,
      height: 3,
      metrics: [
        metrics.of('ActiveConnections', { statistic: 'Maximum' }),
        ...of('Delivered', 'GonePosts', 'DeliveriesFailed', 'ConnectionErrors'),
        metrics.of('MessageLatency'),
      ],
    }),
  );
  row(
    graph('Active connections', [metrics.of('ActiveConnections', { statistic: 'Maximum' })]),
    graph('How long connections last', percentiles('ConnectionDuration')),
    graph('Connection errors', of('ConnectionErrors', 'RefusedTokens')),
  );
  row(
    graph('From publish to the last post', percentiles('MessageLatency')),
    graph('Deliveries', of('Delivered', 'GonePosts', 'DeliveriesFailed')),
    graph('What fails, %', [
      metrics.failureRate('deliveries', 'DeliveriesFailed', 'Delivered', period),
      metrics.failureRate('broadcasts', 'BroadcastFailed', 'BroadcastDelivered', period),
      metrics.failureRate('direct messages', 'DirectFailed', 'DirectDelivered', period),
    ]),
  );
  row(
    graph(
      'Broadcasts and direct messages',
      of('BroadcastDelivered', 'BroadcastFailed', 'DirectDelivered', 'DirectFailed'),
    ),
    graph('Drift between rows and sockets', of('RowsWithoutSocket', 'SocketsWithoutRow')),
    graph('Clean-ups', of('CleanedConnections')),
  );
  row(
    graph('Connection manager', of('ManagerAnswers', 'ManagerErrors')),
    graph('Connection manager: response time', percentiles('ManagerTime')),
    graph(
      'What lies parked',
      Object.entries(queues.ends).map(([label, queue]) =>
        queue.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum', period, label }),
      ),
    ),
  );
  row(
    graph('Functions: errors', everyFunction('Errors', 'Sum')),
    graph('Functions: duration p99', everyFunction('Duration', 'p99')),
    graph('Functions: at once', everyFunction('ConcurrentExecutions', 'Maximum')),
  );
  return dashboard;
}
