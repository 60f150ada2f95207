import { setImmediate } from 'node:timers/promises';
import type { ExecutionError } from 'aws-local-stepfunctions';
import type { StageContext } from '../service.ts';
import { watchDefinition } from './definition.ts';
import {
  ended,
  executionHappening,
  type Happening,
  type HistoryEvent,
  happeningOf,
  type Told,
  taskHappening,
} from './history.ts';
import type { Machine } from './machine.ts';
import { runTask } from './task.ts';

export type Status = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

/** One execution, running or not: what Step Functions tells of it. */
export interface Execution {
  readonly arn: string;
  readonly name: string;
  readonly machineArn: string;
  /** Logical id, for people. */
  readonly machine: string;
  /** JSON text, as it was given. */
  readonly input: string;
  status: Status;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  stoppedAt?: number;
  /** JSON text. */
  output?: string;
  error?: string;
  cause?: string;
  readonly history: HistoryEvent[];
}

/** An execution under way. */
export interface Run {
  /** Resolves when it has ended, however it did. */
  readonly done: Promise<void>;
  stop(error?: string, cause?: string): void;
}

/**
 * Runs an execution from its first state on. `onChange` is called whenever there is something new to tell of
 * it. Waits and retries pass in real time, since the interpreter knows no other.
 */
export function runExecution(
  context: StageContext,
  machine: Machine,
  execution: Execution,
  onChange: (happening: Happening) => void,
): Run {
  const { clock } = context;
  let isOver = false;
  const happen = (happening: Happening): void => {
    // A task that was under way when its execution was stopped may still end.
    if (isOver) return;
    const previousEventId = execution.history.length;
    const place = { id: previousEventId + 1, previousEventId, timestamp: clock.now() };
    execution.history.push({ ...place, ...happening });
    onChange(happening);
  };
  const end = (status: Status, happening: Happening, told: Partial<Execution> = {}): void => {
    Object.assign(execution, { status, stoppedAt: clock.now(), ...told });
    happen(happening);
    isOver = true;
  };

  const states: Record<string, { Name: string; EnteredTime: string }> = {};
  const enter = (name: string): void => {
    const EnteredTime = new Date(clock.now()).toISOString();
    states[`s${machine.names.indexOf(name)}`] = { Name: name, EnteredTime };
  };
  const handlerOf = (resource: string) => async (input: unknown) => {
    // What the interpreter has told meanwhile comes first in the history.
    await setImmediate();
    happen(taskHappening(resource, 'Scheduled', { input: JSON.stringify(input) }));
    happen(taskHappening(resource, 'Started'));
    const result = await runTask(context, resource, input, machine.principal);
    happen(taskHappening(resource, 'Succeeded', ended.output(result)));
    return result as never;
  };

  happen(
    executionHappening('Started', {
      ...ended.input(JSON.parse(execution.input)),
      roleArn: machine.roleArn,
    }),
  );
  const interpreter = new machine.Interpreter(watchDefinition(machine.definition, enter), {
    validationOptions: { noValidate: true },
  });
  const running = interpreter.run(JSON.parse(execution.input), {
    overrides: {
      taskResourceLocalHandlers: Object.fromEntries(
        [...machine.tasks].map(([name, resource]) => [name, handlerOf(resource)]),
      ),
    },
    context: {
      Execution: { Id: execution.arn, Name: execution.name, RoleArn: machine.roleArn },
      StateMachine: { Id: machine.resource.arn, Name: machine.name },
      State: states,
    },
  });

  const tell = async (): Promise<void> => {
    for await (const told of running.eventLogs as AsyncIterable<Told>) {
      const resource = told.state && machine.tasks.get(told.state.name);
      const happening = happeningOf(told, resource);
      if (happening) happen(happening);
    }
  };
  let stopped: { error?: string; cause?: string } | undefined;
  const settle = async (): Promise<void> => {
    const telling = tell();
    try {
      const result = await running.result;
      await telling;
      const output = JSON.stringify(result);
      end('SUCCEEDED', executionHappening('Succeeded', ended.output(result)), { output });
    } catch (error) {
      await telling;
      if (stopped) end('ABORTED', executionHappening('Aborted', stopped), stopped);
      else if (isTimeout(error)) end('TIMED_OUT', executionHappening('TimedOut', {}));
      else {
        const told = failureOf(error);
        end('FAILED', executionHappening('Failed', told), told);
      }
    }
  };
  return {
    done: settle(),
    stop(error, cause) {
      stopped ??= { ...(error && { error }), ...(cause && { cause }) };
      running.abort();
    },
  };
}

const isTimeout = (error: unknown): boolean =>
  error instanceof Error && error.name === 'ExecutionTimeoutError';

function failureOf(error: unknown): { error: string; cause: string } {
  const { cause } = error as ExecutionError;
  return cause instanceof Error
    ? { error: cause.name, cause: cause.message }
    : { error: 'States.Runtime', cause: String(error) };
}
