import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { outlastContention } from '../platform/contention.ts';
import { asRow, type Row, type TransactItem } from '../platform/transact.ts';

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

/** One expression of several, in this order. */
export const together = (...pieces: readonly Expression[]): Expression =>
  pieces.reduce((all, { parts: [first = '', ...rest], values }) => ({
    parts: [...all.parts.slice(0, -1), `${all.parts.at(-1)} ${first}`, ...rest],
    values: [...all.values, ...values],
  }));

/** Goes on after a `SET`: with the attributes that have a value, and a `REMOVE` of the others. */
export function settingOrRemoving(attributes: Readonly<Record<string, unknown>>): Expression {
  const all = Object.entries(attributes);
  const missing = all.filter(([, value]) => value === undefined).map(([name]) => `#${name}`);
  return together(
    ...all
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => ({ parts: [`, #${name} = `, ''], values: [value] })),
    { parts: [missing.length > 0 ? `REMOVE ${missing.join(', ')}` : ''], values: [] },
  );
}

/** Several values in one place: `#status IN (${anyOf(steps.leave.from)})`. */
export const anyOf = (values: readonly unknown[]): AnyOf => new AnyOf(values);

class AnyOf {
  readonly values: readonly unknown[];
  constructor(values: readonly unknown[]) {
    this.values = values;
  }
}

interface Rendered {
  readonly text: string;
  readonly values: Readonly<Record<string, unknown>>;
}

function render({ parts, values }: Expression, mark: string): Rendered {
  const named: Record<string, unknown> = {};
  const nameOf = (value: unknown) => {
    const name = `:${mark}${Object.keys(named).length}`;
    named[name] = value;
    return name;
  };
  const placed = values.map((value) =>
    value instanceof AnyOf ? value.values.map(nameOf).join(', ') : nameOf(value),
  );
  const text = parts.map((part, at) => part + (placed[at] ?? '')).join('');
  return { text, values: named };
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

/** Of the rows with these keys, those of which the condition holds. */
export function selectingOnly(keys: Expression, condition: Expression) {
  const where = render(keys, 'k');
  const when = render(condition, 'f');
  return {
    KeyConditionExpression: where.text,
    FilterExpression: when.text,
    ...declarations(where, when),
  };
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
export const holds = async (write: () => Promise<Written>): Promise<boolean> =>
  (await attempt(write)).isDone;

/**
 * The same, with the row: as the write left it, or as it was where the condition did not hold. Of a command that asks
 * for them (`ReturnValues`, `ReturnValuesOnConditionCheckFailure`).
 */
export async function attempt(
  write: () => Promise<Written>,
): Promise<{ readonly isDone: boolean; readonly row: Row | undefined }> {
  try {
    const { Attributes } = await outlastContention(write);
    return { isDone: true, row: Attributes };
  } catch (fault) {
    if (!(fault instanceof ConditionalCheckFailedException)) throw fault;
    return { isDone: false, row: asRow(fault.Item) };
  }
}

interface Written {
  readonly Attributes?: Row | undefined;
}
