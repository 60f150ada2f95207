import {
  PutCommand,
  TransactWriteCommand,
  type TransactWriteCommandInput,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { type TableName, tables } from '../../contract/tables.ts';
import type { EveryReach } from '../support/engine.ts';

/** A command on its way to the engine, as a fault sees it. */
export interface Command {
  readonly input: object;
}

export type TransactItem = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

export const itemsOf = (command: Command): readonly TransactItem[] =>
  command instanceof TransactWriteCommand ? (command.input.TransactItems ?? []) : [];

export const isPlainWrite = (command: Command): boolean =>
  command instanceof PutCommand || command instanceof UpdateCommand;

/** An item of a table, by its key. */
export interface Item {
  readonly table: string;
  readonly key: Readonly<Record<string, unknown>>;
}

/** The items that a command writes to, or checks within a transaction. */
export function itemsWrittenBy(reach: EveryReach, command: Command): Item[] {
  const isSingle = command instanceof PutCommand || command instanceof UpdateCommand;
  const parts = itemsOf(command).map((item) => item.Put ?? item.Update ?? item.Delete ?? {});
  return (isSingle ? [command.input] : parts).map((part: Part) => {
    const [table] =
      Object.entries(reach.tables).find(([, { name }]) => name === part.TableName) ?? [];
    const { partition, sort }: Layout = tables[table as TableName];
    const row = part.Key ?? part.Item ?? {};
    const names = [partition, ...(sort ? [sort] : [])].map(({ name }) => name);
    const key = Object.fromEntries(names.map((name) => [name, row[name]]));
    return { table: part.TableName ?? '', key };
  });
}

interface Part {
  readonly TableName?: string | undefined;
  readonly Key?: Record<string, unknown> | undefined;
  readonly Item?: Record<string, unknown> | undefined;
}
interface Layout {
  readonly partition: { readonly name: string };
  readonly sort?: { readonly name: string };
}

/** A line of a trace: what is done to which rows. */
export function describe({ tables }: EveryReach, command: Command): string {
  const verb = command.constructor.name.replace(/Command$/, '').toLowerCase();
  const tableOf = (name = '') =>
    Object.entries(tables).find(([, table]) => table.name === name)?.[0] ?? name;
  const about = (part: Part) => {
    const { status, ...item } = part.Item ?? {};
    const key = part.Key ?? { id: item.connectionId ?? '', ...(status ? { status } : {}) };
    return `${tableOf(part.TableName)} ${Object.values(key).join('/')}`.trim();
  };
  const items = itemsOf(command).map((item) => item.Update ?? item.Put ?? item.Delete ?? {});
  if (items.length > 0) return `${verb} {${items.map(about).join(', ')}}`;
  const { RequestItems } = command.input as {
    RequestItems?: Record<string, readonly unknown[] | { Keys?: readonly unknown[] }>;
  };
  if (RequestItems === undefined) return `${verb} ${about(command.input)}`;
  const batches = Object.entries(RequestItems).map(([name, requests]) => {
    const count = Array.isArray(requests) ? requests.length : undefined;
    return `${tableOf(name)}${count === undefined ? '' : ` × ${count}`}`;
  });
  return `${verb} ${batches.join(', ')}`;
}
