import { randomUUID } from 'node:crypto';
import {
  DescribeExecutionCommand,
  DescribeStateMachineCommand,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Resource } from '../../local/service.ts';
import {
  createStepFunctions,
  type StepFunctions,
} from '../../local/step-functions/step-functions.ts';
import { until } from '../support/until.ts';
import {
  account,
  functionArn,
  openSmallStage,
  region,
  resource,
  type SmallStage,
} from './fixtures/small-stage.ts';

const machineArn = (name: string) => `arn:aws:states:${region}:${account}:stateMachine:${name}`;
const INTEGRATION = 'arn:aws:states:::lambda:invoke';

/** A state machine and its role, as the CDK synthesizes them. */
function machineResources(
  name: string,
  definition: object,
  { mayInvoke = [functionArn('Echo'), functionArn('Shaky')], trusts = 'states.amazonaws.com' } = {},
): Resource[] {
  const roleArn = `arn:aws:iam::${account}:role/${name}Role`;
  const role = resource('AWS::IAM::Role', `${name}Role`, roleArn, {
    AssumeRolePolicyDocument: {
      Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: trusts } }],
    },
  });
  const policy = resource('AWS::IAM::Policy', `${name}RolePolicy`, '', {
    PolicyDocument: {
      Statement: [{ Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: mayInvoke }],
    },
    Roles: [role.id],
  });
  const properties = { DefinitionString: JSON.stringify(definition), RoleArn: roleArn };
  const machine = resource('AWS::StepFunctions::StateMachine', name, machineArn(name), properties);
  return [role, ...(mayInvoke.length > 0 ? [policy] : []), machine];
}

const echo = (next: object) => ({
  Type: 'Task',
  Resource: INTEGRATION,
  Parameters: { FunctionName: functionArn('Echo'), 'Payload.$': '$' },
  ...next,
});
const shaky = (next: object) => ({ Type: 'Task', Resource: functionArn('Shaky'), ...next });

const machines = {
  Chain: {
    StartAt: 'First',
    States: {
      First: echo({
        ResultSelector: { 'got.$': '$.Payload' },
        ResultPath: '$.first',
        Next: 'Which',
      }),
      Which: {
        Type: 'Choice',
        Choices: [{ Variable: '$.first.got.n', NumericGreaterThan: 1, Next: 'Second' }],
        Default: 'Few',
      },
      Second: {
        Type: 'Task',
        Resource: functionArn('Echo'),
        Parameters: {
          'execution.$': '$$.Execution.Id',
          'machine.$': '$$.StateMachine.Name',
          'state.$': '$$.State.Name',
          'entered.$': '$$.State.EnteredTime',
          'both.$': "States.Format('{}#{}', $$.Execution.Name, $$.State.Name)",
        },
        End: true,
      },
      Few: { Type: 'Fail', Error: 'TooFew', Cause: 'One is not enough.' },
    },
  },
  Retried: {
    StartAt: 'Shaky',
    States: {
      Shaky: shaky({
        Retry: [
          { ErrorEquals: ['Never'], MaxAttempts: 0 },
          {
            ErrorEquals: ['States.TaskFailed'],
            IntervalSeconds: 1,
            MaxAttempts: 2,
            BackoffRate: 1,
          },
        ],
        Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.error', Next: 'Caught' }],
        End: true,
      }),
      Caught: { Type: 'Pass', End: true },
    },
  },
  Forbidden: { StartAt: 'First', States: { First: echo({ End: true }) } },
  Many: {
    StartAt: 'Each',
    States: {
      Each: {
        Type: 'Map',
        ItemsPath: '$.items',
        ItemProcessor: {
          ProcessorConfig: { Mode: 'INLINE' },
          StartAt: 'One',
          States: { One: { Type: 'Task', Resource: functionArn('Echo'), End: true } },
        },
        ResultPath: '$.each',
        Next: 'Both',
      },
      Both: {
        Type: 'Parallel',
        Branches: ['Left', 'Right'].map((name) => ({
          StartAt: name,
          States: {
            [name]: {
              Type: 'Pass',
              Parameters: { 'is.$': '$$.State.Name' },
              End: true,
            },
          },
        })),
        ResultPath: '$.both',
        End: true,
      },
    },
  },
  Slow: {
    StartAt: 'Wait',
    States: { Wait: { Type: 'Wait', Seconds: 600, Next: 'End' }, End: { Type: 'Succeed' } },
  },
  Hasty: {
    StartAt: 'Hang',
    States: {
      Hang: shaky({ TimeoutSeconds: 1, End: true }),
    },
  },
} as const;

let stage: SmallStage;
let service: StepFunctions;
let states: SFNClient;
beforeAll(async () => {
  stage = await openSmallStage({
    functions: {
      Echo: { code: 'export const handler = async (event) => event;' },
      Shaky: {
        code: `
          const tries = new Map();
          export const handler = async ({ id, fails = 0, error = 'Shaken', hangs }) => {
            if (hangs) await new Promise((resolve) => setTimeout(resolve, 20_000));
            const tried = (tries.get(id) ?? 0) + 1;
            tries.set(id, tried);
            if (tried <= fails) throw Object.assign(new Error('try ' + tried), { name: error });
            return { tried };
          };`,
        properties: { Timeout: 30, ReservedConcurrentExecutions: 1 },
      },
      Starter: {
        code: 'export const handler = async () => {};',
        statements: [
          { Effect: 'Allow', Action: 'states:StartExecution', Resource: machineArn('Chain') },
        ],
      },
    },
    resources: Object.entries(machines).flatMap(([name, definition]) =>
      machineResources(name, definition, name === 'Forbidden' ? { mayInvoke: [] } : {}),
    ),
    services: (context) => {
      service = createStepFunctions(context);
      return [service];
    },
  });
  expect(await service.start()).toBe('6 state machines');
  states = new SFNClient(stage.clientOf('operator'));
});
afterAll(async () => {
  await service.stop();
  await stage.stop();
});

const start = async (
  machine: keyof typeof machines,
  input: object = {},
  name: string = randomUUID(),
) => {
  const { executionArn } = await states.send(
    new StartExecutionCommand({
      stateMachineArn: machineArn(machine),
      name,
      input: JSON.stringify(input),
    }),
  );
  return executionArn ?? '';
};
const isOver = async (executionArn: string) => {
  const described = await states.send(new DescribeExecutionCommand({ executionArn }));
  return described.status === 'RUNNING' ? undefined : described;
};
const ending = (executionArn: string) => until(() => isOver(executionArn), 'the end of it');
const historyOf = async (executionArn: string): Promise<HistoryEvent[]> => {
  const { events } = await states.send(new GetExecutionHistoryCommand({ executionArn }));
  return events ?? [];
};
const typesOf = (events: readonly HistoryEvent[]) => events.map(({ type }) => type);

describe('an execution', () => {
  it('runs from state to state, and its end is described as AWS does', async () => {
    const arn = await start('Chain', { n: 2 }, 'two');
    expect(arn).toBe(`arn:aws:states:${region}:${account}:execution:Chain:two`);
    const { output, ...end } = await ending(arn);
    expect(end).toMatchObject({
      status: 'SUCCEEDED',
      name: 'two',
      input: '{"n":2}',
      stateMachineArn: machineArn('Chain'),
      startDate: expect.any(Date),
      stopDate: expect.any(Date),
    });
    const { entered, ...result } = JSON.parse(output ?? '');
    expect(result).toEqual({
      execution: arn,
      machine: 'Chain',
      state: 'Second',
      both: 'two#Second',
    });
    expect(Math.abs(Date.parse(entered) - Date.now())).toBeLessThan(10_000);
  });

  it('tells its history: ids from 1, each event with its details', async () => {
    const arn = await start('Chain', { n: 2 });
    await ending(arn);
    const events = await historyOf(arn);
    expect(typesOf(events)).toEqual([
      'ExecutionStarted',
      'TaskStateEntered',
      'TaskScheduled',
      'TaskStarted',
      'TaskSucceeded',
      'TaskStateExited',
      'ChoiceStateEntered',
      'ChoiceStateExited',
      'TaskStateEntered',
      'LambdaFunctionScheduled',
      'LambdaFunctionStarted',
      'LambdaFunctionSucceeded',
      'TaskStateExited',
      'ExecutionSucceeded',
    ]);
    expect(events.map(({ id, previousEventId }) => [id, previousEventId])).toEqual(
      events.map((_, at) => [at + 1, at]),
    );
    expect(events[1]?.stateEnteredEventDetails).toMatchObject({ name: 'First', input: '{"n":2}' });
    expect(events[4]?.taskSucceededEventDetails).toMatchObject({
      resourceType: 'lambda',
      resource: 'invoke',
      output: expect.stringContaining('"Payload":{"n":2}'),
    });
    const { events: latest, nextToken } = await states.send(
      new GetExecutionHistoryCommand({ executionArn: arn, reverseOrder: true, maxResults: 2 }),
    );
    expect(typesOf(latest ?? [])).toEqual(['ExecutionSucceeded', 'TaskStateExited']);
    const { events: before } = await states.send(
      new GetExecutionHistoryCommand({
        executionArn: arn,
        reverseOrder: true,
        maxResults: 1,
        nextToken,
      }),
    );
    expect(typesOf(before ?? [])).toEqual(['LambdaFunctionSucceeded']);
  });

  it('fails as its state says', async () => {
    const arn = await start('Chain', { n: 1 });
    expect(await ending(arn)).toMatchObject({
      status: 'FAILED',
      error: 'TooFew',
      cause: 'One is not enough.',
    });
    expect((await historyOf(arn)).at(-1)).toMatchObject({
      type: 'ExecutionFailed',
      executionFailedEventDetails: { error: 'TooFew', cause: 'One is not enough.' },
    });
  });

  it('runs maps and parallel branches', async () => {
    const { output } = await ending(await start('Many', { items: [1, 'two', { three: 3 }] }));
    expect(JSON.parse(output ?? '')).toMatchObject({
      each: [1, 'two', { three: 3 }],
      both: [{ is: 'Left' }, { is: 'Right' }],
    });
  });

  it('is stopped when somebody says so', async () => {
    const executionArn = await start('Slow');
    await states.send(
      new StopExecutionCommand({ executionArn, error: 'Enough', cause: 'Nobody waits.' }),
    );
    expect(await ending(executionArn)).toMatchObject({ status: 'ABORTED', error: 'Enough' });
    expect((await historyOf(executionArn)).at(-1)?.type).toBe('ExecutionAborted');
  });
});

describe('a task that fails', () => {
  it('is retried, and succeeds', async () => {
    const arn = await start('Retried', { id: randomUUID(), fails: 2 });
    expect(await ending(arn)).toMatchObject({ status: 'SUCCEEDED', output: '{"tried":3}' });
    const events = await historyOf(arn);
    expect(typesOf(events)).toEqual([
      'ExecutionStarted',
      'TaskStateEntered',
      ...['LambdaFunctionScheduled', 'LambdaFunctionStarted', 'LambdaFunctionFailed'],
      ...['LambdaFunctionScheduled', 'LambdaFunctionStarted', 'LambdaFunctionFailed'],
      ...['LambdaFunctionScheduled', 'LambdaFunctionStarted', 'LambdaFunctionSucceeded'],
      'TaskStateExited',
      'ExecutionSucceeded',
    ]);
    const [first, , third] = events.filter(({ type }) => type === 'LambdaFunctionScheduled');
    const pause = Number(third?.timestamp) - Number(first?.timestamp);
    expect(pause).toBeGreaterThanOrEqual(1990);
  });

  it('is caught once its tries are over, with name and cause of its error', async () => {
    const arn = await start('Retried', { id: randomUUID(), fails: 9 });
    const { status, output } = await ending(arn);
    expect(status).toBe('SUCCEEDED');
    const { error } = JSON.parse(output ?? '');
    expect(error.Error).toBe('Shaken');
    expect(JSON.parse(error.Cause)).toMatchObject({ errorType: 'Shaken', errorMessage: 'try 3' });
  });

  it('is not retried where the first rule that fits says so', async () => {
    const arn = await start('Retried', { id: randomUUID(), fails: 9, error: 'Never' });
    const { output } = await ending(arn);
    expect(JSON.parse(output ?? '').error.Error).toBe('Never');
    const failed = typesOf(await historyOf(arn)).filter((type) => type === 'LambdaFunctionFailed');
    expect(failed).toHaveLength(1);
  });

  it('fails when its time is over', async () => {
    const arn = await start('Hasty', { id: randomUUID(), hangs: true });
    expect(await ending(arn)).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
    expect(typesOf(await historyOf(arn))).toContain('LambdaFunctionTimedOut');
  });

  it('is not run without the right of the role, as on AWS', async () => {
    const { status, error, cause } = await ending(await start('Forbidden'));
    expect({ status, error }).toEqual({ status: 'FAILED', error: 'Lambda.AWSLambdaException' });
    expect(cause).toContain(
      'assumed-role/ForbiddenRole/states.amazonaws.com is not authorized to perform: lambda:InvokeFunction',
    );
  });
});

describe('the API', () => {
  it('gives the running execution again under its name and input, and no other', async () => {
    const name = randomUUID();
    const arn = await start('Slow', { n: 1 }, name);
    expect(await start('Slow', { n: 1 }, name)).toBe(arn);
    await expect(start('Slow', { n: 2 }, name)).rejects.toThrow('Execution Already Exists');
    await states.send(new StopExecutionCommand({ executionArn: arn }));
    await expect(start('Slow', { n: 1 }, name)).rejects.toMatchObject({
      name: 'ExecutionAlreadyExists',
    });
  });

  it('lists machines and executions, and shows a definition', async () => {
    const { stateMachines } = await states.send(new ListStateMachinesCommand({}));
    expect(stateMachines?.map(({ name }) => name)).toEqual(Object.keys(machines));
    const stateMachineArn = machineArn('Many');
    const { definition } = await states.send(new DescribeStateMachineCommand({ stateMachineArn }));
    expect(JSON.parse(definition ?? '')).toEqual(machines.Many);
    const arn = await start('Many', { items: [] });
    await ending(arn);
    const list = async (statusFilter: 'SUCCEEDED' | 'FAILED') => {
      const { executions = [] } = await states.send(
        new ListExecutionsCommand({ stateMachineArn, statusFilter }),
      );
      return executions.map(({ executionArn }) => executionArn);
    };
    expect((await list('SUCCEEDED'))[0]).toBe(arn);
    expect(await list('FAILED')).not.toContain(arn);
  });

  it.each([
    [{ stateMachineArn: machineArn('Nowhere') }, 'StateMachineDoesNotExist'],
    [{ stateMachineArn: 'Chain' }, 'InvalidArn'],
    [{ stateMachineArn: machineArn('Chain'), name: 'a b' }, 'InvalidName'],
    [{ stateMachineArn: machineArn('Chain'), input: '{' }, 'InvalidExecutionInput'],
  ])('refuses to start %o: %s', async (input, name) => {
    await expect(states.send(new StartExecutionCommand(input))).rejects.toMatchObject({ name });
  });

  it('lets a function do what its role allows, and no more', async () => {
    const starter = new SFNClient(stage.clientOf('Starter'));
    const chain = { stateMachineArn: machineArn('Chain'), input: '{"n":2}' };
    const { executionArn } = await starter.send(new StartExecutionCommand(chain));
    expect(executionArn).toContain(':execution:Chain:');
    const denied = { name: 'AccessDeniedException' };
    const slow = { stateMachineArn: machineArn('Slow') };
    await expect(starter.send(new StartExecutionCommand(slow))).rejects.toMatchObject(denied);
    const history = new GetExecutionHistoryCommand({ executionArn });
    await expect(starter.send(history)).rejects.toMatchObject(denied);
  });

  it('says what it does not run', async () => {
    const { CreateStateMachineCommand } = await import('@aws-sdk/client-sfn');
    const create = new CreateStateMachineCommand({ name: 'x', definition: '{}', roleArn: 'r' });
    await expect(states.send(create)).rejects.toThrow('does not run states:CreateStateMachine');
  });
});

describe('a stage that comes back', () => {
  it('knows the executions of the one before, and that those under way have not ended well', async () => {
    const over = await start('Chain', { n: 2 });
    await ending(over);
    const under = await start('Slow');
    // As after a kill: nobody has closed anything.
    const next = createStepFunctions(stage.context);
    const found = new Map(next.executions().map(({ arn, status }) => [arn, status]));
    expect(found.get(over)).toBe('SUCCEEDED');
    expect(found.get(under)).toBe('ABORTED');
    await states.send(new StopExecutionCommand({ executionArn: under }));
  });
});

describe('a machine that the stage does not run', () => {
  const pass = { Type: 'Pass', End: true };
  const one = (state: object) => ({ StartAt: 'One', States: { One: state } });
  const task = (more: object) => one({ ...shaky({ End: true }), ...more });

  it.each<[string, object, string]>([
    ['an unknown type', one({ Type: 'Magic' }), 'has the state "One" of the type Magic'],
    ['an unknown field', task({ HeartbeatSeconds: 5 }), 'HeartbeatSeconds in its state "One"'],
    ['JSONata', { ...one(pass), QueryLanguage: 'JSONata' }, 'speaks JSONata'],
    ['another service', task({ Resource: 'arn:aws:states:::sns:publish' }), 'sns:publish'],
    ['a task token', task({ Parameters: { 't.$': '$$.Task.Token' } }), '$$.Task.Token'],
    ['a retry count', task({ Parameters: { 'n.$': '$$.State.RetryCount' } }), 'RetryCount'],
    ['an unknown function', task({ Resource: functionArn('Nobody') }), 'no function of the temp'],
    ['a state that leads nowhere', one({ Type: 'Pass', Next: 'Two' }), 'is not valid'],
    [
      'a distributed map',
      one({
        Type: 'Map',
        End: true,
        ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED' }, ...one(pass) },
      }),
      'the mode DISTRIBUTED',
    ],
  ])('%s stops the start with a sentence', async (_, definition, sentence) => {
    const fault = await startWith(machineResources('Odd', definition)).catch(String);
    expect(fault).toMatch(/^Error: State machine Small\/Odd\/Resource /);
    expect(fault).toContain(sentence);
  });

  it('another type of machine, or a role that does not trust Step Functions, does so too', async () => {
    const [role, policy, machine] = machineResources('Odd', one(pass)) as [
      Resource,
      Resource,
      Resource,
    ];
    const properties = { ...machine.properties, StateMachineType: 'EXPRESS' };
    const express = [role, policy, { ...machine, properties }];
    await expect(startWith(express)).rejects.toThrow('is of the type EXPRESS');
    const strange = machineResources('Odd', one(pass), { trusts: 'lambda.amazonaws.com' });
    await expect(startWith(strange)).rejects.toThrow('does not trust states.amazonaws.com');
  });

  async function startWith(resources: readonly Resource[]): Promise<void> {
    let odd: StepFunctions | undefined;
    const small = await openSmallStage({
      functions: { Shaky: { code: 'export const handler = async () => {};' } },
      resources,
      services: (context) => {
        odd = createStepFunctions(context);
        return [odd];
      },
    });
    try {
      await odd?.start();
    } finally {
      await small.stop();
    }
  }
});
