import { expect, it } from 'vitest';
import { createMetrics } from '../../local/cloudwatch/metrics.ts';
import type { StageContext, TraceEvent } from '../../local/service.ts';
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

async function open() {
  const trace = createTrace();
  const warnings: string[] = [];
  const context = { trace, warn: (sentence: string) => warnings.push(sentence) };
  const metrics = createMetrics(context as unknown as StageContext);
  await metrics.start();
  const log = (outcome: string, kind: TraceEvent['kind'] = 'metric') =>
    trace.record({ at: 0, kind, by: 'fn', what: 'fn', on: 'fn', outcome });
  return { metrics, log, warnings };
}

it('what functions measure is kept by the minute, whatever order its lines come in', async () => {
  const { metrics, log } = await open();
  log(line(MINUTE + 1000, 3));
  log(line(MINUTE + 61_000, 5));
  log(line(MINUTE + 2000, [4, 1]));
  log(line(MINUTE, 9), 'log');
  expect(metrics.report()).toEqual([
    {
      namespace: 'N',
      name: 'Delivered',
      unit: 'Count',
      dimensions: ['D=here'],
      minutes: [
        { at: '2026-01-01T12:00:00.000Z', count: 3, sum: 8, least: 1, most: 4, latest: 1 },
        { at: '2026-01-01T12:01:00.000Z', count: 1, sum: 5, least: 5, most: 5, latest: 5 },
      ],
    },
  ]);
});

it('three hours are kept, and a line that is no metric is told of', async () => {
  const { metrics, log, warnings } = await open();
  for (let minute = 0; minute < 200; minute += 1) log(line(MINUTE + minute * 60_000, 1));
  expect(metrics.report()[0]?.minutes).toHaveLength(180);
  log(line(MINUTE, 'many'));
  expect(warnings).toEqual([
    'A line of fn is no metric to CloudWatch: Delivered is not made of numbers.',
  ]);
});
