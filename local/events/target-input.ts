import { type BusEvent, isoSeconds } from './event.ts';
import { compileJsonPath } from './json-path.ts';
import { ruleName } from './names.ts';

/** What a template says a target is to get instead of the whole event. */
export interface InputSettings {
  readonly Input?: string;
  readonly InputPath?: string;
  readonly InputTransformer?: {
    readonly InputPathsMap?: Readonly<Record<string, string>>;
    readonly InputTemplate: string;
  };
}

/** The text that a target gets for an event that arrived at that time (ms since the epoch). */
export type WriteInput = (event: BusEvent, receivedAt: number) => string;

/** Throws a sentence for settings that AWS refuses. */
export function compileInput(settings: InputSettings, ruleArn: string): WriteInput {
  const { Input, InputPath, InputTransformer } = settings;
  if ([Input, InputPath, InputTransformer].filter((one) => one !== undefined).length > 1) {
    throw new Error('only one of Input, InputPath and InputTransformer may be given');
  }
  if (Input !== undefined) return () => Input;
  if (InputPath !== undefined) {
    const read = compileJsonPath(InputPath);
    return (event) => JSON.stringify(read(event) ?? null);
  }
  if (InputTransformer !== undefined) return compileTransformer(InputTransformer, ruleArn);
  return (event) => JSON.stringify(event);
}

type Transformer = NonNullable<InputSettings['InputTransformer']>;

function compileTransformer(
  { InputPathsMap = {}, InputTemplate: template }: Transformer,
  ruleArn: string,
): WriteInput {
  const readers = Object.entries(InputPathsMap).map(
    ([name, path]) => [name, compileJsonPath(path)] as const,
  );
  return (event, receivedAt) => {
    const { detail: _, ...withoutDetail } = event;
    const values = new Map<string, unknown>([
      ...readers.map(([name, read]) => [name, read(event)] as const),
      ['aws.events.rule-arn', ruleArn],
      ['aws.events.rule-name', ruleName(ruleArn)],
      ['aws.events.event.ingestion-time', isoSeconds(receivedAt)],
      ['aws.events.event', withoutDetail],
      ['aws.events.event.json', event],
    ]);
    return fill(template, values);
  };
}

/**
 * A placeholder within quotes becomes part of that text, one outside of them a value of its own; what
 * the event does not have is an empty text (R; outside of quotes, and in how it escapes, unverified).
 */
function fill(template: string, values: ReadonlyMap<string, unknown>): string {
  const isJson = /^\s*([{[]|<[^<>]+>\s*$)/.test(template);
  let isQuoted = false;
  return template.replace(/\\.|"|<([^<>]+)>/gs, (part, name: string | undefined) => {
    if (part === '"') isQuoted = !isQuoted;
    if (name === undefined) return part;
    const found = values.get(name);
    const value = found === undefined ? '' : found;
    if (!isQuoted && isJson) return JSON.stringify(value);
    if (typeof value === 'string') return isQuoted ? JSON.stringify(value).slice(1, -1) : value;
    return JSON.stringify(value).replaceAll('"', '');
  });
}
