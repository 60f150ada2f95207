import { describe, expect, it } from 'vitest';
import { openPacer } from '../../lambdas/platform/sender/pacer.ts';
import { randomOf } from '../explore/random.ts';

interface Quota {
  readonly messages: number;
  /** Messages a second, and how many at once after a rest: a token bucket, as AWS describes its throttles. */
  readonly rate: number;
  readonly burst: number;
  readonly roundTripMs: number;
}

const LANES = 96;

/** Sends through a quota in virtual time, with so many posts under way at once. */
function send({ messages, rate, burst, roundTripMs }: Quota) {
  const random = randomOf('pacer', rate, roundTripMs);
  const pacer = openPacer();
  const agenda: { at: number; run: () => void }[] = [];
  const later = (ms: number, run: () => void) => void agenda.push({ at: now + ms, run });
  const half = () => (roundTripMs / 2) * (0.8 + 0.4 * random.next());
  let now = 1000;
  let tokens = burst;
  let filledAt = now;
  let delivered = 0;
  let attempts = 0;
  let left = messages;

  const arrive = (): boolean => {
    tokens = Math.min(burst, tokens + ((now - filledAt) * rate) / 1000);
    filledAt = now;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
  const attempt = (): void => {
    attempts += 1;
    later(half(), () => {
      const isTaken = arrive();
      later(half(), () => {
        if (!isTaken) {
          pacer.refused(now);
          return begin();
        }
        pacer.passed();
        delivered += 1;
        next();
      });
    });
  };
  const begin = (): void => {
    const wait = pacer.turn(now);
    // A timer of Node comes up to a millisecond late.
    if (wait > 0) later(Math.ceil(wait) + random.next(), attempt);
    else attempt();
  };
  const next = (): void => {
    if (left === 0) return;
    left -= 1;
    begin();
  };

  for (let lane = 0; lane < LANES; lane += 1) next();
  while (agenda.length > 0) {
    const first = agenda.reduce((one, other) => (other.at < one.at ? other : one));
    agenda.splice(agenda.indexOf(first), 1);
    now = first.at;
    first.run();
  }
  const idealMs = ((messages - burst) / rate) * 1000;
  return { delivered, ratio: (now - 1000) / idealMs, wasted: 1 - messages / attempts };
}

describe('under a quota that only refusals tell', () => {
  it.each<Quota>([
    { messages: 30_000, rate: 10_000, burst: 5_000, roundTripMs: 2 },
    { messages: 30_000, rate: 10_000, burst: 5_000, roundTripMs: 6 },
    { messages: 10_000, rate: 2_000, burst: 500, roundTripMs: 4 },
    { messages: 9_000, rate: 3_000, burst: 3_000, roundTripMs: 1 },
  ])('everything is delivered, in little more than the ideal time: %o', (quota) => {
    const { delivered, ratio, wasted } = send(quota);
    expect(delivered).toBe(quota.messages);
    expect(ratio).toBeLessThan(1.05);
    expect(wasted).toBeLessThan(0.1);
  });

  it('nobody waits before the first refusal', () => {
    const pacer = openPacer();
    for (let at = 0; at < 1000; at += 1) expect(pacer.turn(5000)).toBe(0);
  });

  it('a rate that was found low rises again, faster and faster, while nobody is refused', () => {
    const pacer = openPacer();
    pacer.refused(0);
    pacer.refused(10);
    const waits = Array.from({ length: 30 }, (_, at) => pacer.turn(10 + 101 * (at + 1)));
    expect(pacer.turn(10)).toBeGreaterThan(0);
    expect(waits.at(-1)).toBe(0);
  });
});
