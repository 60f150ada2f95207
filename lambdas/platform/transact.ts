import { setTimeout as pause } from 'node:timers/promises';
import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { TransactWriteCommand, type TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { TRANSACTION_BACKOFF_MS, TRANSACTION_TRIES } from '../../contract/limits.ts';
import { Refusal } from '../../contract/refusals.ts';
import type { Reaches } from './reach.ts';

export type TransactItem = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

/** A condition that did not hold, and the row as it was (undefined where there was none). */
export interface LostCondition {
  readonly row: Readonly<Record<string, unknown>> | undefined;
}

/** What a transaction came to: `lost` has, in the order of the items, those whose condition failed. */
export type Outcome =
  | { readonly isDone: true }
  | { readonly isDone: false; readonly lost: readonly (LostCondition | undefined)[] };

/**
 * All of it or nothing. A lost condition is an answer; a conflict with another transaction or a
 * throttle is tried again with full jitter (the SDK does not retry conflicts), and of mixed reasons the
 * condition wins. Refuses `busy` when contention outlasts its tries.
 */
export async function transact(
  { documents }: Reaches<object>,
  items: readonly TransactItem[],
): Promise<Outcome> {
  for (let tried = 1; ; tried += 1) {
    try {
      await documents.send(new TransactWriteCommand({ TransactItems: [...items] }));
      return { isDone: true };
    } catch (fault) {
      const lost = lostConditions(fault);
      if (lost) return { isDone: false, lost };
      if (!isContention(fault)) throw fault;
      if (tried === TRANSACTION_TRIES) throw new Refusal('busy');
      await pause(backoff(tried));
    }
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

const RETRIED = new Set([
  'TransactionConflict',
  'ThrottlingError',
  'ProvisionedThroughputExceeded',
]);

function isContention(fault: unknown): boolean {
  if (fault instanceof TransactionCanceledException) {
    const failed = (fault.CancellationReasons ?? []).filter(({ Code }) => Code !== 'None');
    return failed.length > 0 && failed.every(({ Code }) => Code !== undefined && RETRIED.has(Code));
  }
  return fault instanceof Error && fault.name === 'TransactionInProgressException';
}

function backoff(tried: number): number {
  const { least, most } = TRANSACTION_BACKOFF_MS;
  const ceiling = Math.min(most, least * 2 ** tried);
  return least + Math.random() * (ceiling - least);
}

/** Cancellation reasons come in wire form, also through the document client; an absent row is empty. */
function asRow(item: unknown): LostCondition['row'] {
  if (typeof item !== 'object' || item === null || Object.keys(item).length === 0) return undefined;
  return unmarshall(item as Parameters<typeof unmarshall>[0]);
}
