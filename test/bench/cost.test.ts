import { describe, expect, it } from 'vitest';
import { billsOf, deliveriesOf, totalOf } from '../../bench/cost/bill.ts';
import type { Counted } from '../../bench/cost/measure.ts';
import { readAsked } from '../../bench/cost/workload.ts';
import { prices } from '../../bench/prices.ts';
import { noUnits } from '../../bench/units/meter.ts';

const counted: Counted = {
  publish: { ...noUnits, writes: 7 },
  returning: { ...noUnits, writes: 11 },
  finding: { ours: 0.03, sessions: 1, userIndex: 0.5, scan: 0.03 },
};

const asked = (...args: readonly string[]) => {
  const read = readAsked(args);
  if (!read) throw new Error('It asked for help.');
  return read;
};
const bill = (way: string, ...args: readonly string[]) => {
  const found = billsOf(asked(...args), counted)[way];
  if (!found) throw new Error(`There is no ${way}.`);
  return found;
};

describe('the command line', () => {
  it.each([
    ['--fanout', '20000'],
    ['--clients', '0'],
    ['--clients', 'many'],
    ['--bytes', '400000'],
    ['--reconnect', '121'],
    ['--per-month', '1'],
  ])('refuses %s %s', (...args) => expect(() => readAsked(args)).toThrow(args[0]));

  it('explains itself', () => expect(readAsked(['--help'])).toBeUndefined());
});

describe('a bill', () => {
  it('has a delivered message for each 32 KB that was delivered', () => {
    const deliveries = deliveriesOf(asked());
    expect(deliveries).toBe(10_000 * 30 * 24 * 60);
    expect(bill('scan').parts.messages).toBeCloseTo(deliveries * prices.perMessage);
    expect(bill('scan', '--bytes', '32769').parts.messages).toBeCloseTo(
      2 * deliveries * prices.perMessage,
    );
  });

  it('of a scan grows with clients that a publish does not mean, ours does not', () => {
    const share = (way: string, clients: string) => {
      const args = ['--clients', clients, '--fanout', '10'];
      return totalOf(bill(way, ...args)) / deliveriesOf(asked(...args));
    };
    expect(share('switchboard', '100000')).toBeCloseTo(share('switchboard', '1000'), 12);
    expect(share('scan', '100000')).toBeGreaterThan(10 * share('scan', '1000'));
  });

  it('leaves out plans that do not carry it', () => {
    expect(billsOf(asked(), counted)).toHaveProperty('pusher');
    expect(billsOf(asked('--clients', '100000'), counted)).not.toHaveProperty('pusher');
  });
});
