import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { TRANSACTION_BACKOFF_MS, TRANSACTION_TRIES } from '../../contract/limits.ts';
import { Refusal } from '../../contract/refusals.ts';
import { clock } from './clock.ts';

/**
 * Writes again, with full jitter, while a transaction on the same item or a throttle stands in the way:
 * the SDK repeats neither a cancelled transaction nor a write that conflicts with one. Any other fault,
 * and every lost condition, is passed on. Refuses `busy` when contention outlasts the tries.
 */
export async function outlastContention<Answer>(write: () => Promise<Answer>): Promise<Answer> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await write();
    } catch (fault) {
      if (!isContention(fault)) throw fault;
      if (tried === TRANSACTION_TRIES) throw new Refusal('busy');
      await clock.pause(backoff(tried));
    }
  }
}

/** Reasons of a cancelled transaction that say nothing against it. */
const PASSING = new Set([
  'TransactionConflict',
  'ThrottlingError',
  'ProvisionedThroughputExceeded',
]);

function isContention(fault: unknown): boolean {
  if (fault instanceof TransactionCanceledException) {
    const failed = (fault.CancellationReasons ?? []).filter(({ Code }) => Code !== 'None');
    return failed.length > 0 && failed.every(({ Code }) => Code !== undefined && PASSING.has(Code));
  }
  return fault instanceof Error && CONTENDED.has(fault.name);
}

const CONTENDED = new Set(['TransactionConflictException', 'TransactionInProgressException']);

function backoff(tried: number): number {
  const { least, most } = TRANSACTION_BACKOFF_MS;
  const ceiling = Math.min(most, least * 2 ** tried);
  return least + Math.random() * (ceiling - least);
}
