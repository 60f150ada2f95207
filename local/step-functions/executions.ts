import { AwsFault, type StageContext } from '../service.ts';
import { type Execution, type Run, runExecution } from './execution.ts';
import { executionHappening, type Happening } from './history.ts';
import type { Machine } from './machine.ts';

/** The executions of all machines: those under way, and the latest of those that have ended. */
export interface Executions {
  /** Newest first. */
  list(): readonly Execution[];
  find(arn: string): Execution | undefined;
  /** Begins one, or gives the one of that name that runs with that input already. Throws an AwsFault. */
  start(machine: Machine, name: string, input: string): Execution;
  stop(execution: Execution, error?: string, cause?: string): Promise<void>;
  /** Ends whatever runs. */
  close(): Promise<void>;
}

const AREA = 'states.executions';
/** AWS keeps them for 90 days; this is a bound for the memory of a stage. */
const KEPT = 500;

export function openExecutions(context: StageContext): Executions {
  const { clock, store, trace } = context;
  const known = new Map<string, Execution>();
  const running = new Map<string, Run>();
  const keep = (execution: Execution) => store.set(AREA, execution.arn, JSON.stringify(execution));

  for (const execution of restored(context)) {
    known.set(execution.arn, execution);
    if (execution.status !== 'RUNNING') continue;
    abandon(execution);
    keep(execution);
  }

  function abandon(execution: Execution): void {
    const told = { error: 'Stage.Stopped', cause: 'The local stage was stopped meanwhile.' };
    const previousEventId = execution.history.length;
    const place = { id: previousEventId + 1, previousEventId, timestamp: clock.now() };
    execution.history.push({ ...place, ...executionHappening('Aborted', told) });
    Object.assign(execution, { status: 'ABORTED', stoppedAt: clock.now(), ...told });
  }

  function forgetOldest(): void {
    for (const { arn, status } of known.values()) {
      if (known.size <= KEPT) return;
      if (status === 'RUNNING') continue;
      known.delete(arn);
      store.delete(AREA, arn);
    }
  }

  const record = (execution: Execution, { type, details }: Happening): void => {
    const [about = {}] = Object.values(details) as { name?: string; error?: string }[];
    trace.record({
      at: clock.now(),
      kind: 'execution',
      by: execution.name,
      what: type,
      on: about.name ?? execution.machine,
      outcome: about.error ?? 'ok',
    });
  };

  return {
    list: () => [...known.values()].reverse(),
    find: (arn) => known.get(arn),
    start(machine, name, input) {
      const arn = `${machine.resource.arn.replace(':stateMachine:', ':execution:')}:${name}`;
      const before = known.get(arn);
      if (before?.status === 'RUNNING' && before.input === input) return before;
      if (before) {
        throw new AwsFault('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`);
      }
      const execution: Execution = {
        arn,
        name,
        machineArn: machine.resource.arn,
        machine: machine.resource.logicalId,
        input,
        status: 'RUNNING',
        startedAt: clock.now(),
        history: [],
      };
      known.set(arn, execution);
      forgetOldest();
      const run = runExecution(context, machine, execution, (happening) => {
        keep(execution);
        record(execution, happening);
      });
      running.set(arn, run);
      void run.done.then(() => running.delete(arn));
      return execution;
    },
    async stop({ arn }, error, cause) {
      const run = running.get(arn);
      run?.stop(error, cause);
      await run?.done;
    },
    async close() {
      const runs = [...running.values()];
      for (const run of runs) run.stop('Stage.Stopped', 'The local stage was stopped.');
      await Promise.all(runs.map(({ done }) => done));
    },
  };
}

const restored = ({ store }: StageContext): Execution[] =>
  store
    .entries(AREA)
    .map(([, text]) => JSON.parse(text) as Execution)
    .sort((a, b) => a.startedAt - b.startedAt);
