import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  type IAlarmAction,
  type IMetric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { CONNECT_TIMEOUT_SECONDS } from '../../contract/limits.ts';
import { keysOf } from '../records.ts';
import type { StreamFunction } from './stream-sources.ts';
import type { SwitchboardFunctions } from './switchboard-functions.ts';
import type { SwitchboardMetrics } from './switchboard-metrics.ts';
import type { SwitchboardQueues } from './switchboard-queues.ts';

export interface AlarmsProps {
  readonly metrics: SwitchboardMetrics;
  readonly functions: SwitchboardFunctions;
  readonly queues: SwitchboardQueues;
  readonly manyConnections: number;
  readonly actions: readonly IAlarmAction[];
}

interface AlarmSpec {
  readonly says: string;
  readonly metric: IMetric;
  /** From which value on it is bad. */
  readonly threshold: number;
  /** Its section in docs/OPERATIONS.md. @default - its name */
  readonly section?: string;
  /** Of so many periods, so many. @default 1 of 1 */
  readonly within?: { readonly periods: number; readonly bad: number };
  /** Bad is what is missing: no value, or none above the threshold. @default - no news is good news */
  readonly isVital?: true;
}

/**
 * What somebody should be woken for. The name of each is the title of its section under "Alarms" in
 * docs/OPERATIONS.md, which says what it means and what to do.
 */
export function switchboardAlarms(scope: Construct, props: AlarmsProps): readonly Alarm[] {
  const specs = alarmSpecs(props);
  return keysOf(specs).map((name) => {
    const { says, metric, threshold, section = name, isVital, ...spec } = specs[name] as AlarmSpec;
    const { periods, bad } = spec.within ?? { periods: 1, bad: 1 };
    const alarm = new Alarm(scope, `${name}Alarm`, {
      alarmDescription: `${says} What to do: docs/OPERATIONS.md, “${section}”.`,
      metric,
      threshold,
      evaluationPeriods: periods,
      datapointsToAlarm: bad,
      comparisonOperator: isVital
        ? ComparisonOperator.LESS_THAN_THRESHOLD
        : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: isVital ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(...props.actions);
    return alarm;
  });
}

const FIVE_MINUTES = { period: Duration.minutes(5) };

function alarmSpecs({ metrics, functions, queues, manyConnections }: AlarmsProps) {
  const errorsOf = (name: keyof SwitchboardFunctions) => functions[name].metricErrors(FIVE_MINUTES);
  const lagOf = (name: StreamFunction) =>
    functions[name].metric('IteratorAge', { statistic: 'Maximum', period: Duration.minutes(1) });

  const specs: Readonly<Record<string, AlarmSpec>> = {
    ManyConnections: {
      says: `${manyConnections} connections are active, more than were expected.`,
      metric: metrics.of('ActiveConnections', { statistic: 'Maximum', ...FIVE_MINUTES }),
      threshold: manyConnections,
    },
    SweepIsSilent: {
      says: 'No sweep has told anything for five minutes.',
      metric: metrics.of('ActiveConnections', { statistic: 'SampleCount', ...FIVE_MINUTES }),
      threshold: 1,
      isVital: true,
    },
    ConnectionsFail: {
      says: 'Handshakes or frames fail on our side.',
      metric: metrics.of('ConnectionErrors', FIVE_MINUTES),
      threshold: 5,
    },
    ConnectIsSlow: {
      says: 'One handshake in a hundred takes almost as long as it may.',
      metric: functions.connect.metricDuration({ statistic: 'p99', ...FIVE_MINUTES }),
      threshold: CONNECT_TIMEOUT_SECONDS * 1000 * 0.8,
      within: { periods: 3, bad: 2 },
    },
    AnswersFail: {
      says: 'The function that answers frames fails.',
      metric: errorsOf('default'),
      threshold: 5,
    },
    MessagesAreLate: {
      says: 'One message in a hundred takes longer than five seconds to its last recipient.',
      metric: metrics.of('MessageLatency', FIVE_MINUTES),
      threshold: 5000,
      within: { periods: 3, bad: 2 },
    },
    FanOutLags: {
      says: 'New messages wait for a minute before anybody numbers and posts them.',
      metric: lagOf('fan-out'),
      threshold: 60_000,
      within: { periods: 5, bad: 3 },
    },
    DeliveriesFail: {
      says: 'One connection in a hundred is closed because it could not be served.',
      metric: metrics.failureRate(
        'deliveries that fail, %',
        'DeliveriesFailed',
        'Delivered',
        Duration.minutes(5),
      ),
      threshold: 1,
      within: { periods: 3, bad: 2 },
    },
    BroadcastsFail: {
      says: 'A broadcast did not reach everybody in one try.',
      metric: metrics.of('BroadcastFailed', FIVE_MINUTES),
      threshold: 1,
      within: { periods: 3, bad: 2 },
    },
    RowsWithoutSocket: {
      says: 'Sweeps find connections that left without a word, by the hundred.',
      metric: metrics.of('RowsWithoutSocket', FIVE_MINUTES),
      threshold: 100,
      within: { periods: 3, bad: 3 },
    },
    SocketsWithoutRow: {
      says: 'A sweep found an open socket that no row knew.',
      metric: metrics.of('SocketsWithoutRow', FIVE_MINUTES),
      threshold: 1,
    },
    CleanupFindsMany: {
      says: 'The hourly clean-up finds dead connections that the sweep should have found.',
      metric: metrics.of('CleanedConnections', { period: Duration.hours(1) }),
      threshold: 100,
    },
    ManagerFails: {
      says: 'The connection manager answers with a 5xx.',
      metric: metrics.of('ManagerErrors', FIVE_MINUTES),
      threshold: 1,
    },
    LifecycleLags: {
      says: 'Who came and went is told to nobody for a minute, and sessions that were left do not end.',
      metric: lagOf('session-stream'),
      threshold: 60_000,
      within: { periods: 5, bad: 3 },
    },
    BridgeLags: {
      says: 'Notifications wait for a minute before the bus, and whoever follows it, has them.',
      metric: lagOf('notification-bridge'),
      threshold: 60_000,
      within: { periods: 5, bad: 3 },
    },
  };
  return { ...specs, ...Object.fromEntries(Object.entries(queues.ends).map(parked)) };
}

/** Whatever lies at an end waits for a person. */
const parked = ([name, queue]: [string, Queue]): [string, AlarmSpec] => [
  `Parked${name}`,
  {
    says: `Something lies in ${name} that no function could take.`,
    section: 'Parked',
    metric: queue.metricApproximateNumberOfMessagesVisible({
      statistic: 'Maximum',
      ...FIVE_MINUTES,
    }),
    threshold: 1,
  },
];
