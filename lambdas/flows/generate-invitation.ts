import { randomBytes } from 'node:crypto';
import type { GenerateInvitationAnswer } from '../../contract/internal.ts';
import { writeCode } from '../../contract/invitation-code.ts';
import { INVITATION_LETTERS } from '../../contract/limits.ts';
import { targetOf } from '../../contract/tables.ts';
import type { AuditedCall } from '../../rules/audit.ts';
import { isoTime } from '../../rules/connection.ts';
import { hashOf, lettersOf, newInvitation } from '../../rules/invitation.ts';
import { log } from '../platform/log.ts';
import type { Reaches } from '../platform/reach.ts';
import { putInvitation } from '../stores/invitations.ts';
import { type AuditReach, audited } from './audited.ts';

const CODE_BYTES = (INVITATION_LETTERS * 5) / 8;

/** Makes an invitation [S0-05]. The code stands in the answer only: the row, and both logs, know its hash. */
export async function generateInvitation(
  reach: AuditReach & Reaches<{ invitations: 'put' }>,
  validDays: number,
  { act, now }: AuditedCall,
): Promise<GenerateInvitationAnswer> {
  const letters = lettersOf(randomBytes(CODE_BYTES));
  const row = newInvitation(hashOf(letters), now, validDays);
  const expiresAt = isoTime(row.expiresAt * 1000);
  await audited(
    reach,
    act(targetOf('invitation', row.code)),
    undefined,
    async () => {
      if (await putInvitation(reach, row)) return;
      throw new Error('This code has been given out before.');
    },
    () => ({ expiresAt }),
  );
  log('invitation.generated', { invitation: row.code, expiresAt });
  return { inviteCode: writeCode(letters), expiresAt };
}
