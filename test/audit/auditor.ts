import { setTimeout as pause } from 'node:timers/promises';
import {
  GRACE_SECONDS,
  SWEEP_EVERY_MINUTES,
  YOUNG_CONNECTION_SECONDS,
} from '../../contract/limits.ts';
import type { Place } from '../support/place.ts';
import { type Evidence, type Heard, openEyes } from './evidence.ts';
import { messages } from './messages.ts';
import { presence } from './presence.ts';
import { told } from './told.ts';
import type { Promised, Terms, Verdict } from './verdict.ts';

/** The T of [G8], from the end of a socket on: the sweep that asks about it, or the one after that. */
export const GHOSTS_FOR_SECONDS =
  YOUNG_CONNECTION_SECONDS + 2 * SWEEP_EVERY_MINUTES * 60 + GRACE_SECONDS;

export const promises: readonly Promised[] = [...presence, ...messages, ...told];

export interface Finding extends Verdict {
  readonly claim: string;
}

/** Holds one moment's evidence to every promise. */
export const judge = (evidence: Evidence, terms: Terms): readonly Finding[] =>
  promises.map(({ claim, check }) => ({ claim, ...check(evidence, terms) }));

export const isClean = (findings: readonly Finding[]): boolean =>
  findings.every(({ broken }) => broken.length === 0);

export interface AuditOptions extends Partial<Terms> {
  /** What clients handed on, asked for anew at each look. */
  readonly heard?: () => readonly Heard[];
  /** By name: what must not stand in any log. */
  readonly secrets?: Readonly<Record<string, string>>;
  /**
   * Rows of several tables cannot be read at one moment, and things are under way: only what is still
   * wrong after so long is a finding.
   *
   * @default 10_000
   */
  readonly withinMs?: number;
}

const LOOK_EVERY_MS = 200;

/** Looks at a running stage until everything is as promised, or the time is over; gives the last look's findings. */
export async function audit(place: Place, options: AuditOptions = {}): Promise<readonly Finding[]> {
  const { ghostsForSeconds = GHOSTS_FOR_SECONDS, isEmpty = false, withinMs = 10_000 } = options;
  const eyes = openEyes(place);
  const end = performance.now() + withinMs;
  try {
    for (;;) {
      const seen = await eyes.look();
      const evidence = {
        ...seen,
        heard: options.heard?.() ?? [],
        secrets: { ...seen.secrets, ...options.secrets },
      };
      const findings = judge(evidence, { ghostsForSeconds, isEmpty });
      if (isClean(findings) || performance.now() > end) return findings;
      await pause(LOOK_EVERY_MS);
    }
  } finally {
    eyes.close();
  }
}

/** What is wrong, in lines; empty when nothing is. */
export const complaintsOf = (findings: readonly Finding[]): string[] =>
  findings.flatMap(({ claim, broken }) => broken.map((seen) => `${claim}: ${seen}`));
