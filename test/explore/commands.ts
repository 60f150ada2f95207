import {
  BatchWriteCommand,
  PutCommand,
  TransactWriteCommand,
  type TransactWriteCommandInput,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import type { EveryReach } from '../support/engine.ts';
import { type Watched, watched } from './rows.ts';

/** A command on its way to the engine, as a fault sees it. */
export interface Command {
  readonly input: object;
}

export type TransactItem = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

export const itemsOf = (command: Command): readonly TransactItem[] =>
  command instanceof TransactWriteCommand ? (command.input.TransactItems ?? []) : [];

/** The tables that a command writes to; none for one that reads. */
export function writtenBy({ tables }: EveryReach, command: Command): readonly Watched[] {
  const names = new Set<string | undefined>();
  if (command instanceof PutCommand || command instanceof UpdateCommand)
    names.add(command.input.TableName);
  if (command instanceof BatchWriteCommand)
    for (const name of Object.keys(command.input.RequestItems ?? {})) names.add(name);
  for (const item of itemsOf(command))
    for (const write of [item.Put, item.Update, item.Delete]) names.add(write?.TableName);
  return watched.filter((table) => names.has(tables[table].name));
}

export const isPlainWrite = (command: Command): boolean =>
  command instanceof PutCommand || command instanceof UpdateCommand;

/** A line of a trace: what is done to which rows. */
export function describe({ tables }: EveryReach, command: Command): string {
  const verb = command.constructor.name.replace(/Command$/, '').toLowerCase();
  const tableOf = (name = '') =>
    Object.entries(tables).find(([, table]) => table.name === name)?.[0] ?? name;
  const about = (part: {
    TableName?: string | undefined;
    Key?: object | undefined;
    Item?: object | undefined;
  }) => {
    const { status, ...item } = (part.Item ?? {}) as Record<string, unknown>;
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
