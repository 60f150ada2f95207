import { randomUUID } from 'node:crypto';
import type { Resource, Service, StageContext } from '../service.ts';
import { parseSchedule, type Schedule } from './cron.ts';

interface Target {
  readonly Arn: string;
  readonly Input?: string;
}

/** Properties of a target that Lambda's asynchronous invocation covers, or that change nothing here. */
const TARGET_PROPERTIES = ['Arn', 'Id', 'Input', 'RetryPolicy', 'DeadLetterConfig'];

/** EventBridge rules that run by the clock; their targets are functions. */
export function createSchedules(context: StageContext): Service {
  const { assembly, clock } = context;
  const running = new Map<string, () => void>();

  const run = (rule: Resource, schedule: Schedule, targets: readonly Target[]) => {
    const due = schedule.next(clock.now());
    if (due === undefined) return;
    const cancel = clock.at(due, () => {
      run(rule, schedule, targets);
      for (const target of targets) invokeTarget(context, rule, target, due);
    });
    running.set(rule.arn, cancel);
  };

  return {
    name: 'schedules',
    start: async () => {
      for (const rule of assembly.ofType('AWS::Events::Rule')) {
        const targets = targetsOf(context, rule);
        const { ScheduleExpression: expression, State: state } = rule.properties;
        if (expression === undefined || targets.length === 0) continue;
        const schedule = scheduleOf(rule, String(expression));
        if (state !== 'DISABLED') run(rule, schedule, targets);
      }
      return `${running.size} rules`;
    },
    stop: async () => {
      for (const cancel of running.values()) cancel();
      running.clear();
    },
  };
}

function scheduleOf({ path }: Resource, expression: string): Schedule {
  try {
    return parseSchedule(expression);
  } catch (error) {
    throw new Error(`Rule ${path}: ${error instanceof Error ? error.message : error}`);
  }
}

/** The functions that a rule invokes. Throws a sentence where something else would have to happen. */
function targetsOf({ assembly }: StageContext, { path, properties }: Resource): Target[] {
  const targets = (properties.Targets ?? []) as Target[];
  if (targets.length > 0 && properties.EventPattern !== undefined) {
    throw new Error(
      `Rule ${path} waits for events on a bus, which the local stage does not run yet: it runs schedules.`,
    );
  }
  for (const target of targets) {
    const unknown = Object.keys(target).find((name) => !TARGET_PROPERTIES.includes(name));
    if (unknown !== undefined) {
      throw new Error(
        `Rule ${path} has a target with ${unknown}, which the local stage does not run.`,
      );
    }
    if (assembly.find('AWS::Lambda::Function', target.Arn) === undefined) {
      throw new Error(
        `Rule ${path} has the target ${target.Arn}: the local stage invokes functions of the template only.`,
      );
    }
  }
  return targets;
}

function invokeTarget(
  context: StageContext,
  { arn, path }: Resource,
  { Arn, Input }: Target,
  due: number,
): void {
  const event = {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account: context.account,
    time: new Date(due).toISOString().replace(/\.\d{3}/, ''),
    region: context.region,
    resources: [arn],
    detail: {},
  };
  try {
    context.functions.invokeLater(Arn, Input ?? JSON.stringify(event), {
      kind: 'service',
      name: 'events.amazonaws.com',
      arn,
      roleArn: '',
      sourceArn: arn,
    });
  } catch (error) {
    const why = error instanceof Error ? error.message : error;
    context.warn(`Rule ${path} could not invoke its function: ${why}`);
  }
}
