import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { createClock } from '../../local/clock.ts';

it('calls back at the time, not before', async () => {
  const clock = createClock();
  const due = clock.now() + 30;
  const calledAt = await new Promise<number>((resolve) => {
    clock.at(due, () => resolve(clock.now()));
  });
  expect(calledAt).toBeGreaterThanOrEqual(due);
});

it('an advance runs what falls due, in its order and at its own time, and nothing later', () => {
  const clock = createClock();
  const start = clock.now();
  const seen: [name: string, minutes: number][] = [];
  const note = (name: string) => () => {
    seen.push([name, Math.round((clock.now() - start) / 60_000)]);
  };
  clock.at(start + 20 * 60_000, note('second'));
  clock.at(start + 10 * 60_000, () => {
    note('first')();
    clock.at(clock.now() + 5 * 60_000, note('set on the way'));
  });
  clock.at(start + 31 * 60_000, note('later'));
  const cancel = clock.at(start + 60_000, note('cancelled'));
  cancel();
  clock.advance(30 * 60_000);
  expect(seen).toEqual([
    ['first', 10],
    ['set on the way', 15],
    ['second', 20],
  ]);
  expect(clock.now() - start).toBeGreaterThanOrEqual(30 * 60_000);
  clock.advance(60_000);
  expect(seen.at(-1)).toEqual(['later', 31]);
});

it('an advance past part of the way leaves the rest to real time', async () => {
  const clock = createClock();
  const fired = new Promise<void>((resolve) => {
    clock.at(clock.now() + 60_020, resolve);
  });
  clock.advance(60_000);
  await fired;
});

it('its timers keep no process alive, also those further away than setTimeout reaches', async () => {
  const script = `
    const { createClock } = await import(${JSON.stringify(new URL('../../local/clock.ts', import.meta.url).href)});
    const clock = createClock();
    clock.at(clock.now() + 60_000, () => {});
    clock.at(clock.now() + 2 ** 40, () => process.exit(1));
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script]);
  const [code] = await once(child, 'exit');
  expect(code).toBe(0);
});
