import { AwsFault, type Service, type StageContext } from '../service.ts';
import { readEmbedded, type Value } from './embedded-metrics.ts';
import { type Minute, metricData, type Series, together } from './metric-data.ts';

const MINUTE_MS = 60_000;
/** Three hours: as long as CloudWatch keeps what is finer than a minute. */
const MINUTES_KEPT = 180;

/**
 * CloudWatch, as far as reading numbers goes: takes the metrics that functions write into their logs, keeps the last
 * hours of them, and answers `GetMetricData`.
 */
export function createMetrics(context: StageContext): Service {
  const series = new Map<string, Series & { minutes: Minute[] }>();
  let unfollow = () => {};

  const add = ({ namespace, name, unit, dimensions, at: time, values }: Value) => {
    if (values.length === 0) return;
    const key = JSON.stringify([namespace, name, dimensions]);
    const known = series.get(key) ?? { namespace, name, unit, dimensions, minutes: [] };
    series.set(key, known);
    const { minutes } = known;
    const at = Math.floor(time / MINUTE_MS) * MINUTE_MS;
    const brought = {
      at,
      count: values.length,
      sum: values.reduce((sum, value) => sum + value, 0),
      least: Math.min(...values),
      most: Math.max(...values),
    };
    // Lines of several processes may come a little out of order.
    const place = minutes.findLastIndex((each) => each.at <= at);
    const before = minutes[place];
    if (before?.at === at) minutes[place] = together(before, brought);
    else minutes.splice(place + 1, 0, brought);
    if (minutes.length > MINUTES_KEPT) minutes.shift();
  };

  return {
    name: 'metrics',
    scopes: ['monitoring'],
    start: async () => {
      unfollow = context.trace.follow(({ kind, outcome, by }) => {
        if (kind !== 'metric') return;
        try {
          for (const value of readEmbedded(outcome)) add(value);
        } catch (error) {
          context.warn(`A line of ${by} is no metric to CloudWatch: ${(error as Error).message}.`);
        }
      });
      return 'what functions measure';
    },
    stop: async () => unfollow(),
    async handle({ action, principal, body }) {
      if (action !== 'GetMetricData') {
        throw new AwsFault(
          'UnknownOperationException',
          `The local stage reads metrics only, by GetMetricData, not by ${action}.`,
        );
      }
      context.access.demand(principal, 'cloudwatch:GetMetricData', '*');
      const answer = metricData([...series.values()], JSON.parse(body.toString() || '{}'));
      return {
        status: 200,
        headers: { 'content-type': 'application/x-amz-json-1.0' },
        body: JSON.stringify(answer),
      };
    },
  };
}
