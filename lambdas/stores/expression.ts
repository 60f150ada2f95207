import { outlastContention } from '../platform/contention.ts';
import type { TransactItem } from '../platform/transact.ts';

/** DynamoDB's expression text with its values in place; `#name` names an attribute. */
export interface Expression {
  readonly parts: readonly string[];
  readonly values: readonly unknown[];
}

/**
 * Expressions that read like expressions: `SET #status = ${'CONNECTED'}`. Values become
 * placeholders, and every `#name` is declared by itself.
 */
export const ex = (parts: TemplateStringsArray, ...values: unknown[]): Expression => ({
  parts,
  values,
});

interface Rendered {
  readonly text: string;
  readonly values: Readonly<Record<string, unknown>>;
}

function render({ parts, values }: Expression, mark: string): Rendered {
  const named = values.map((value, at) => [`:${mark}${at}`, value] as const);
  const text = parts.map((part, at) => part + (named[at]?.[0] ?? '')).join('');
  return { text, values: Object.fromEntries(named) };
}

/** What DynamoDB wants to hear beside the texts. */
function declarations(...expressions: readonly (Rendered | undefined)[]) {
  const texts = expressions.map((each) => each?.text ?? '').join(' ');
  const names = [...new Set(texts.match(/#\w+/g))].map((alias) => [alias, alias.slice(1)]);
  const values = Object.assign({}, ...expressions.map((each) => each?.values ?? {}));
  return {
    ...(names.length > 0 && { ExpressionAttributeNames: Object.fromEntries(names) }),
    ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
  };
}

export function conditional(condition: Expression) {
  const when = render(condition, 'c');
  return { ConditionExpression: when.text, ...declarations(when) };
}

export function updating(update: Expression, condition: Expression) {
  const change = render(update, 'u');
  const when = render(condition, 'c');
  return {
    UpdateExpression: change.text,
    ConditionExpression: when.text,
    ...declarations(change, when),
  };
}

export function selecting(keys: Expression) {
  const where = render(keys, 'k');
  return { KeyConditionExpression: where.text, ...declarations(where) };
}

export function filtering(condition: Expression) {
  const when = render(condition, 'f');
  return { FilterExpression: when.text, ...declarations(when) };
}

/** An update within a transaction; a lost condition brings the row as it was. */
export const updateItem = (
  TableName: string,
  Key: Record<string, string>,
  update: Expression,
  condition: Expression,
): TransactItem => ({
  Update: {
    TableName,
    Key,
    ...updating(update, condition),
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  },
});

/**
 * Runs a conditional write; false when its condition did not hold. Refuses `busy` when transactions on
 * its item outlast its tries.
 */
export async function holds(write: () => Promise<unknown>): Promise<boolean> {
  try {
    await outlastContention(write);
    return true;
  } catch (fault) {
    if (fault instanceof Error && fault.name === 'ConditionalCheckFailedException') return false;
    throw fault;
  }
}
