import { Refusal } from '../../contract/refusals.ts';
import type { AuditState } from '../../contract/tables.ts';
import { type Act, auditLine } from '../../rules/audit.ts';
import type { Reaches } from '../platform/reach.ts';
import { putAuditLine } from '../stores/audit.ts';

export type AuditReach = Reaches<{ audit: 'put' }>;

/**
 * Does an administrative act and leaves it in the audit log [S2-07]: that it begins before anything is
 * done, and what came of it afterwards. What nobody could write down is not done; what a crash cuts short
 * stands there as begun.
 */
export async function audited<Result>(
  reach: AuditReach,
  act: Act,
  before: AuditState | undefined,
  run: () => Promise<Result>,
  stateOf: (result: Result) => AuditState,
): Promise<Result> {
  const write = (outcome: 'begun' | 'done' | 'refused' | 'failed', after?: AuditState) =>
    putAuditLine(reach, auditLine(act, outcome, { before, after }, Date.now()));
  await write('begun');
  let result: Result;
  try {
    result = await run();
  } catch (fault) {
    const isRefused = fault instanceof Refusal;
    await write(isRefused ? 'refused' : 'failed', isRefused ? { code: fault.code } : undefined);
    throw fault;
  }
  await write('done', stateOf(result));
  return result;
}
