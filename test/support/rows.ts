import { type DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { type TableName, tables } from '../../contract/tables.ts';
import type { Place } from './place.ts';

type Row = Readonly<Record<string, unknown>>;
/** By table, in the order of their keys. */
export type Rows = Readonly<Record<string, readonly Row[]>>;

const outputOf = (table: string): string =>
  `${table.charAt(0).toUpperCase()}${table.slice(1)}TableName`;

/** Every row of every table, the sample store's too; with a word, those that hold it anywhere in a text. */
export async function readRows(
  documents: DynamoDBDocumentClient,
  { outputs }: Place,
  word = '',
): Promise<Rows> {
  const names = [...Object.keys(tables), 'pets'];
  const read = await Promise.all(
    names.map(async (name) => {
      const rows = await scan(documents, outputs[outputOf(name)] ?? '');
      return [name, rows.filter((row) => JSON.stringify(row).includes(word)).sort(byText)] as const;
    }),
  );
  return Object.fromEntries(read);
}

export const rowsOf = <Row>(rows: Rows, table: TableName): readonly Row[] =>
  (rows[table] ?? []) as readonly Row[];

async function scan(documents: DynamoDBDocumentClient, TableName: string): Promise<Row[]> {
  const rows: Row[] = [];
  let from: Record<string, unknown> | undefined;
  do {
    const page = await documents.send(
      new ScanCommand({ TableName, ConsistentRead: true, ExclusiveStartKey: from }),
    );
    rows.push(...(page.Items ?? []).map(plain));
    from = page.LastEvaluatedKey;
  } while (from);
  return rows;
}

/** Names in order, and a set as its members in order: both have none of their own. */
const plain = (row: Row): Row =>
  Object.fromEntries(
    Object.entries(row)
      .map(([name, value]) => [name, value instanceof Set ? [...value].sort() : value] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

const byText = (a: Row, b: Row): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
