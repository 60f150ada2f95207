import type { SignedUp } from '../../contract/http.ts';
import { Refusal } from '../../contract/refusals.ts';
import type { InvitationRow } from '../../contract/tables.ts';
import type { Wanted } from '../../rules/sign-up.ts';
import type { Reaches } from '../platform/reach.ts';
import type { User, Users } from '../platform/users.ts';
import { getInvitation, useInvitation } from '../stores/invitations.ts';

/** The user of that name, if it was this invitation that gave the account. */
export async function findOwn(
  users: Users<'AdminGetUser'>,
  userName: string,
  code: string,
): Promise<User | undefined> {
  const user = await users.find(userName);
  return user?.invitation === code ? user : undefined;
}

/** The invitation has given this account. */
export async function markUsed(
  reach: Reaches<{ invitations: 'get' | 'update' }>,
  claim: InvitationRow,
  userId: string,
): Promise<void> {
  if (await useInvitation(reach, claim, userId)) return;
  // Written by this very call, when its answer was lost and the SDK asked again.
  const row = await getInvitation(reach, claim.code);
  if (row?.usedBy !== userId) throw new Error('Somebody else wrote to a claimed invitation.');
}

/**
 * The answer to an earlier try may have been lost: whoever can sign in to the account has made it.
 * Refuses `invitation-invalid`.
 */
export async function proveOwn(
  users: Users<'AdminGetUser'>,
  usedBy: string | undefined,
  { userName, password }: Wanted,
): Promise<SignedUp> {
  const user = await users.find(userName);
  const isOwn = user?.userId === usedBy && (await users.signIn(userName, password)) !== undefined;
  if (!isOwn) throw new Refusal('invitation-invalid');
  return { userName };
}
