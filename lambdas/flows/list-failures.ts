import type { FailuresAnswer, ManagerRequest } from '../../contract/connection-manager.ts';
import { FAILURES_TOLD, TIMELINE_HOURS } from '../../contract/limits.ts';
import type { AuditedCall } from '../../rules/audit.ts';
import { momentOfLine, ofFailures } from '../../rules/timeline.ts';
import type { JournalReader } from '../platform/journal.ts';

/**
 * Posts that did not arrive, the latest first, as functions noted them: one recipient each, with the messages that
 * it did not get. No row is written for them, since a client that comes back resumes by itself.
 */
export async function listFailures(
  { journal }: { readonly journal: JournalReader },
  { since, ...about }: ManagerRequest<'get_failures'>,
  { now }: AuditedCall,
): Promise<FailuresAnswer> {
  const from = since === undefined ? now - TIMELINE_HOURS * 3600 * 1000 : Date.parse(since);
  const most = FAILURES_TOLD;
  const asked = { from, to: now, where: ofFailures(about), order: 'desc', most } as const;
  const lines = await journal.read(asked);
  return { failures: lines.map(momentOfLine), isWhole: lines.length < most };
}
