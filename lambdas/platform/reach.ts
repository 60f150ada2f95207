import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type FunctionName, functions, type Right } from '../../contract/functions.ts';
import type { TableName } from '../../contract/tables.ts';
import { tableNameOf } from './environment.ts';

/** A table and what may be done with it. One with more rights serves where fewer are asked for. */
export interface TableReach<Granted extends string> {
  readonly name: string;
  readonly rights: { readonly [Each in Granted]: true };
}

/**
 * What a store or a flow asks of its caller: `Reaches<{ connections: 'get' | 'update' }>`. A function
 * whose line in `contract/functions.ts` does not grant it does not compile.
 */
export interface Reaches<Needs extends { readonly [Table in TableName]?: Right<Table> }> {
  readonly documents: DynamoDBDocumentClient;
  readonly tables: {
    readonly [Table in keyof Needs]: TableReach<Extract<Needs[Table], string>>;
  };
}

type Granted<Name extends FunctionName> = (typeof functions)[Name]['tables'];

export type ReachOf<Name extends FunctionName> = Reaches<{
  readonly [Table in keyof Granted<Name>]: Granted<Name>[Table] extends readonly (infer Each)[]
    ? Each
    : never;
}>;

/** The tables that this function was granted, under the names of this deployment. */
export function openTables<Name extends FunctionName>(name: Name): ReachOf<Name> {
  const granted = Object.entries(functions[name].tables) as [TableName, readonly string[]][];
  const opened = granted.map(([table, rights]) => [
    table,
    { name: tableNameOf(table), rights: Object.fromEntries(rights.map((right) => [right, true])) },
  ]);
  return { documents: openDocuments(), tables: Object.fromEntries(opened) } as ReachOf<Name>;
}

export function openDocuments(): DynamoDBDocumentClient {
  return DynamoDBDocumentClient.from(new DynamoDBClient({}), {
    marshallOptions: { removeUndefinedValues: true },
  });
}
