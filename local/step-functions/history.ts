/** One event of an execution's history, as `GetExecutionHistory` gives it. */
export interface HistoryEvent {
  readonly id: number;
  readonly previousEventId: number;
  readonly type: string;
  /** Milliseconds since the epoch; seconds on the wire. */
  readonly timestamp: number;
  /** One entry, of the name that it has on the wire: `stateEnteredEventDetails` … */
  readonly details: Readonly<Record<string, Details>>;
}

export type Details = Readonly<Record<string, unknown>>;

/** What has just happened, without its place in the history. */
export type Happening = Omit<HistoryEvent, 'id' | 'previousEventId' | 'timestamp'>;

/** What the interpreter tells of an execution, as far as it is read here. */
export interface Told {
  readonly type: string;
  readonly input?: unknown;
  readonly output?: unknown;
  readonly state?: {
    readonly name: string;
    readonly type: string;
    readonly input: unknown;
    readonly output?: unknown;
  };
  readonly Error?: string;
  readonly Cause?: unknown;
}

const whole = { truncated: false };
const input = (value: unknown) => ({ input: JSON.stringify(value), inputDetails: whole });
const output = (value: unknown) => ({ output: JSON.stringify(value), outputDetails: whole });

/**
 * AWS's name and shape for what the interpreter tells; undefined for what AWS's history does not have: there
 * a retry shows by the task that is scheduled again, and a caught error by the state that comes next.
 */
export function happeningOf(told: Told, resource: string | undefined): Happening | undefined {
  const { type, state } = told;
  if (type === 'StateEntered' && state) {
    return {
      type: `${state.type}StateEntered`,
      details: { stateEnteredEventDetails: { name: state.name, ...input(state.input) } },
    };
  }
  // A state that ends an execution by failing is not left.
  if (type === 'StateExited' && state) {
    return {
      type: `${state.type}StateExited`,
      details: { stateExitedEventDetails: { name: state.name, ...output(state.output) } },
    };
  }
  if (type === 'StateFailed' && state?.type === 'Task' && resource !== undefined) {
    const error = { error: told.Error, cause: String(told.Cause) };
    return taskHappening(resource, told.Error === 'States.Timeout' ? 'TimedOut' : 'Failed', error);
  }
  return undefined;
}

/** The steps of a task: a function's by its ARN have other names than those of an integration. */
export function taskHappening(
  resource: string,
  step: 'Scheduled' | 'Started' | 'Succeeded' | 'Failed' | 'TimedOut',
  told: Details = {},
): Happening {
  const isPlain = resource.startsWith('arn:aws:lambda:');
  const about = isPlain ? {} : { resourceType: 'lambda', resource: 'invoke' };
  const prefix = isPlain ? 'lambdaFunction' : 'task';
  const type = `${isPlain ? 'LambdaFunction' : 'Task'}${step}`;
  return { type, details: { [`${prefix}${step}EventDetails`]: { ...about, ...told } } };
}

export const executionHappening = (
  step: 'Started' | 'Succeeded' | 'Failed' | 'Aborted' | 'TimedOut',
  told: Details,
): Happening => ({
  type: `Execution${step}`,
  details: { [`execution${step}EventDetails`]: told },
});

export const ended = { input, output };
