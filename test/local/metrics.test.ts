import { expect, it } from 'vitest';
import { createMetrics } from '../../local/cloudwatch/metrics.ts';
import type { AwsCall, StageContext, TraceEvent } from '../../local/service.ts';
import { createTrace } from '../../local/trace.ts';

const MINUTE = Date.parse('2026-01-01T12:00:00.000Z');
const line = (at: number, value: unknown, name = 'Delivered') =>
  JSON.stringify({
    _aws: {
      Timestamp: at,
      CloudWatchMetrics: [
        { Namespace: 'N', Dimensions: [['D']], Metrics: [{ Name: name, Unit: 'Count' }] },
      ],
    },
    D: 'here',
    [name]: value,
  });

interface Result {
  readonly Timestamps: readonly number[];
  readonly Values: readonly number[];
}

async function open() {
  const trace = createTrace();
  const warnings: string[] = [];
  const demanded: string[] = [];
  const access = { demand: (_: unknown, action: string) => demanded.push(action) };
  const context = { trace, access, warn: (sentence: string) => warnings.push(sentence) };
  const metrics = createMetrics(context as unknown as StageContext);
  await metrics.start();
  const log = (outcome: string, kind: TraceEvent['kind'] = 'metric') =>
    trace.record({ at: 0, kind, by: 'fn', what: 'fn', on: 'fn', outcome });
  const call = async (action: string, request: object) => {
    const body = Buffer.from(JSON.stringify(request));
    const answer = await metrics.handle?.({ action, body } as AwsCall);
    return JSON.parse(String(answer?.body));
  };
  /** The values of the first three hours and more, by statistic. */
  const ask = async (Stat: string, more: object = {}, metric: object = {}): Promise<Result> => {
    const Metric = {
      ...{ Namespace: 'N', MetricName: 'Delivered', Dimensions: [{ Name: 'D', Value: 'here' }] },
      ...metric,
    };
    const { MetricDataResults } = await call('GetMetricData', {
      StartTime: MINUTE / 1000,
      EndTime: MINUTE / 1000 + 20_000,
      MetricDataQueries: [{ Id: 'a', MetricStat: { Metric, Period: 60, Stat } }],
      ...more,
    });
    return MetricDataResults[0];
  };
  return { ask, call, log, warnings, demanded };
}

const AT = MINUTE / 1000;

it('what functions measure is told by the minute, whatever order its lines came in', async () => {
  const { ask, log, demanded } = await open();
  log(line(MINUTE + 1000, 3));
  log(line(MINUTE + 61_000, 5));
  log(line(MINUTE + 2000, [4, 1]));
  log(line(MINUTE + 3000, []));
  log(line(MINUTE, 9), 'log');
  // As AWS does unless it is asked otherwise: the newest first.
  expect(await ask('Sum')).toMatchObject({ Timestamps: [AT + 60, AT], Values: [5, 8] });
  const Values = async (stat: string) =>
    (await ask(stat, { ScanBy: 'TimestampAscending' })).Values.map((each) => Math.round(each));
  expect(await Values('SampleCount')).toEqual([3, 1]);
  expect(await Values('Average')).toEqual([3, 5]);
  expect(await Values('Minimum')).toEqual([1, 5]);
  expect(await Values('Maximum')).toEqual([4, 5]);
  expect(new Set(demanded)).toEqual(new Set(['cloudwatch:GetMetricData']));
});

it('only what is asked for is told: other names, dimensions and times are others', async () => {
  const { ask, log } = await open();
  log(line(MINUTE, 3));
  for (const metric of [
    { Namespace: 'M' },
    { MetricName: 'Gone' },
    { Dimensions: [] },
    { Dimensions: [{ Name: 'D', Value: 'there' }] },
  ]) {
    expect(await ask('Sum', {}, metric)).toMatchObject({ Timestamps: [], Values: [] });
  }
  expect((await ask('Sum', { StartTime: AT + 60 })).Values).toEqual([]);
  expect((await ask('Sum', { StartTime: AT - 60, EndTime: AT })).Values).toEqual([]);
});

it('three hours are kept, and a line that is no metric is told of', async () => {
  const { ask, log, warnings } = await open();
  for (let minute = 0; minute < 200; minute += 1) log(line(MINUTE + minute * 60_000, 1));
  expect((await ask('Sum')).Values).toHaveLength(180);
  log(line(MINUTE, 'many'));
  expect(warnings).toEqual([
    'A line of fn is no metric to CloudWatch: Delivered is not made of numbers.',
  ]);
});

it('minutes of one period are taken together', async () => {
  const { call, log } = await open();
  for (const [minute, value] of [1, 2, 4].entries()) log(line(MINUTE + minute * 60_000, value));
  const Metric = {
    Namespace: 'N',
    MetricName: 'Delivered',
    Dimensions: [{ Name: 'D', Value: 'here' }],
  };
  const query = (Id: string, Stat: string) => ({ Id, MetricStat: { Metric, Period: 120, Stat } });
  const { MetricDataResults } = await call('GetMetricData', {
    ...{ StartTime: AT, EndTime: AT + 600, ScanBy: 'TimestampAscending' },
    MetricDataQueries: [query('s', 'Sum'), query('m', 'Maximum')],
  });
  expect(MetricDataResults).toMatchObject([
    { Id: 's', Timestamps: [AT, AT + 120], Values: [3, 4] },
    { Id: 'm', Timestamps: [AT, AT + 120], Values: [2, 4] },
  ]);
});

it.each<[string, object]>([
  ['EndTime must be greater', { EndTime: AT }],
  ['MetricDataQueries is required', { MetricDataQueries: [] }],
  ['no metric math', { MetricDataQueries: [{ Id: 'e1', Expression: 'SUM(METRICS())' }] }],
  ['begins in lower case', { MetricDataQueries: [{ Id: 'A' }] }],
])('refuses with a sentence: %s', async (sentence, more) => {
  const { ask } = await open();
  await expect(ask('Sum', more)).rejects.toMatchObject({
    name: 'InvalidParameterValueException',
    message: expect.stringContaining(sentence),
  });
  await expect(ask('p99')).rejects.toThrow('no statistic p99');
});

it('refuses what else CloudWatch does', async () => {
  const { call } = await open();
  await expect(call('PutMetricAlarm', {})).rejects.toThrow('not by PutMetricAlarm');
});
