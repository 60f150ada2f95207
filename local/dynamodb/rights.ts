import { AwsFault } from '../service.ts';

/** What one request asks for, before it reaches the engine. */
export interface Errand {
  /** IAM action (`dynamodb:` left out) and table, with `/index/NAME` where an index is read. */
  readonly demands: ReadonlyArray<readonly [action: string, table: string]>;
  /** The tables that it may write to. */
  readonly written: readonly string[];
}

type Input = Readonly<Record<string, unknown>>;

/** The rights that AWS demands for this call, and where it writes. Throws what AWS answers to a malformed one. */
export function errandOf(action: string, input: Input): Errand {
  const errand = ERRANDS[action];
  if (errand === undefined) throw unsupported(action);
  return errand(action, input);
}

const read = (action: string, input: Input): Errand => ({
  demands: [[action, tableIn(input)]],
  written: [],
});

const write = (action: string, input: Input): Errand => {
  const table = tableIn(input);
  return { demands: [[action, table]], written: [table] };
};

const readTableOrIndex = (action: string, input: Input): Errand => {
  const { IndexName: index } = input;
  const table = tableIn(input);
  return {
    demands: [[action, index === undefined ? table : `${table}/index/${index}`]],
    written: [],
  };
};

const batch = (action: string, input: Input): Errand => {
  const tables = Object.keys(objectIn(input, 'RequestItems')).map(tableNamed);
  return {
    demands: tables.map((table) => [action, table]),
    written: action === 'BatchWriteItem' ? tables : [],
  };
};

/** A transaction needs the right of each of its parts; there is none of its own (D, IAM for transactions). */
const transaction = (_action: string, input: Input): Errand => {
  const items = input.TransactItems;
  if (!Array.isArray(items)) throw malformed('TransactItems');
  const demands = new Map<string, readonly [string, string]>();
  const written = new Set<string>();
  for (const item of items) {
    for (const [part, of] of Object.entries(isObject(item) ? item : {})) {
      const action = PARTS[part];
      if (action === undefined || !isObject(of)) throw malformed('TransactItems');
      const table = tableIn(of);
      demands.set(`${action} ${table}`, [action, table]);
      if (action !== 'GetItem' && action !== 'ConditionCheckItem') written.add(table);
    }
  }
  return { demands: [...demands.values()], written: [...written] };
};

const PARTS: Readonly<Record<string, string>> = {
  Put: 'PutItem',
  Update: 'UpdateItem',
  Delete: 'DeleteItem',
  ConditionCheck: 'ConditionCheckItem',
  Get: 'GetItem',
};

/** Everything that the gate lets through. Tables come from the template alone, so nothing here makes or changes one. */
const ERRANDS: Readonly<Record<string, (action: string, input: Input) => Errand>> = {
  GetItem: read,
  PutItem: write,
  UpdateItem: write,
  DeleteItem: write,
  Query: readTableOrIndex,
  Scan: readTableOrIndex,
  BatchGetItem: batch,
  BatchWriteItem: batch,
  TransactGetItems: transaction,
  TransactWriteItems: transaction,
  DescribeTable: read,
  DescribeTimeToLive: read,
  ListTables: (action) => ({ demands: [[action, '*']], written: [] }),
};

function unsupported(action: string): AwsFault {
  const why = PARTIQL.has(action)
    ? 'PartiQL is not run by the local stage: use the item operations.'
    : TABLE_CHANGES.has(action)
      ? 'The tables of the local stage come from the template: change them in the CDK app and start again.'
      : `The local stage does not run dynamodb:${action}.`;
  return new AwsFault('UnknownOperationException', why);
}

const PARTIQL = new Set(['ExecuteStatement', 'BatchExecuteStatement', 'ExecuteTransaction']);
const TABLE_CHANGES = new Set(['CreateTable', 'UpdateTable', 'DeleteTable', 'UpdateTimeToLive']);

const tableIn = (input: Input): string => tableNamed(input.TableName);

/** SDKs may name a table by its ARN. */
function tableNamed(name: unknown): string {
  if (typeof name !== 'string' || name === '') throw malformed('TableName');
  return name.startsWith('arn:') ? name.slice(name.indexOf('/') + 1) : name;
}

function objectIn(input: Input, name: string): Input {
  const value = input[name];
  if (!isObject(value)) throw malformed(name);
  return value;
}

const malformed = (member: string) =>
  new AwsFault(
    'ValidationException',
    `1 validation error detected: ${member} is missing or malformed`,
  );

const isObject = (value: unknown): value is Input => typeof value === 'object' && value !== null;
