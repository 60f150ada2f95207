import { expect, it } from 'vitest';
import type { TraceEvent } from '../../local/service.ts';
import { createTrace } from '../../local/trace.ts';

const event = (at: number): TraceEvent => ({
  at,
  kind: 'call',
  by: 'operator',
  what: 'dynamodb:GetItem',
  on: 'Table',
  outcome: 'ok',
});

it('keeps the latest 2,000 events, oldest first', () => {
  const trace = createTrace();
  for (let at = 1; at <= 4_500; at++) trace.record(event(at));
  const kept = trace.recent().map(({ at }) => at);
  expect(kept).toEqual(Array.from({ length: 2_000 }, (_, index) => 2_501 + index));
});

it('tells each follower of every event from now on, until it ends', () => {
  const trace = createTrace();
  const seen: number[] = [];
  trace.record(event(1));
  const end = trace.follow(({ at }) => seen.push(at));
  trace.record(event(2));
  end();
  trace.record(event(3));
  expect(seen).toEqual([2]);
});
