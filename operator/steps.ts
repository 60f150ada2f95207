import type { BroadcastReport, BroadcastRequest } from '../contract/broadcast.ts';

/** One state that an execution was in, as its history tells. */
export interface Step {
  readonly name: string;
  /** `Task`, `Pass`, `Choice`, `Fail` … */
  readonly type: string;
  /** ISO. */
  readonly enteredAt: string;
  /** ISO; absent while it is in it, or where it ended the execution. */
  readonly leftAt?: string;
  readonly outcome: 'done' | 'failed' | 'running';
  /** How often its task was begun; 0 of a state that has none. */
  readonly tries: number;
  /** What a try failed with, one after the other. */
  readonly errors: readonly StepError[];
  /** JSON texts. */
  readonly input?: string;
  readonly output?: string;
  /** The broadcast that its task made. */
  readonly told?: Pick<BroadcastRequest, 'type' | 'tenant' | 'tournamentId'> &
    Partial<BroadcastReport>;
}

export interface StepError {
  readonly at: string;
  readonly error: string;
  readonly cause?: string;
}

/** What `GetExecutionHistory` gives of an event, as far as it is read here. */
export interface HistoryEvent {
  readonly id?: number | undefined;
  readonly previousEventId?: number | undefined;
  readonly type?: string | undefined;
  readonly timestamp?: Date | undefined;
}

type Open = { -readonly [Name in keyof Step]: Step[Name] } & { errors: StepError[] };

/** The states of an execution in the order in which it entered them; those side by side are kept apart by what came before each event. */
export function stepsOf(events: readonly HistoryEvent[]): readonly Step[] {
  const steps: Open[] = [];
  const stepOf = new Map<number, Open>();
  for (const event of events) {
    const { id = 0, previousEventId = 0, type = '', timestamp } = event;
    const at = (timestamp ?? new Date(0)).toISOString();
    const details = detailsOf(event);
    if (type.endsWith('StateEntered')) {
      const step: Open = {
        name: String(details.name),
        type: type.replace('StateEntered', ''),
        enteredAt: at,
        outcome: 'running',
        tries: 0,
        errors: [],
        ...textIn(details, 'input'),
      };
      steps.push(step);
      stepOf.set(id, step);
      continue;
    }
    const step = stepOf.get(previousEventId);
    if (step === undefined) continue;
    stepOf.set(id, step);
    happen(step, type, at, details);
  }
  return steps;
}

function happen(step: Open, type: string, at: string, details: Details): void {
  if (type.endsWith('Scheduled')) {
    step.tries += 1;
    Object.assign(step, toldIn(details));
  }
  if (/(Failed|TimedOut|Aborted)$/.test(type)) {
    const error = String(details.error ?? type);
    const { cause } = details;
    // An execution ends with what its last state failed with: told once.
    if (step.errors.at(-1)?.error !== error || !type.startsWith('Execution')) {
      step.errors.push({ at, error, ...(cause !== undefined && { cause: String(cause) }) });
    }
    step.outcome = 'failed';
  }
  if (type.endsWith('Succeeded')) {
    if (!type.startsWith('Execution')) Object.assign(step, reportIn(step, details));
    step.outcome = 'done';
  }
  if (type.endsWith('StateExited')) {
    // A state that is left with its error caught has failed all the same.
    const isCaught = step.outcome === 'failed';
    Object.assign(step, { leftAt: at, ...textIn(details, 'output') });
    if (!isCaught) step.outcome = 'done';
  }
}

type Details = Readonly<Record<string, unknown>>;

/** An event has one object of details, named after its type. */
const detailsOf = (event: HistoryEvent): Details =>
  (Object.entries(event).find(([name]) => name.endsWith('EventDetails'))?.[1] ?? {}) as Details;

const textIn = (details: Details, name: 'input' | 'output') =>
  typeof details[name] === 'string' ? { [name]: details[name] } : {};

/** The event that a task is to broadcast: the payload of a function, or of an integration that invokes one. */
function toldIn(details: Details): Pick<Step, 'told'> {
  const given = readJson(details.input ?? details.parameters);
  const { type, tenant, tournamentId } = 'Payload' in given ? readJson(given.Payload) : given;
  if (typeof type !== 'string' || !type.includes('.')) return {};
  if (typeof tournamentId !== 'string') return {};
  return { told: { type, tournamentId, ...(typeof tenant === 'string' && { tenant }) } };
}

/** Whom it reached, as the broadcast answers. */
function reportIn({ told }: Open, details: Details): Pick<Step, 'told'> {
  const given = readJson(details.output);
  const report = 'Payload' in given ? readJson(given.Payload) : given;
  if (told === undefined || report.delivered === undefined) return {};
  const { broadcastId, delivered, gone, failed } = report as unknown as BroadcastReport;
  return { told: { ...told, broadcastId, delivered, gone, failed } };
}

function readJson(value: unknown): Details {
  if (typeof value === 'object' && value !== null) return { ...value };
  try {
    const read: unknown = JSON.parse(String(value));
    return typeof read === 'object' && read !== null ? { ...read } : {};
  } catch {
    return {};
  }
}
