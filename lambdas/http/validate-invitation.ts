import { httpOperations, type ValidInvitation } from '../../contract/http.ts';
import { readCode } from '../../contract/invitation-code.ts';
import { Refusal } from '../../contract/refusals.ts';
import { isoTime } from '../../rules/connection.ts';
import { hashOf, standingOf } from '../../rules/invitation.ts';
import { admit } from '../flows/admit.ts';
import { anonymousEdge } from '../platform/anonymous-edge.ts';
import { openTables } from '../platform/reach.ts';
import { getInvitation } from '../stores/invitations.ts';

const reach = openTables('validate-invitation');

/** [S0-04] Could somebody sign up with this code now? Asking does not use it. */
export const handler = anonymousEdge(
  'validateInvitation',
  httpOperations.validateInvitation.request,
  async ({ request: { inviteCode }, ...caller }): Promise<ValidInvitation> => {
    await admit(reach, caller);
    const letters = readCode(inviteCode);
    const row = letters && (await getInvitation(reach, hashOf(letters)));
    if (!row || standingOf(row, caller.now) !== 'good') throw new Refusal('invitation-invalid');
    return { valid: true, expiresAt: isoTime(row.expiresAt * 1000) };
  },
);
