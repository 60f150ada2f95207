import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Resource, StageContext } from '../service.ts';
import type { BusEvent } from './event.ts';
import { busArn, hasBus } from './names.ts';
import { compilePattern } from './patterns.ts';

/** The archives of a bus, as files that people and programs can read. */
export interface Archives {
  /** Keeps the event in each archive of the bus that wants it. */
  keep(event: BusEvent, bus: string | undefined): void;
}

/**
 * `AWS::Events::Archive`: one line of JSON an event in `archives/{name}.jsonl` of the stage's folder. They
 * outlive the stage, and are not trimmed. Throws a sentence for one that AWS would refuse.
 */
export function openArchives(context: StageContext): Archives {
  const archives = context.assembly.ofType('AWS::Events::Archive').map((archive) => ({
    source: sourceOf(context, archive),
    isWanted: patternOf(archive),
    file: join(context.directory, 'archives', `${archive.id}.jsonl`),
  }));
  if (archives.length > 0) mkdirSync(join(context.directory, 'archives'), { recursive: true });
  return {
    keep(event, bus) {
      const arn = busArn(context, bus);
      for (const { source, isWanted, file } of archives) {
        // At once: whoever was told that the bus has taken it finds it here after any kill.
        if (source === arn && isWanted(event)) appendFileSync(file, `${JSON.stringify(event)}\n`);
      }
    },
  };
}

function sourceOf(context: StageContext, { path, properties }: Resource): string {
  const source = String(properties.SourceArn);
  if (hasBus(context, source)) return source;
  throw new Error(
    `Archive ${path} keeps the events of ${source}, which is no bus of the template.`,
  );
}

function patternOf({ path, properties: { EventPattern: pattern } }: Resource) {
  if (pattern === undefined) return () => true;
  try {
    return compilePattern(typeof pattern === 'string' ? JSON.parse(pattern) : pattern);
  } catch (error) {
    throw new Error(`Archive ${path} has a pattern that AWS would refuse: ${error}`);
  }
}
