import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { metrics } from '../../contract/metrics.ts';
import { measure } from '../../lambdas/platform/metrics.ts';
import { readEmbedded } from '../../local/cloudwatch/embedded-metrics.ts';
import { listenToMetrics } from '../support/measured.ts';

let measured: ReturnType<typeof listenToMetrics>;
beforeEach(() => {
  measured = listenToMetrics();
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

describe('measure', () => {
  it('writes one line that CloudWatch takes for metrics', () => {
    measure({ Delivered: 3, MessageLatency: [12, 15.5] });
    const [line = ''] = measured.lines;
    expect(measured.lines).toHaveLength(1);
    expect(line.endsWith('\n')).toBe(true);
    const about = {
      namespace: 'Switchboard',
      dimensions: ['service=here'],
      at: expect.any(Number),
    };
    expect(measured.read()).toEqual([
      { ...about, name: 'Delivered', unit: 'Count', values: [3] },
      { ...about, name: 'MessageLatency', unit: 'Milliseconds', values: [12, 15.5] },
    ]);
  });

  it('leaves no value out, though a line takes a hundred of one metric', () => {
    const values = Array.from({ length: 250 }, (_, at) => at);
    measure({ Delivered: 7, MessageLatency: values });
    expect(measured.lines).toHaveLength(3);
    expect(measured.valuesOf('MessageLatency')).toEqual(values);
    expect(measured.valuesOf('Delivered')).toEqual([7]);
  });

  it('writes just as many lines as there are hundreds of values', () => {
    measure({ MessageLatency: Array.from({ length: 200 }, () => 1) });
    measure({ MessageLatency: [] });
    expect(measured.lines).toHaveLength(2);
  });

  it('writes nothing where there is no deployment', () => {
    vi.stubEnv('DEPLOYMENT_NAME', undefined);
    measure({ Delivered: 1 });
    expect(measured.lines).toEqual([]);
  });
});

describe('what CloudWatch would pass over', () => {
  const line = (more: object) =>
    JSON.stringify({
      _aws: {
        Timestamp: 1,
        CloudWatchMetrics: [
          { Namespace: 'N', Dimensions: [['D']], Metrics: [{ Name: 'M', Unit: 'Count' }] },
        ],
      },
      D: 'd',
      M: 1,
      ...more,
    });

  it.each([
    ['a value that is no number', { M: 'many' }],
    ['a value that is missing', { M: undefined }],
    ['a dimension that is missing', { D: undefined }],
    ['more than a hundred values', { M: Array.from({ length: 101 }, () => 1) }],
    ['a time that is none', { _aws: { Timestamp: 'now', CloudWatchMetrics: [] } }],
  ])('is refused with a sentence: %s', (_, more) => {
    expect(() => readEmbedded(line(more))).toThrow(/^(its|M) /);
  });

  it('no metric has a name that CloudWatch does not take', () => {
    for (const name of Object.keys(metrics)) expect(name).toMatch(/^[A-Z]\w{1,254}$/);
  });
});
