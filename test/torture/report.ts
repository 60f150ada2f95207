import { cpus } from 'node:os';
import type { Told } from './told.ts';
import type { Tally } from './torture.ts';

/** What one part of a run came to. */
export interface Part {
  readonly name: string;
  readonly tally: Tally;
  readonly told: Told | undefined;
}

export interface Run {
  readonly seed: number;
  readonly minutes: number;
  readonly cases: readonly string[];
  readonly parts: readonly Part[];
}

/** docs/TORTURE.md, between its marks. */
export function pageOf({ seed, minutes, cases, parts }: Run): string {
  const [cpu] = cpus();
  const machine = `${cpus().length} cores of ${cpu?.model.trim()}, Linux, Node ${process.versions.node}`;
  const date = new Date().toISOString().slice(0, 10);
  const row = (name: string, of: (part: Part) => string | number) =>
    `| ${name} | ${parts.map(of).join(' | ')} |`;
  const told = (of: (told: Told) => number) => (part: Part) => (part.told ? of(part.told) : '');
  const kinds = [...new Set(parts.flatMap(({ tally }) => [...tally.faults.keys()]))].sort();
  return [
    `Run of ${date}, seed ${seed}, ${minutes} minutes. Machine: ${machine}.`,
    '',
    `| | ${parts.map(({ name }) => name).join(' | ')} |`,
    `|---|${parts.map(() => '---').join('|')}|`,
    row('messages published', ({ tally }) => tally.published),
    row('deliveries expected', ({ tally }) => tally.expected),
    row('**lost**', ({ tally }) => tally.lost),
    row('**duplicated after de-duplication**', ({ tally }) => tally.duplicated),
    row('raw duplicates on the wire', ({ tally }) => tally.rawDuplicates),
    row('resumes', ({ tally }) => tally.resumes),
    row(
      'transitions of sessions',
      told(({ transitions }) => transitions),
    ),
    row(
      'events expected',
      told(({ expected }) => expected),
    ),
    row(
      '**events seen**, each once',
      told(({ seen }) => seen),
    ),
    row(
      'told again, under the same id',
      told(({ again }) => again),
    ),
    '',
    `| faults injected | ${parts.map(({ name }) => name).join(' | ')} |`,
    `|---|${parts.map(() => '---').join('|')}|`,
    ...kinds.map((kind) => row(kind, ({ tally }) => tally.faults.get(kind) ?? '')),
    '',
    `The ${cases.length} cases:`,
    '',
    ...cases.map((name) => `- ${name}`),
  ].join('\n');
}
