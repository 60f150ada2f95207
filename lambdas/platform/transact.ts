import { randomUUID } from 'node:crypto';
import {
  TransactionCanceledException,
  TransactionInProgressException,
} from '@aws-sdk/client-dynamodb';
import { TransactWriteCommand, type TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { outlastContention } from './contention.ts';
import type { Reaches } from './reach.ts';

export type TransactItem = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

export type Row = Readonly<Record<string, unknown>>;

/** A condition that did not hold, and the row as it was (undefined where there was none). */
export interface LostCondition {
  readonly row: Row | undefined;
}

/** What a transaction came to: `lost` has, in the order of the items, those whose condition failed. */
export type Outcome =
  | { readonly isDone: true }
  | { readonly isDone: false; readonly lost: readonly (LostCondition | undefined)[] };

/**
 * All of it or nothing. A lost condition is an answer; a conflict with another transaction or a
 * throttle is tried again, and of mixed reasons the condition wins. Refuses `busy` when contention
 * outlasts its tries.
 */
export async function transact(
  { documents }: Reaches<object>,
  items: readonly TransactItem[],
): Promise<Outcome> {
  const TransactItems = [...items];
  let ClientRequestToken = randomUUID();
  try {
    await outlastContention(async () => {
      try {
        await documents.send(new TransactWriteCommand({ TransactItems, ClientRequestToken }));
      } catch (fault) {
        // One still in progress may yet be done: under another token its own rows would refuse it.
        if (!(fault instanceof TransactionInProgressException)) ClientRequestToken = randomUUID();
        throw fault;
      }
    });
    return { isDone: true };
  } catch (fault) {
    const lost = lostConditions(fault);
    if (!lost) throw fault;
    return { isDone: false, lost };
  }
}

function lostConditions(fault: unknown): (LostCondition | undefined)[] | undefined {
  if (!(fault instanceof TransactionCanceledException)) return undefined;
  const reasons = fault.CancellationReasons ?? [];
  if (!reasons.some(({ Code }) => Code === 'ConditionalCheckFailed')) return undefined;
  return reasons.map(({ Code, Item }) =>
    Code === 'ConditionalCheckFailed' ? { row: asRow(Item) } : undefined,
  );
}

/** The row of a refusal comes in wire form, also through the document client; an absent one is empty. */
export function asRow(item: unknown): Row | undefined {
  if (typeof item !== 'object' || item === null || Object.keys(item).length === 0) return undefined;
  return unmarshall(item as Parameters<typeof unmarshall>[0]);
}
