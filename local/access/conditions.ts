import type { Facts } from '../service.ts';
import { anyArnOf, anyOf } from './patterns.ts';

/** Whether a condition is met; undefined when the stage cannot know. */
export type Condition = (facts: Facts, isKnown: (key: string) => boolean) => boolean | undefined;

type Comparison = (expected: readonly string[]) => (actual: string) => boolean;

const comparisons: Readonly<Record<string, Comparison>> = {
  StringEquals: (expected) => (actual) => expected.includes(actual),
  StringLike: (expected) => anyOf(expected),
  // IAM gives the two the same meaning: both take wildcards.
  ArnEquals: (expected) => anyArnOf(expected),
  ArnLike: (expected) => anyArnOf(expected),
  Bool: (expected) => (actual) => expected.includes(actual),
};

/** The conditions of a `Condition` block; throws a sentence at an operator that is not evaluated here. */
export function compileConditions(block: unknown, where: string): readonly Condition[] {
  return Object.entries((block ?? {}) as Record<string, Record<string, unknown>>).flatMap(
    ([operator, tests]) =>
      Object.entries(tests).map(([key, expected]) =>
        compileCondition(operator, key.toLowerCase(), listOf(expected), where),
      ),
  );
}

function compileCondition(
  operator: string,
  key: string,
  expected: readonly string[],
  where: string,
): Condition {
  const [, quantifier, name = ''] = /^(?:(ForAllValues|ForAnyValue):)?(.*)$/.exec(operator) ?? [];
  const compare = comparisons[name];
  if (!compare) {
    throw new Error(
      `${where} has the condition operator ${operator}, which the local stage does not evaluate: it knows ${Object.keys(comparisons).join(', ')}, alone or after ForAllValues: or ForAnyValue:.`,
    );
  }
  const matches = compare(expected);
  return (facts, isKnown) => {
    const actual = facts[key];
    if (actual === undefined && !isKnown(key)) return undefined;
    const values = actual === undefined ? [] : listOf(actual);
    // As in IAM: over no values at all, "for all" is met and "for any" is not.
    return quantifier === 'ForAllValues' ? values.every(matches) : values.some(matches);
  };
}

function listOf(value: unknown): readonly string[] {
  return (Array.isArray(value) ? value : [value]).map(String);
}
