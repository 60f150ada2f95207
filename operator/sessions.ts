import { GetCommand, paginateQuery } from '@aws-sdk/lib-dynamodb';
import type {
  DropUserAnswer,
  ManagerRequest,
  TimelineAnswer,
} from '../contract/connection-manager.ts';
import type { RevokeAnswer, RevokeRequest } from '../contract/internal.ts';
import { DEFAULT_TENANT } from '../contract/names.ts';
import {
  PLAYER_ITEM,
  type PlayerRow,
  playerKey,
  type SessionRow,
  sessionItem,
  sessionOfKey,
} from '../contract/tables.ts';
import { ask, manage, openDocuments } from './aws.ts';
import type { Place } from './place.ts';

export interface UserName {
  readonly userId: string;
  /** @default DEFAULT_TENANT */
  readonly tenant?: string;
}

/** One session of a user, live or ended. */
export interface ListedSession
  extends Pick<SessionRow, 'state' | 'life' | 'connectedAt' | 'authExpiresAt'> {
  readonly sessionId: string;
  readonly connectionIds: readonly string[];
}

/** Whether a user is online, and with which sessions. */
export interface UserFacts {
  readonly userId: string;
  readonly tenant: string;
  readonly isOnline: boolean;
  /** Live ones. */
  readonly sessionIds: readonly string[];
  readonly version: number;
  /** Seconds: tokens that were issued until then are good no more. */
  readonly revokedUntil?: number;
}

export async function userOf(
  place: Place,
  { userId, tenant = DEFAULT_TENANT }: UserName,
): Promise<UserFacts> {
  const { Item } = await openDocuments(place).send(
    new GetCommand({
      TableName: place.output('SessionsTableName'),
      Key: { player: playerKey(tenant, userId), item: PLAYER_ITEM },
      ConsistentRead: true,
    }),
  );
  const { sessions, version = 0, revokedUntil } = (Item ?? {}) as Partial<PlayerRow>;
  const sessionIds = [...(sessions ?? [])];
  return {
    userId,
    tenant,
    isOnline: sessionIds.length > 0,
    sessionIds,
    version,
    ...(revokedUntil !== undefined && { revokedUntil }),
  };
}

/** The sessions of a user, live ones first, those that have ended too. */
export async function sessionsOf(
  place: Place,
  { userId, tenant = DEFAULT_TENANT }: UserName,
): Promise<ListedSession[]> {
  const found: ListedSession[] = [];
  const pages = paginateQuery(
    { client: openDocuments(place) },
    {
      TableName: place.output('SessionsTableName'),
      KeyConditionExpression: 'player = :player AND begins_with(#item, :session)',
      ExpressionAttributeNames: { '#item': 'item' },
      ExpressionAttributeValues: {
        ':player': playerKey(tenant, userId),
        ':session': sessionItem(''),
      },
      ConsistentRead: true,
    },
  );
  for await (const page of pages) {
    for (const row of (page.Items ?? []) as SessionRow[]) {
      const name = sessionOfKey(row.player, row.item);
      if (name) found.push(listed(name.sessionId, row));
    }
  }
  return found.sort((a, b) => b.state.localeCompare(a.state));
}

const listed = (
  sessionId: string,
  { state, life, connectedAt, authExpiresAt, conns }: SessionRow,
): ListedSession => ({
  ...{ sessionId, state, life, connectedAt, authExpiresAt },
  connectionIds: [...(conns ?? [])],
});

/** The life of a session or connection, in order. */
export const timelineOf = (
  place: Place,
  about: ManagerRequest<'get_session_timeline'>,
): Promise<TimelineAnswer> => manage(place, 'get_session_timeline', about);

/** Closes every connection of a user, on every device. */
export const dropUser = (place: Place, user: UserName): Promise<DropUserAnswer> =>
  manage(place, 'drop_user', user);

/** Shuts a user out, or one session of theirs. */
export const revoke = (place: Place, request: RevokeRequest): Promise<RevokeAnswer> =>
  ask(place, 'RevokeFunctionName', request);
