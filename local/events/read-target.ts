import type { Resource, StageContext } from '../service.ts';
import type { Forward, Target, TargetSettings } from './target.ts';
import { kindOf } from './target-kinds.ts';

/** What AWS does without a RetryPolicy, which is also the most that it allows (behaviour sheet 2.2). */
const MOST_RETRIES = 185;
const LONGEST_AGE_S = 86_400;
const SHORTEST_AGE_S = 60;

const PROPERTIES = ['Id', 'Arn', 'RetryPolicy', 'DeadLetterConfig'];

/** Reads one target of a rule. Throws a sentence for what the stage does not run and for what AWS refuses. */
export function readTarget(
  context: StageContext,
  rule: Resource,
  settings: TargetSettings,
  forward: Forward,
): Target {
  const { Id: id, Arn: arn } = settings;
  try {
    const kind = kindOf(arn);
    const known = [...PROPERTIES, ...kind.properties];
    const unknown = Object.keys(settings).find((name) => !known.includes(name));
    if (unknown !== undefined) {
      throw new Error(`the local stage does not run ${unknown} with such a target`);
    }
    return {
      id,
      arn,
      ...retriesOf(settings),
      deadLetterArn: deadLetterArnOf(context, settings),
      ...kind.open(context, rule, settings, forward),
    };
  } catch (error) {
    const why = error instanceof Error ? error.message : error;
    throw new Error(`Rule ${rule.path}, target ${id}: ${why}.`);
  }
}

function retriesOf({ RetryPolicy = {} }: TargetSettings): Pick<Target, 'retries' | 'ageLimitMs'> {
  const within = (name: keyof typeof RetryPolicy, least: number, most: number) => {
    const value = Number(RetryPolicy[name] ?? most);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw new Error(`${name} is a whole number from ${least} to ${most}`);
  };
  return {
    retries: within('MaximumRetryAttempts', 0, MOST_RETRIES),
    ageLimitMs: within('MaximumEventAgeInSeconds', SHORTEST_AGE_S, LONGEST_AGE_S) * 1_000,
  };
}

function deadLetterArnOf({ assembly }: StageContext, { DeadLetterConfig }: TargetSettings) {
  const arn = DeadLetterConfig?.Arn;
  if (arn !== undefined && assembly.find('AWS::SQS::Queue', arn) === undefined) {
    throw new Error(`its dead-letter queue ${arn} is no queue of the template`);
  }
  return arn;
}
