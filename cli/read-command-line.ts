import { parseArgs } from 'node:util';
import { isConnectionId } from '../contract/names.ts';
import { UsageError } from '../operator/errors.ts';
import type { Command } from './command.ts';
import { commands, isCommand } from './commands.ts';

export interface CommandLine {
  readonly command: Command;
  readonly words: readonly string[];
  readonly options: Readonly<Record<string, string | undefined>>;
  readonly json: boolean;
  readonly outputs?: string;
}

/** What was typed; undefined when it asks for help. Throws a {@link UsageError} for what it does not understand. */
export function readCommandLine(args: readonly string[]): CommandLine | undefined {
  if (args.length === 0 || args.includes('--help')) return undefined;
  const { command, rest } = commandOf(args);
  const typed = (names: readonly string[] = [], type: 'string' | 'boolean') =>
    names.map((name) => [name, { type }] as const);
  const own = Object.fromEntries([
    ...typed(command.options, 'string'),
    ...typed(command.flags, 'boolean'),
  ]);
  const { values, positionals } = parse(rest.map(hide), own);
  const [least, most] = command.words ?? [0, 0];
  if (positionals.length < least || positionals.length > most) {
    throw new UsageError(`It is: ${nameOf(args, rest)} ${command.usage}`.trimEnd());
  }
  const { json = false, outputs, ...options } = values;
  return {
    command,
    words: positionals.map(show),
    options: Object.fromEntries(
      Object.entries(options).map(([name, value]) => [name, show(String(value))]),
    ),
    json: json === true,
    ...(typeof outputs === 'string' && { outputs }),
  };
}

/** One id in 64 begins with a dash, and would be taken for an option. Ids end with `=`, as no option does. */
const HIDDEN = '\u0000';
const hide = (arg: string): string =>
  /^-.+=$/.test(arg) && isConnectionId(arg) && !/^--[a-z]+=$/.test(arg) ? HIDDEN + arg : arg;
const show = (word: string): string => (word.startsWith(HIDDEN) ? word.slice(1) : word);

function commandOf(args: readonly string[]): { command: Command; rest: string[] } {
  const [noun = '', verb = '', ...more] = args;
  const found = Object.hasOwn(commands, noun) ? commands[noun] : undefined;
  if (found === undefined) {
    throw new UsageError(`There is no ${noun}: there are ${Object.keys(commands).join(', ')}.`);
  }
  if (isCommand(found)) return { command: found, rest: args.slice(1) };
  const command = Object.hasOwn(found, verb) ? found[verb] : undefined;
  if (command === undefined) {
    throw new UsageError(`${noun} can ${Object.keys(found).join(', ')}.`);
  }
  return { command, rest: more };
}

const nameOf = (args: readonly string[], rest: readonly string[]): string =>
  args.slice(0, args.length - rest.length).join(' ');

function parse(args: string[], own: Record<string, { type: 'string' | 'boolean' }>) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: { ...own, json: { type: 'boolean' }, outputs: { type: 'string' } },
    });
  } catch (fault) {
    const [said] = String(fault instanceof Error ? fault.message : fault).split('. ');
    throw new UsageError(`${said}.`);
  }
}
