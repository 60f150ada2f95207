import { AUDIT_KEPT_DAYS } from '../contract/limits.ts';
import { type AuditRow, type AuditState, auditEntry } from '../contract/tables.ts';
import { isoTime, seconds } from './connection.ts';

/** Who does what to whom, by which invocation. */
export interface Act {
  readonly actor: string;
  readonly act: string;
  readonly target: string;
  readonly requestId: string;
}

/** One request of an IAM principal, as its flow needs it. */
export interface AuditedCall {
  readonly now: number;
  /** This request as an act on a target, for the audit log. */
  act(target: string): Act;
}

export interface ActState {
  readonly before?: AuditState | undefined;
  readonly after?: AuditState | undefined;
}

/** The line of the log [S2-07] that tells how far an act has come. */
export function auditLine(
  { actor, act, target, requestId }: Act,
  outcome: AuditRow['outcome'],
  { before, after }: ActState,
  now: number,
): AuditRow {
  const at = isoTime(now);
  return {
    day: at.slice(0, 'yyyy-mm-dd'.length),
    entry: auditEntry(at, requestId, outcome),
    at,
    actor,
    act,
    target,
    requestId,
    outcome,
    ...(before && { before }),
    ...(after && { after }),
    ttl: seconds(now) + AUDIT_KEPT_DAYS * 24 * 3600,
  };
}
