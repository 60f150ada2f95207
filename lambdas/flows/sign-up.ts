import type { SignedUp } from '../../contract/http.ts';
import { CLAIM_SECONDS } from '../../contract/limits.ts';
import { Refusal } from '../../contract/refusals.ts';
import type { InvitationRow } from '../../contract/tables.ts';
import { claimSecondsLeft, newLease, standingOf } from '../../rules/invitation.ts';
import type { Wanted } from '../../rules/sign-up.ts';
import { log, logDefect } from '../platform/log.ts';
import type { Reaches } from '../platform/reach.ts';
import type { Users } from '../platform/users.ts';
import { claimInvitation, getInvitation, releaseInvitation } from '../stores/invitations.ts';
import { findOwn, markUsed, proveOwn } from './own-account.ts';

export type SignUpReach = Reaches<{ invitations: 'get' | 'update' }> & {
  readonly users: Users<
    'AdminCreateUser' | 'AdminSetUserPassword' | 'AdminGetUser' | 'AdminDeleteUser'
  >;
};

/**
 * An account for an invitation: at most one for each, and a sign-up that fails uses none up [S0-02] [G10].
 *
 * Whoever has the claim is alone with the code: unused → claimed → used, each step from the very row
 * that was judged. The claim outlives this function, and what it leaves behind when it dies is settled
 * by the next claimant. A user is the invitation's own by an attribute that it was created with.
 *
 * Refuses `invitation-invalid`, `invitation-in-use`, `user-name-taken`, `password-invalid` and
 * `sign-up-unfinished`, after which the same call can be made again.
 */
export async function signUp(reach: SignUpReach, wanted: Wanted, now: number): Promise<SignedUp> {
  const row = await getInvitation(reach, wanted.code);
  if (row?.state === 'used') return proveOwn(reach.users, row.usedBy, wanted);
  const standing = standingOf(row, now);
  if (!row || standing === 'invalid') throw new Refusal('invitation-invalid');
  if (standing === 'claimed') throw inUse(claimSecondsLeft(row, now));

  const earlier = row.claimedBy;
  const claim = await claimFor(reach, row, earlier ?? wanted.userName, now);
  try {
    return earlier === undefined
      ? await makeAccount(reach, claim, wanted)
      : await takeOver(reach, claim, earlier, wanted, now);
  } catch (fault) {
    if (fault instanceof Refusal && fault.code !== 'busy') throw fault;
    // The claim stays until it runs out: then the next call settles what this one leaves behind.
    logDefect('sign-up.unfinished', fault);
    throw new Refusal('sign-up-unfinished', undefined, CLAIM_SECONDS);
  }
}

/**
 * Settles what an earlier claimant left behind, under their name: until that is done it is the only trace
 * of a user that may be there. A finished one has the account; an unfinished one makes room.
 */
async function takeOver(
  reach: SignUpReach,
  claim: InvitationRow,
  earlier: string,
  wanted: Wanted,
  now: number,
): Promise<SignedUp> {
  const left = await findOwn(reach.users, earlier, wanted.code);
  if (left?.isFinished) {
    await markUsed(reach, claim, left.userId);
    return proveOwn(reach.users, left.userId, wanted);
  }
  if (left) await reach.users.remove(left.userId);
  return makeAccount(reach, await claimFor(reach, claim, wanted.userName, now), wanted);
}

async function makeAccount(
  reach: SignUpReach,
  claim: InvitationRow,
  wanted: Wanted,
): Promise<SignedUp> {
  const userId = await createUser(reach, claim, wanted);
  await reach.users.finish(userId, wanted.password);
  await markUsed(reach, claim, userId);
  log('account.made', { userId });
  return { userName: wanted.userName };
}

/**
 * An error may have created the user all the same, and the SDK's own next try then finds the name taken:
 * so the user is looked for before the code is given back. After an error that leaves it open the code
 * is not given back at all, because the call may still arrive.
 */
async function createUser(
  reach: SignUpReach,
  claim: InvitationRow,
  { userName, password, code }: Wanted,
): Promise<string> {
  const created = await reach.users.create(userName, password, code);
  if (created.is === 'created') return created.userId;
  const own = await findOwn(reach.users, userName, code);
  if (own) return own.userId;
  if (created.is === 'unknown') throw created.cause;
  await releaseInvitation(reach, claim);
  throw new Refusal(created.is === 'taken' ? 'user-name-taken' : 'password-invalid');
}

async function claimFor(
  reach: SignUpReach,
  row: InvitationRow,
  userName: string,
  now: number,
): Promise<InvitationRow> {
  const claim = await claimInvitation(reach, row, userName, newLease(now));
  if (!claim) throw inUse(CLAIM_SECONDS);
  return claim;
}

const inUse = (seconds: number): Refusal => new Refusal('invitation-in-use', undefined, seconds);
