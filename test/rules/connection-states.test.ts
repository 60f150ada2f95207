import { expect, it } from 'vitest';
import { connectionStatuses } from '../../contract/tables.ts';
import { stepBetween, steps } from '../../rules/connection-states.ts';

it('[S3-04] [S2-03] which step leads from where to where, for whoever administers', () => {
  const table = connectionStatuses.map((from) =>
    connectionStatuses.map((to) => stepBetween(from, to) ?? '-'),
  );
  //              PENDING CONNECTED STALE   DISCONNECTED
  expect(table).toEqual([
    /* PENDING */ ['stay', '-', '-', 'leave'],
    /* CONNECTED */ ['-', 'stay', 'miss', 'leave'],
    /* STALE */ ['-', 'hear', 'stay', 'leave'],
    /* DISCONNECTED */ ['-', '-', '-', 'stay'],
  ]);
});

it('[S3-04] nothing leads out of DISCONNECTED, and nothing back to PENDING', () => {
  for (const { from, to } of Object.values(steps)) {
    expect(from).not.toContain('DISCONNECTED');
    expect(to).not.toBe('PENDING');
  }
});
