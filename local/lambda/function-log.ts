import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import type { StageContext } from '../service.ts';
import type { FunctionSettings } from './settings.ts';

/** What one function wrote: to the trace, to its file, and the latest of it in memory. */
export interface FunctionLog {
  line(text: string): void;
  /** The last lines, at most so many characters. */
  tail(characters: number): string;
  close(): Promise<void>;
}

const linesKept = 500;

/** The log of one function, in `logs/{function}.log` of the stage's folder once it writes something. */
export function createFunctionLog(
  { id, logicalId, shortName }: FunctionSettings,
  { directory, trace, clock }: StageContext,
): FunctionLog {
  const latest: string[] = [];
  let file: WriteStream | undefined;

  const open = () => {
    const folder = join(directory, 'logs');
    mkdirSync(folder, { recursive: true });
    return createWriteStream(join(folder, `${id}.log`), { flags: 'a' });
  };

  return {
    line(text) {
      latest.push(text);
      if (latest.length > linesKept) latest.shift();
      file ??= open();
      file.write(`${text}\n`);
      trace.record({
        at: clock.now(),
        kind: isMetric(text) ? 'metric' : 'log',
        by: logicalId,
        what: shortName,
        on: logicalId,
        outcome: text,
      });
    },
    tail: (characters) => latest.join('\n').slice(-characters),
    close: () => new Promise((resolve) => (file ? file.end(() => resolve()) : resolve())),
  };
}

/** A line in CloudWatch's embedded metric format is not for people. */
const isMetric = (text: string): boolean => text.startsWith('{"_aws":');

/** Cuts a stream of text into lines; inside a line, Lambda's carriage returns are line feeds again. */
export function splitLines(onLine: (line: string) => void): (chunk: string) => void {
  let rest = '';
  return (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line.replaceAll('\r', '\n'));
  };
}
