import type { StateMachine } from 'aws-local-stepfunctions';

/** A definition in the Amazon States Language, as the interpreter takes it. */
export type Definition = ConstructorParameters<typeof StateMachine>[0];

type Json = Readonly<Record<string, unknown>>;
type States = Readonly<Record<string, Json>>;

/** What a definition came to: the definition that is run, and the tasks that the stage runs itself. */
export interface Compiled {
  readonly definition: Definition;
  /** `Resource` of each task, by the name of its state. */
  readonly tasks: ReadonlyMap<string, string>;
  /** The names of its states, in the order in which the context knows them as `s0`, `s1` … */
  readonly names: readonly string[];
}

/** The fields of each type of state that are run as AWS runs them. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  Task: [
    ...['InputPath', 'OutputPath', 'Parameters', 'ResultPath', 'ResultSelector', 'Retry', 'Catch'],
    ...['Next', 'End', 'Resource', 'TimeoutSeconds', 'TimeoutSecondsPath'],
  ],
  Parallel: [
    ...['InputPath', 'OutputPath', 'Parameters', 'ResultPath', 'ResultSelector', 'Retry', 'Catch'],
    ...['Next', 'End', 'Branches'],
  ],
  Map: [
    ...['InputPath', 'OutputPath', 'Parameters', 'ResultPath', 'ResultSelector', 'Retry', 'Catch'],
    ...['Next', 'End', 'ItemProcessor', 'Iterator', 'ItemsPath', 'ItemSelector'],
    ...['MaxConcurrency', 'MaxConcurrencyPath'],
  ],
  Pass: ['InputPath', 'OutputPath', 'Parameters', 'ResultPath', 'Result', 'Next', 'End'],
  Wait: [
    ...['InputPath', 'OutputPath', 'Next', 'End'],
    ...['Seconds', 'SecondsPath', 'Timestamp', 'TimestampPath'],
  ],
  Choice: ['InputPath', 'OutputPath', 'Choices', 'Default'],
  Succeed: ['InputPath', 'OutputPath'],
  Fail: ['Error', 'ErrorPath', 'Cause', 'CausePath'],
};
const MACHINE_FIELDS = ['StartAt', 'States', 'Comment', 'Version', 'TimeoutSeconds'];

/** The longest that a timer of Node can wait; AWS would wait for years, the interpreter for a minute. */
const LONGEST_SECONDS = 2_147_483;

/** Reads a definition. Throws a clause, for "State machine … {clause}.", about what the stage does not run. */
export function compileDefinition(text: string): Compiled {
  const whole = read(text);
  const tasks = new Map<string, string>();
  const names: string[] = [];

  const compileStates = (states: States, within: 'the machine' | 'a map'): States =>
    Object.fromEntries(
      Object.entries(states).map(([name, state]) => [name, compileState(name, state, within)]),
    );

  function compileState(name: string, state: Json, within: 'the machine' | 'a map'): Json {
    const at = names.push(name) - 1;
    if (names.indexOf(name) !== at) throw new Error(`has two states of the name "${name}"`);
    const type = String(state.Type);
    const known = FIELDS[type];
    if (known === undefined) throw unrun(`has the state "${name}" of the type ${type}`);
    demandKnown(state, [...known, 'Type', 'Comment'], `in its state "${name}"`);
    const { ItemProcessor, Iterator = ItemProcessor, Branches, ...own } = state;
    if (type === 'Task') tasks.set(name, String(state.Resource));
    return {
      ...(nameState(own, name, at, within) as Json),
      ...(type === 'Task' && { TimeoutSeconds: limited(state.TimeoutSeconds) }),
      ...(Iterator !== undefined && { Iterator: compileInner(name, Iterator as Json, 'a map') }),
      ...(Branches !== undefined && {
        Branches: (Branches as Json[]).map((branch) => compileInner(name, branch, within)),
      }),
    };
  }

  function compileInner(name: string, inner: Json, within: 'the machine' | 'a map'): Json {
    const { ProcessorConfig, ...machine } = inner;
    const { Mode = 'INLINE' } = (ProcessorConfig ?? {}) as { Mode?: string };
    if (Mode !== 'INLINE') throw unrun(`has the map "${name}" of the mode ${Mode}`);
    demandKnown(machine, ['StartAt', 'States', 'Comment'], `in its state "${name}"`);
    return { ...machine, States: compileStates(machine.States as States, within) };
  }

  const { QueryLanguage = 'JSONPath', ...machine } = whole;
  if (QueryLanguage !== 'JSONPath') throw unrun(`speaks ${QueryLanguage}`);
  demandKnown(machine, MACHINE_FIELDS, 'in its definition');
  const definition = {
    ...machine,
    ...('TimeoutSeconds' in machine && { TimeoutSeconds: limited(machine.TimeoutSeconds) }),
    States: compileStates(machine.States as States, 'the machine'),
  };
  return { definition: definition as never, tasks, names };
}

/**
 * The interpreter does not know `$$.State`. It gets one entry for each state of the machine there
 * instead, and each state asks for its own.
 */
function nameState(value: unknown, name: string, at: number, within: string): unknown {
  if (Array.isArray(value)) return value.map((each) => nameState(each, name, at, within));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => [key, nameState(each, name, at, within)]),
    );
  }
  if (typeof value !== 'string' || !value.includes('$$.')) return value;
  const [unknown] = /\$\$\.(?:Task\b|State\b(?!\.(?:Name|EnteredTime)\b))[\w.]*/.exec(value) ?? [];
  if (unknown !== undefined) throw unrun(`asks for ${unknown} in its state "${name}"`);
  if (within === 'a map' && value.includes('$$.State')) {
    throw unrun(`asks for $$.State within a map, in its state "${name}"`);
  }
  return value.replaceAll('$$.State.', () => `$$.State.s${at}.`);
}

function read(text: string): Json {
  try {
    const definition: unknown = JSON.parse(text);
    if (typeof definition === 'object' && definition !== null && 'States' in definition) {
      return definition as Json;
    }
  } catch {
    // Told below, like everything that is none.
  }
  throw new Error('has a definition that is none');
}

export const unrun = (what: string): Error =>
  new Error(`${what}, which the local stage does not run`);

function demandKnown(part: Json, known: readonly string[], where: string): void {
  const unknown = Object.keys(part).find((field) => !known.includes(field));
  if (unknown !== undefined) throw unrun(`has ${unknown} ${where}`);
}

const limited = (seconds: unknown): number =>
  Math.min(Number(seconds ?? LONGEST_SECONDS), LONGEST_SECONDS);

/**
 * The same definition, calling back each time a state is entered: the interpreter looks a state up exactly
 * then, before it evaluates anything of it.
 */
export function watchDefinition(definition: Definition, onEnter: (name: string) => void) {
  const watched = (inner: Json): Json => {
    const { States, Iterator, Branches, ...rest } = inner;
    return {
      ...rest,
      ...(States !== undefined && { States: watchStates(States as States) }),
      ...(Iterator !== undefined && { Iterator: watched(Iterator as Json) }),
      ...(Branches !== undefined && { Branches: (Branches as Json[]).map(watched) }),
    };
  };
  const watchStates = (states: States): States => {
    const looks = Object.entries(states).map(([name, state]): [string, PropertyDescriptor] => {
      const inner = watched(state);
      const get = () => {
        onEnter(name);
        return inner;
      };
      return [name, { enumerable: true, get }];
    });
    return Object.defineProperties({}, Object.fromEntries(looks));
  };
  return watched(definition as never) as never as Definition;
}
