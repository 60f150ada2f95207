import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { PLAYER_ITEM, type PlayerRow, playerKey, type SessionName } from '../../contract/tables.ts';
import type { Reaches } from '../platform/reach.ts';
import type { TransactItem } from '../platform/transact.ts';
import { ex, together, updateItem } from './expression.ts';
import { isStillRevoked } from './revocation.ts';

type Reach<Rights extends 'get' | 'update'> = Reaches<{ sessions: Rights }>;

/** Of whom: a session's name without the session. */
export type PlayerName = Omit<SessionName, 'sessionId'>;

export const playerRowKey = ({ tenant, userId }: PlayerName) => ({
  player: playerKey(tenant, userId),
  item: PLAYER_ITEM,
});

export async function getPlayer(
  reach: Reach<'get'>,
  player: PlayerName,
): Promise<PlayerRow | undefined> {
  const { Item } = await reach.documents.send(
    new GetCommand({
      TableName: reach.tables.sessions.name,
      Key: playerRowKey(player),
      ConsistentRead: true,
    }),
  );
  return Item as PlayerRow | undefined;
}

/**
 * As long as their mark of revocation is `revokedUntil`, which the session is begun with. `size()` of a missing
 * attribute is not a number, so "no sessions yet" has to be asked for itself.
 */
export const addToPlayer = (
  reach: Reach<'update'>,
  session: SessionName,
  { most, revokedUntil }: { readonly most: number; readonly revokedUntil: number | undefined },
): TransactItem =>
  updateItem(
    reach.tables.sessions.name,
    playerRowKey(session),
    ex`ADD #sessions ${new Set([session.sessionId])}, #version ${1}`,
    together(
      ex`NOT contains(#sessions, ${session.sessionId})
        AND (attribute_not_exists(#sessions) OR size(#sessions) < ${most}) AND`,
      isStillRevoked(revokedUntil),
    ),
  );

export const removeFromPlayer = (reach: Reach<'update'>, session: SessionName): TransactItem =>
  updateItem(
    reach.tables.sessions.name,
    playerRowKey(session),
    ex`ADD #version ${1} DELETE #sessions ${new Set([session.sessionId])}`,
    ex`contains(#sessions, ${session.sessionId})`,
  );
