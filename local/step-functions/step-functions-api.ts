import { randomUUID } from 'node:crypto';
import { type AwsAnswer, type AwsCall, AwsFault, type StageContext } from '../service.ts';
import type { Execution } from './execution.ts';
import type { Executions } from './executions.ts';
import type { HistoryEvent } from './history.ts';
import type { Machine } from './machine.ts';

type Input = Readonly<Record<string, unknown>>;

/** What an operation needs to know. */
export interface Served {
  readonly context: StageContext;
  readonly machines: readonly Machine[];
  readonly executions: Executions;
}

type Operation = (served: Served, input: Input, call: AwsCall) => object | Promise<object>;

/** Step Functions' API, as far as functions and people that run workflows need it. */
export async function answerStepFunctionsApi(served: Served, call: AwsCall): Promise<AwsAnswer> {
  const operation = Object.hasOwn(operations, call.action) ? operations[call.action] : undefined;
  if (operation === undefined) {
    throw new AwsFault(
      'UnknownOperationException',
      `The local stage does not run states:${call.action}; its state machines come from the template.`,
    );
  }
  const { on, ...output } = (await operation(served, inputIn(call), call)) as { on?: string };
  return {
    status: 200,
    headers: { 'content-type': 'application/x-amz-json-1.0' },
    body: JSON.stringify(output),
    ...(on !== undefined && { on }),
  };
}

/** Answers have the logical id that they are about as `on`, for the trace. */
const operations: Readonly<Record<string, Operation>> = {
  StartExecution(served, { stateMachineArn, name = randomUUID(), input = '{}' }, call) {
    const machine = machineAt(served, stateMachineArn, call, 'states:StartExecution');
    if (typeof name !== 'string' || !/^[\w-]{1,80}$/.test(name)) {
      throw new AwsFault('InvalidName', `Invalid Name: '${name}'`);
    }
    if (!isJson(input)) {
      throw new AwsFault(
        'InvalidExecutionInput',
        `Invalid State Machine Execution Input: ${input}`,
      );
    }
    const { arn, startedAt } = served.executions.start(machine, name, input);
    const on = machine.resource.logicalId;
    return { executionArn: arn, startDate: startedAt / 1000, on };
  },

  async StopExecution(served, { executionArn, error, cause }, call) {
    const execution = executionAt(served, executionArn, call, 'states:StopExecution');
    await served.executions.stop(execution, textOf(error), textOf(cause));
    return { stopDate: seconds(execution.stoppedAt), on: execution.machine };
  },

  DescribeExecution(served, { executionArn }, call) {
    const execution = executionAt(served, executionArn, call, 'states:DescribeExecution');
    const { input, output, error, cause } = execution;
    const details = { inputDetails: { included: true }, outputDetails: { included: true } };
    return { ...summaryOf(execution), input, output, error, cause, ...details };
  },

  GetExecutionHistory(served, input, call) {
    const execution = executionAt(served, input.executionArn, call, 'states:GetExecutionHistory');
    const events = input.reverseOrder ? execution.history.toReversed() : execution.history;
    const { page, nextToken } = pageOf(events, input, 1000);
    return { events: page.map(onTheWire), nextToken, on: execution.machine };
  },

  ListExecutions(served, input, call) {
    const machine = machineAt(served, input.stateMachineArn, call, 'states:ListExecutions');
    const all = served.executions.list().filter(({ machineArn, status }) => {
      const isWanted = input.statusFilter === undefined || input.statusFilter === status;
      return machineArn === machine.resource.arn && isWanted;
    });
    const { page, nextToken } = pageOf(all, input, 1000);
    return { executions: page.map(summaryOf), nextToken };
  },

  ListStateMachines({ context, machines }, _input, { principal }) {
    // IAM knows no narrower resource for it.
    context.access.demand(principal, 'states:ListStateMachines', '*');
    return { stateMachines: machines.map(describe) };
  },

  DescribeStateMachine(served, { stateMachineArn }, call) {
    const machine = machineAt(served, stateMachineArn, call, 'states:DescribeStateMachine');
    return {
      ...describe(machine),
      status: 'ACTIVE',
      definition: machine.text,
      roleArn: machine.roleArn,
    };
  },
};

const describe = ({ resource, name }: Machine) => ({
  stateMachineArn: resource.arn,
  name,
  type: 'STANDARD',
  creationDate: 0,
});

const summaryOf = (execution: Execution) => ({
  executionArn: execution.arn,
  stateMachineArn: execution.machineArn,
  name: execution.name,
  status: execution.status,
  startDate: execution.startedAt / 1000,
  stopDate: seconds(execution.stoppedAt),
});

const onTheWire = ({ timestamp, details, ...event }: HistoryEvent) => ({
  ...event,
  ...details,
  timestamp: timestamp / 1000,
});

/** As on AWS, who may not ask does not learn whether there is such a one. */
function machineAt(
  { context, machines }: Served,
  arn: unknown,
  { principal }: AwsCall,
  action: string,
): Machine {
  const named = arnIn(arn, 'stateMachine');
  context.access.demand(principal, action, named);
  const machine = machines.find(({ resource }) => resource.arn === named);
  if (machine) return machine;
  throw new AwsFault('StateMachineDoesNotExist', `State Machine Does Not Exist: '${named}'`);
}

function executionAt(
  { context, executions }: Served,
  arn: unknown,
  { principal }: AwsCall,
  action: string,
): Execution {
  const named = arnIn(arn, 'execution');
  context.access.demand(principal, action, named);
  const execution = executions.find(named);
  if (execution) return execution;
  throw new AwsFault('ExecutionDoesNotExist', `Execution Does Not Exist: '${named}'`);
}

function arnIn(arn: unknown, kind: 'stateMachine' | 'execution'): string {
  if (typeof arn === 'string' && arn.startsWith('arn:aws:states:') && arn.includes(`:${kind}:`)) {
    return arn;
  }
  throw new AwsFault('InvalidArn', `Invalid Arn: '${arn}'`);
}

/** The token is the place of the first that is left. */
function pageOf<Item>(items: readonly Item[], { nextToken, maxResults }: Input, most: number) {
  const from = Number(nextToken ?? 0);
  const upTo = from + (Number(maxResults ?? 0) || 100);
  if (!Number.isInteger(from) || from < 0) {
    throw new AwsFault('InvalidToken', `Invalid Token: '${nextToken}'`);
  }
  const end = Math.min(upTo, from + most);
  return {
    page: items.slice(from, end),
    ...(end < items.length && { nextToken: String(end) }),
  };
}

function inputIn({ body }: AwsCall): Input {
  try {
    const input: unknown = JSON.parse(body.toString() || '{}');
    if (typeof input === 'object' && input !== null) return input as Input;
  } catch {
    // Refused below, like everything that is no object.
  }
  throw new AwsFault('SerializationException', 'The request body is no JSON object');
}

function isJson(text: unknown): text is string {
  try {
    JSON.parse(String(text));
    return typeof text === 'string';
  } catch {
    return false;
  }
}

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : undefined;

const seconds = (ms: number | undefined): number | undefined =>
  ms === undefined ? undefined : ms / 1000;
