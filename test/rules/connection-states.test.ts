import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { connectionStatuses } from '../../contract/tables.ts';
import { stepBetween, steps } from '../../rules/connection-states.ts';

it('[S3-04] [S2-03] which step leads from where to where, for whoever administers', () => {
  const table = connectionStatuses.map((from) =>
    connectionStatuses.map((to) => stepBetween(from, to) ?? '-'),
  );
  //              PENDING CONNECTED STALE   DISCONNECTED
  expect(table).toEqual([
    /* PENDING */ ['stay', '-', '-', 'lapse'],
    /* CONNECTED */ ['-', 'stay', 'miss', 'leave'],
    /* STALE */ ['-', 'hear', 'stay', 'leave'],
    /* DISCONNECTED */ ['-', '-', '-', 'stay'],
  ]);
});

it('[S3-04] whoever writes a status takes a step: no store names one', () => {
  const folder = new URL('../../lambdas/stores/', import.meta.url);
  for (const file of readdirSync(folder)) {
    // The doc comment of `ex` has one as its example.
    const code = readFileSync(new URL(file, folder), 'utf8').replaceAll(/^ \*.*$/gm, '');
    for (const status of connectionStatuses) expect(code, file).not.toContain(`'${status}'`);
  }
});

it('[S3-04] nothing leads out of DISCONNECTED, and nothing back to PENDING', () => {
  for (const { from, to } of Object.values(steps)) {
    expect(from).not.toContain('DISCONNECTED');
    expect(to).not.toBe('PENDING');
  }
});
