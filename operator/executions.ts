import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  SFNClient,
} from '@aws-sdk/client-sfn';
import type { Place } from './place.ts';
import { type HistoryEvent, type Step, stepsOf } from './steps.ts';

export interface ListedExecution {
  readonly executionArn: string;
  readonly name: string;
  readonly machine: string;
  readonly status: string;
  /** ISO. */
  readonly startedAt: string;
  readonly stoppedAt?: string;
}

export interface ExecutionList {
  /** Names of the state machines that this deployment has. */
  readonly machines: readonly string[];
  /** The newest first, of all machines. */
  readonly executions: readonly ListedExecution[];
}

export interface ExecutionAnswer extends ListedExecution {
  /** JSON texts. */
  readonly input?: string;
  readonly output?: string;
  readonly error?: string;
  readonly cause?: string;
  readonly steps: readonly Step[];
  /** False where its history is longer than what was read of it. */
  readonly isWhole: boolean;
}

/** Of each machine. */
const LISTED = 100;
/** AWS keeps 25,000 events of one execution; pages of a thousand. */
const HISTORY_PAGES = 10;

/** The latest executions of the deployment's state machines: those that its outputs name. */
export async function listExecutions(place: Place): Promise<ExecutionList> {
  const client = new SFNClient(place.aws);
  const arns = Object.values(place.outputs).filter((value) =>
    /^arn:aws[\w-]*:states:.*:stateMachine:/.test(value),
  );
  const pages = await Promise.all(
    arns.map((stateMachineArn) =>
      client.send(new ListExecutionsCommand({ stateMachineArn, maxResults: LISTED })),
    ),
  );
  const executions = pages.flatMap((page) => (page.executions ?? []).map(listed));
  return {
    machines: arns.map(nameOf),
    executions: executions.toSorted((a, b) => b.startedAt.localeCompare(a.startedAt)),
  };
}

/** One execution, step by step. */
export async function getExecution(place: Place, executionArn: string): Promise<ExecutionAnswer> {
  const client = new SFNClient(place.aws);
  const [described, history] = await Promise.all([
    client.send(new DescribeExecutionCommand({ executionArn })),
    readHistory(client, executionArn),
  ]);
  const { input, output, error, cause } = described;
  return {
    ...listed(described),
    ...(input !== undefined && { input }),
    ...(output !== undefined && { output }),
    ...(error !== undefined && { error }),
    ...(cause !== undefined && { cause }),
    steps: stepsOf(history.events),
    isWhole: history.isWhole,
  };
}

async function readHistory(client: SFNClient, executionArn: string) {
  const events: HistoryEvent[] = [];
  let nextToken: string | undefined;
  for (let page = 0; page < HISTORY_PAGES; page += 1) {
    const asked = { executionArn, maxResults: 1000, includeExecutionData: true, nextToken };
    const answer = await client.send(new GetExecutionHistoryCommand(asked));
    events.push(...(answer.events ?? []));
    ({ nextToken } = answer);
    if (nextToken === undefined) return { events, isWhole: true };
  }
  return { events, isWhole: false };
}

interface Described {
  readonly executionArn?: string | undefined;
  readonly stateMachineArn?: string | undefined;
  readonly name?: string | undefined;
  readonly status?: string | undefined;
  readonly startDate?: Date | undefined;
  readonly stopDate?: Date | undefined;
}

const listed = (each: Described): ListedExecution => ({
  executionArn: each.executionArn ?? '',
  name: each.name ?? '',
  machine: nameOf(each.stateMachineArn ?? ''),
  status: each.status ?? '',
  startedAt: (each.startDate ?? new Date(0)).toISOString(),
  ...(each.stopDate && { stoppedAt: each.stopDate.toISOString() }),
});

const nameOf = (arn: string): string => arn.split(':').at(-1) ?? arn;
