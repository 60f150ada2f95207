import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { metrics } from '../../contract/metrics.ts';
import { measure } from '../../lambdas/platform/metrics.ts';
import { readEmbedded } from '../../local/cloudwatch/embedded-metrics.ts';

let written: string[];
beforeEach(() => {
  written = [];
  vi.stubEnv('DEPLOYMENT_NAME', 'here');
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written.push(String(text));
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

describe('measure', () => {
  it('writes one line that CloudWatch takes for metrics', () => {
    measure({ Delivered: 3, MessageLatency: [12, 15.5] });
    const [line = ''] = written;
    expect(written).toHaveLength(1);
    expect(line.endsWith('\n')).toBe(true);
    const about = {
      namespace: 'Switchboard',
      dimensions: ['Deployment=here'],
      at: expect.any(Number),
    };
    expect(readEmbedded(line)).toEqual([
      { ...about, name: 'Delivered', unit: 'Count', values: [3] },
      { ...about, name: 'MessageLatency', unit: 'Milliseconds', values: [12, 15.5] },
    ]);
  });

  it('leaves room for what one line takes: the latest hundred values', () => {
    measure({ MessageLatency: Array.from({ length: 250 }, (_, at) => at) });
    expect(readEmbedded(written[0] ?? '')[0]?.values).toEqual(
      Array.from({ length: 100 }, (_, at) => 150 + at),
    );
  });

  it('writes nothing where there is no deployment', () => {
    vi.stubEnv('DEPLOYMENT_NAME', undefined);
    measure({ Delivered: 1 });
    expect(written).toEqual([]);
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
