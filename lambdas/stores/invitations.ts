import { GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { InvitationRow } from '../../contract/tables.ts';
import type { Reaches } from '../platform/reach.ts';
import { conditional, type Expression, ex, holds, updating } from './expression.ts';

type Reach<Rights extends 'get' | 'put' | 'update'> = Reaches<{ invitations: Rights }>;

/** False when there is such a code already. */
export const putInvitation = (reach: Reach<'put'>, row: InvitationRow): Promise<boolean> =>
  holds(() =>
    reach.documents.send(
      new PutCommand({
        TableName: reach.tables.invitations.name,
        Item: row,
        ...conditional(ex`attribute_not_exists(#code)`),
      }),
    ),
  );

export async function getInvitation(
  reach: Reach<'get'>,
  code: string,
): Promise<InvitationRow | undefined> {
  const { Item } = await reach.documents.send(
    new GetCommand({
      TableName: reach.tables.invitations.name,
      Key: { code },
      ConsistentRead: true,
    }),
  );
  return Item as InvitationRow | undefined;
}

/** A claim as this call has just written it; undefined when somebody else has written since `row`. */
export async function claimInvitation(
  reach: Reach<'update'>,
  row: InvitationRow,
  claimedBy: string,
  claimedUntil: number,
): Promise<InvitationRow | undefined> {
  const isMine = await updateInvitation(
    reach,
    row,
    ex`SET #state = ${'claimed'}, #claimedBy = ${claimedBy}, #claimedUntil = ${claimedUntil} ADD #version ${1}`,
  );
  return isMine
    ? { ...row, state: 'claimed', claimedBy, claimedUntil, version: row.version + 1 }
    : undefined;
}

/** Anybody may use it again. */
export const releaseInvitation = (reach: Reach<'update'>, claim: InvitationRow): Promise<boolean> =>
  updateInvitation(
    reach,
    claim,
    ex`SET #state = ${'unused'} ADD #version ${1} REMOVE #claimedBy, #claimedUntil`,
  );

/** It has given its account. */
export const useInvitation = (
  reach: Reach<'update'>,
  claim: InvitationRow,
  usedBy: string,
): Promise<boolean> =>
  updateInvitation(
    reach,
    claim,
    ex`SET #state = ${'used'}, #usedBy = ${usedBy} ADD #version ${1} REMOVE #claimedBy, #claimedUntil`,
  );

/** Every change of an invitation goes from the very row that was judged, or does not happen. */
const updateInvitation = (
  { documents, tables }: Reach<'update'>,
  { code, version }: InvitationRow,
  change: Expression,
): Promise<boolean> =>
  holds(() =>
    documents.send(
      new UpdateCommand({
        TableName: tables.invitations.name,
        Key: { code },
        ...updating(change, ex`#version = ${version}`),
      }),
    ),
  );
