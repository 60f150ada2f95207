import { expect, it } from 'vitest';
import { FRESH_FOR_SECONDS } from '../../contract/limits.ts';
import { isDueForSignOfLife, newConnection } from '../../rules/connection.ts';

const T0 = Date.parse('2026-01-01T12:00:00.000Z');
const later = (seconds: number) => T0 + seconds * 1000;
const connected = newConnection('connection-1', 'CONNECTED', T0);

it('[S3-04] a sign of life is worth a write when the last one is old, or the connection is doubted', () => {
  expect(isDueForSignOfLife(connected, later(FRESH_FOR_SECONDS))).toBe(false);
  expect(isDueForSignOfLife(connected, later(FRESH_FOR_SECONDS + 1))).toBe(true);
  expect(isDueForSignOfLife({ ...connected, status: 'STALE' }, later(1))).toBe(true);
});
