import { expect, test } from 'vitest';
import { lastHourOf } from '../../web/src/operator/metrics.ts';

const NOW = Date.parse('2026-01-01T12:30:20.000Z');
const minute = (at: string, values: object) => ({
  ...{ at: `2026-01-01T${at}:00.000Z`, count: 2, sum: 10, most: 9, latest: 1 },
  ...values,
});
const reports = [
  { namespace: 'Other', name: 'Delivered', minutes: [minute('12:30', {})] },
  {
    namespace: 'Switchboard',
    name: 'Delivered',
    minutes: [minute('11:00', {}), minute('12:28', { sum: 0 }), minute('12:30', {})],
  },
];

test('a minute without a measurement is a gap, one that measured nothing is zero', () => {
  const { times, values } = lastHourOf(reports, 'Delivered', 'sum', NOW);
  expect(times).toHaveLength(60);
  expect(times.at(-1)).toBe(Date.parse('2026-01-01T12:30:00.000Z') / 1000);
  expect(values.slice(-4)).toEqual([null, 0, null, 10]);
  expect(values.filter((value) => value !== null)).toHaveLength(2);
});

test('of a minute there are mean, most and latest, too', () => {
  const last = (of: 'mean' | 'most' | 'latest') =>
    lastHourOf(reports, 'Delivered', of, NOW).values.at(-1);
  expect([last('mean'), last('most'), last('latest')]).toEqual([5, 9, 1]);
});

test('what was never measured is gaps alone', () => {
  expect(new Set(lastHourOf([], 'GonePosts', 'sum', NOW).values)).toEqual(new Set([null]));
});
