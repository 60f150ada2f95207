import { paginateScan } from '@aws-sdk/lib-dynamodb';
import type { GenerateInvitationAnswer } from '../contract/internal.ts';
import type { InvitationRow } from '../contract/tables.ts';
import { ask, openDocuments } from './aws.ts';
import type { Place } from './place.ts';

/** An invitation as it stands; its code is nowhere. */
export interface ListedInvitation {
  /** Enough of the code's hash to tell it from others. */
  readonly mark: string;
  readonly state: 'unused' | 'claimed' | 'used' | 'expired';
  /** ISO. */
  readonly createdAt: string;
  readonly expiresAt: string;
  /** The user name that holds the claim. */
  readonly claimedBy?: string;
  /** The `sub` of the account that it gave. */
  readonly usedBy?: string;
}

const MARK_CHARACTERS = 12;

/** All of them, the newest first. */
export async function listInvitations(place: Place): Promise<readonly ListedInvitation[]> {
  const TableName = place.output('InvitationsTableName');
  const found: ListedInvitation[] = [];
  for await (const page of paginateScan({ client: openDocuments(place) }, { TableName })) {
    found.push(
      ...((page.Items ?? []) as InvitationRow[]).map((row) => listedInvitation(row, Date.now())),
    );
  }
  return found.toSorted((a, b) => b.createdAt.localeCompare(a.createdAt));
}

/** How a row stands at that time. */
export function listedInvitation(row: InvitationRow, now: number): ListedInvitation {
  const { code, createdAt, expiresAt, claimedBy, claimedUntil = 0, usedBy } = row;
  const isClaimed = row.state === 'claimed' && claimedUntil * 1000 > now;
  const isUsed = row.state === 'used';
  const isOver = !isUsed && expiresAt * 1000 <= now;
  return {
    mark: code.slice(0, MARK_CHARACTERS),
    state: isUsed ? 'used' : isOver ? 'expired' : isClaimed ? 'claimed' : 'unused',
    createdAt,
    expiresAt: new Date(expiresAt * 1000).toISOString(),
    ...(isClaimed && claimedBy !== undefined && { claimedBy }),
    ...(usedBy !== undefined && { usedBy }),
  };
}

/** A new one; its code is told here and nowhere else. */
export const createInvitation = (
  place: Place,
  validDays?: number,
): Promise<GenerateInvitationAnswer> => ask(place, 'GenerateInvitationFunctionName', { validDays });
