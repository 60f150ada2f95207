import type { Resource, StageContext } from '../service.ts';
import { parseSchedule, type Schedule } from './cron.ts';
import { busName, DEFAULT_BUS, hasBus, ruleName } from './names.ts';
import { compilePattern, type Matcher } from './patterns.ts';
import { readTarget } from './read-target.ts';
import type { Forward, Target, TargetSettings } from './target.ts';

/** An `AWS::Events::Rule`, ready to be asked. */
export interface Rule {
  readonly resource: Resource;
  readonly name: string;
  readonly bus: string;
  readonly isEnabled: boolean;
  /** Undefined for a rule that goes by the clock alone. */
  readonly matches: Matcher | undefined;
  readonly schedule: Schedule | undefined;
  readonly targets: readonly Target[];
}

const KNOWN = [
  'Description',
  'EventBusName',
  'EventPattern',
  'Name',
  'ScheduleExpression',
  'State',
  'Tags',
  'Targets',
];

/** Not adjustable (D, EventBridge quotas). */
const MOST_TARGETS = 5;

/** Reads a rule. Throws a sentence for what the stage does not run and for what AWS refuses. */
export function ruleOf(context: StageContext, resource: Resource, forward: Forward): Rule {
  const { arn, path, properties } = resource;
  const refuse = (why: string) => new Error(`Rule ${path} ${why}.`);
  const unknown = Object.keys(properties).find((name) => !KNOWN.includes(name));
  if (unknown !== undefined) {
    throw refuse(`has ${unknown}, which the local stage does not run`);
  }
  const { EventPattern: pattern, ScheduleExpression: expression, State: state } = properties;
  const named = properties.EventBusName as string | undefined;
  if (pattern === undefined && expression === undefined) {
    throw refuse('has neither EventPattern nor ScheduleExpression');
  }
  if (!hasBus(context, named)) {
    throw refuse(`listens on the bus ${named}, which is no bus of the template`);
  }
  if (expression !== undefined && busName(named) !== DEFAULT_BUS) {
    throw refuse('has a ScheduleExpression, which AWS allows on the default bus only');
  }
  const targets = (properties.Targets ?? []) as readonly TargetSettings[];
  if (targets.length > MOST_TARGETS) throw refuse(`has more than ${MOST_TARGETS} targets`);

  const ready = <T>(value: unknown, make: (value: string) => T): T | undefined => {
    if (value === undefined) return undefined;
    try {
      return make(typeof value === 'string' ? value : JSON.stringify(value));
    } catch (error) {
      throw new Error(`Rule ${path}: ${error instanceof Error ? error.message : error}`);
    }
  };
  return {
    resource,
    name: ruleName(arn),
    bus: busName(named),
    isEnabled: state !== 'DISABLED',
    matches: ready(pattern, (text) => compilePattern(JSON.parse(text))),
    schedule: ready(expression, parseSchedule),
    targets: targets.map((target) => readTarget(context, resource, target, forward)),
  };
}
