import type { Service, StageContext } from '../service.ts';
import type { Execution } from './execution.ts';
import { openExecutions } from './executions.ts';
import { type Machine, machineOf } from './machine.ts';
import { answerStepFunctionsApi } from './step-functions-api.ts';

/** The state machines, for whoever watches their executions. */
export interface StepFunctions extends Service {
  /** Newest first. */
  executions(): readonly Execution[];
}

/** Step Functions: the template's state machines, run by an interpreter of the Amazon States Language. */
export function createStepFunctions(context: StageContext): StepFunctions {
  const machines: Machine[] = [];
  const executions = openExecutions(context);

  return {
    name: 'workflows',
    scopes: ['states'],
    executions: executions.list,
    async start() {
      const resources = context.assembly.ofType('AWS::StepFunctions::StateMachine');
      // Most of what it loads is an SDK: a template without workflows starts without it.
      if (resources.length === 0) return 'no state machines';
      const { StateMachine } = await import('aws-local-stepfunctions');
      machines.push(...resources.map((resource) => machineOf(context, resource, StateMachine)));
      return `${machines.length} state machine${machines.length === 1 ? '' : 's'}`;
    },
    handle: (call) => answerStepFunctionsApi({ context, machines, executions }, call),
    stop: executions.close,
  };
}
