import type { StateMachine } from 'aws-local-stepfunctions';
import { AwsFault, type Principal, type Resource, type StageContext } from '../service.ts';
import { type Compiled, compileDefinition, unrun } from './definition.ts';
import { demandRunnable } from './task.ts';

/** An `AWS::StepFunctions::StateMachine`, ready to be run. */
export interface Machine extends Compiled {
  readonly resource: Resource;
  readonly name: string;
  readonly roleArn: string;
  /** The text of the template. */
  readonly text: string;
  /** Step Functions, acting as the machine's role. */
  readonly principal: Principal;
  readonly Interpreter: typeof StateMachine;
}

const KNOWN = [
  'DefinitionString',
  'RoleArn',
  'StateMachineName',
  'StateMachineType',
  // What there is to see of executions here is their history.
  'LoggingConfiguration',
  'TracingConfiguration',
  'Tags',
];
const SERVICE = 'states.amazonaws.com';

/** Throws a sentence about a machine that the stage does not run, or that AWS would refuse. */
export function machineOf(
  context: StageContext,
  resource: Resource,
  Interpreter: typeof StateMachine,
): Machine {
  const { path, arn, properties } = resource;
  try {
    const unknown = Object.keys(properties).find((name) => !KNOWN.includes(name));
    if (unknown !== undefined) throw unrun(`has ${unknown}`);
    const { DefinitionString, RoleArn, StateMachineType = 'STANDARD' } = properties;
    if (StateMachineType !== 'STANDARD') throw unrun(`is of the type ${StateMachineType}`);
    const text = String(DefinitionString);
    const compiled = compileDefinition(text);
    for (const task of compiled.tasks.values()) demandRunnable(task, context);
    demandValid(compiled, Interpreter);
    const roleArn = String(RoleArn);
    const itself = { kind: 'service', name: SERVICE, arn: SERVICE, sourceArn: arn } as const;
    demandRole(context, { ...itself, roleArn: '' }, roleArn);
    const name = arn.slice(arn.lastIndexOf(':') + 1);
    const principal = { ...itself, roleArn };
    return { ...compiled, resource, name, text, roleArn, principal, Interpreter };
  } catch (error) {
    const clause = error instanceof Error ? error.message : String(error);
    throw new Error(`State machine ${path} ${clause}.`, { cause: error });
  }
}

/** As CreateStateMachine does. */
function demandRole({ access, assembly }: StageContext, itself: Principal, roleArn: string): void {
  if (!assembly.find('AWS::IAM::Role', roleArn)) {
    throw new Error(`runs as ${roleArn}, which is no role of the template`);
  }
  try {
    access.demand(itself, 'sts:AssumeRole', roleArn);
  } catch (error) {
    throw error instanceof AwsFault
      ? new Error(`runs as ${roleArn}, which does not trust ${SERVICE}`)
      : error;
  }
}

/** Paths are checked where they are evaluated: the checker does not know all of them. */
function demandValid({ definition }: Compiled, Interpreter: typeof StateMachine): void {
  try {
    new Interpreter(definition, { validationOptions: { checkPaths: false, checkArn: false } });
  } catch (error) {
    throw new Error(`is not valid (${error instanceof Error ? error.message : error})`);
  }
}
