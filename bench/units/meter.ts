import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  BatchWriteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  QueryCommand,
  ScanCommand,
  TransactWriteCommand,
} from '@aws-sdk/lib-dynamodb';
import { prices } from '../prices.ts';

/** What was asked of DynamoDB. */
export interface Units {
  readonly calls: number;
  /** Items named, or found by a query or a scan. */
  readonly items: number;
  readonly reads: number;
  readonly writes: number;
}

export const noUnits: Units = { calls: 0, items: 0, reads: 0, writes: 0 };

export const sumOf = (...all: readonly Units[]): Units =>
  all.reduce(
    (sum, { calls, items, reads, writes }) => ({
      calls: sum.calls + calls,
      items: sum.items + items,
      reads: sum.reads + reads,
      writes: sum.writes + writes,
    }),
    noUnits,
  );

export const differenceOf = (one: Units, other: Units): Units => ({
  calls: one.calls - other.calls,
  items: one.items - other.items,
  reads: one.reads - other.reads,
  writes: one.writes - other.writes,
});

export const dollarsOf = ({ reads, writes }: Units): number =>
  reads * prices.perReadUnit + writes * prices.perWriteUnit;

/** A document client that counts whatever is sent through it. */
export interface Meter {
  readonly documents: DynamoDBDocumentClient;
  /** What came of this work; nothing else may be sent meanwhile. */
  measure(work: () => Promise<unknown>): Promise<Units>;
}

interface Capacity {
  readonly CapacityUnits?: number;
}
interface Answer {
  readonly ConsumedCapacity?: Capacity | readonly Capacity[];
  readonly Items?: readonly unknown[];
}

/**
 * Counts by the engine's own `ConsumedCapacity`, whose figures follow AWS's rules for sizes, indexes and
 * transactions. A write whose condition did not hold brings none: by AWS's rules it costs as much as if
 * it had held, and rows of the flows that can lose one are below 1 KB.
 */
export function openMeter(documents: DynamoDBDocumentClient): Meter {
  let counted = noUnits;
  const count = (more: Units) => {
    counted = sumOf(counted, more);
  };
  const send = async (command: { input: Record<string, unknown> }): Promise<unknown> => {
    command.input.ReturnConsumedCapacity = 'TOTAL';
    const isRead = [GetCommand, BatchGetCommand, QueryCommand, ScanCommand].some(
      (each) => (command as object) instanceof each,
    );
    const named = itemsNamed(command);
    try {
      const answer = (await documents.send(command as never)) as Answer;
      const units = [answer.ConsumedCapacity ?? []]
        .flat()
        .reduce((sum, { CapacityUnits = 0 }) => sum + CapacityUnits, 0);
      const items = answer.Items?.length ?? named;
      count({ calls: 1, items, reads: isRead ? units : 0, writes: isRead ? 0 : units });
      return answer;
    } catch (fault) {
      const each = fault instanceof TransactionCanceledException ? 2 : 1;
      count({ calls: 1, items: named, reads: 0, writes: named * each });
      throw fault;
    }
  };
  return {
    documents: Object.assign(Object.create(documents), { send }),
    measure: async (work) => {
      counted = noUnits;
      await work();
      return counted;
    },
  };
}

function itemsNamed(command: object): number {
  const lists = (all: object = {}) => Object.values(all) as { Keys?: unknown[] }[];
  if (command instanceof TransactWriteCommand) return command.input.TransactItems?.length ?? 0;
  if (command instanceof BatchGetCommand) {
    return lists(command.input.RequestItems).reduce((sum, { Keys = [] }) => sum + Keys.length, 0);
  }
  if (command instanceof BatchWriteCommand) return lists(command.input.RequestItems).flat().length;
  return 1;
}
