import type { Facts } from '../service.ts';
import { type Condition, compileConditions } from './conditions.ts';
import { anyOf } from './patterns.ts';

/** One statement of a policy, ready to be asked many times. */
export interface Statement {
  readonly effect: 'Allow' | 'Deny';
  readonly coversAction: (action: string) => boolean;
  readonly coversResource: (arn: string) => boolean;
  readonly conditions: readonly Condition[];
}

export type Decision = 'allowed' | 'denied explicitly' | 'not allowed';

const elements = ['Sid', 'Effect', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition'];

/**
 * Reads a policy document. Throws a sentence that begins with `where` at whatever it would not
 * evaluate as IAM does: nothing is ever allowed because it was not understood.
 */
export function compilePolicy(document: unknown, where: string): readonly Statement[] {
  return statementsIn(document).map((statement) => compileStatement(statement, where));
}

/** One statement or a list of them, as they stand. */
export function statementsIn(document: unknown): Record<string, unknown>[] {
  const { Statement } = document as { Statement?: Record<string, unknown> };
  return [Statement ?? {}].flat();
}

/** As `compilePolicy`, for one statement. */
export function compileStatement(statement: Record<string, unknown>, where: string): Statement {
  const unknown = Object.keys(statement).find((element) => !elements.includes(element));
  if (unknown) {
    throw new Error(
      `${where} has the element ${unknown}, which the local stage does not evaluate.`,
    );
  }
  const effect = statement.Effect;
  if (effect !== 'Allow' && effect !== 'Deny') {
    throw new Error(`${where} has a statement whose Effect is neither Allow nor Deny.`);
  }
  return {
    effect,
    coversAction: compileEither(statement, 'Action', 'i', where),
    coversResource: compileEither(statement, 'Resource', '', where),
    conditions: compileConditions(statement.Condition, where),
  };
}

function compileEither(
  statement: Record<string, unknown>,
  element: 'Action' | 'Resource',
  flags: string,
  where: string,
): (text: string) => boolean {
  const named = statement[element];
  const excepted = statement[`Not${element}`];
  if ((named === undefined) === (excepted === undefined)) {
    throw new Error(`${where} has a statement that needs either ${element} or Not${element}.`);
  }
  const patterns = [named ?? excepted].flat();
  const unresolved = patterns.find(
    (pattern) => typeof pattern !== 'string' || pattern.includes('${'),
  );
  if (unresolved !== undefined) {
    throw new Error(
      `${where} names ${JSON.stringify(unresolved)} as ${element}: policy variables are not evaluated by the local stage.`,
    );
  }
  const isOneOf = anyOf(patterns as string[], flags);
  return named === undefined ? (text) => !isOneOf(text) : isOneOf;
}

/** What the statements that concern a call say: an explicit deny outweighs everything, and silence is no. */
export function decide(
  concerned: readonly Statement[],
  facts: Facts,
  isKnown: (key: string) => boolean,
): Decision {
  let decision: Decision = 'not allowed';
  for (const { effect, conditions } of concerned) {
    const answers = conditions.map((condition) => condition(facts, isKnown));
    // What cannot be known counts against the caller: it does not allow, and it does deny.
    if (effect === 'Deny' && !answers.includes(false)) return 'denied explicitly';
    if (effect === 'Allow' && answers.every((met) => met === true)) decision = 'allowed';
  }
  return decision;
}
