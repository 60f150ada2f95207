import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StageContext } from '../service.ts';
import type { LogEvent } from './query.ts';

/**
 * What the functions that write this log group have written, line by line: the files of the stage's folder.
 * Undefined where the template has no such group.
 */
export async function readLogGroup(
  { account, assembly, directory }: StageContext,
  group: string,
): Promise<LogEvent[] | undefined> {
  const writers = assembly.ofType('AWS::Lambda::Function').filter(({ id, properties }) => {
    const { LogGroup = `/aws/lambda/${id}` } = (properties.LoggingConfig ?? {}) as {
      LogGroup?: string;
    };
    return LogGroup === group;
  });
  if (writers.length === 0 && !assembly.find('AWS::Logs::LogGroup', group)) return undefined;
  const texts = await Promise.all(
    // A function that has not written yet has no file.
    writers.map(({ id }) => readFile(join(directory, 'logs', `${id}.log`), 'utf8').catch(() => '')),
  );
  return texts.flatMap((text) => text.split('\n')).flatMap(readLine(`${account}:${group}`));
}

/** Only JSON lines have a time of their own; the others are Lambda's text format, which nobody asks for. */
const readLine =
  (log: string) =>
  (text: string): LogEvent[] => {
    try {
      const json = JSON.parse(text) as { timestamp?: unknown } | null;
      const at = typeof json?.timestamp === 'string' ? Date.parse(json.timestamp) : Number.NaN;
      return Number.isNaN(at) ? [] : [{ at, log, text, json }];
    } catch {
      return [];
    }
  };
