import { GetCommand, QueryCommand, ScanCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { SESSIONS_PER_USER } from '../../contract/limits.ts';
import type { Accepted, Notice } from '../../contract/protocol.ts';
import {
  PLAYER_ITEM,
  type PlayerRow,
  playerKey,
  type SessionName,
  type SessionRow,
  sessionItem,
} from '../../contract/tables.ts';
import { isoTime, seconds } from '../../rules/connection.ts';
import type { Reaches } from '../platform/reach.ts';
import type { TransactItem } from '../platform/transact.ts';
import { batchGet } from './batch-get.ts';
import type { Binding } from './connections.ts';
import { ex, holds, selecting, updateItem, updating } from './expression.ts';

type Reach<Rights extends 'get' | 'update' | 'batchGet' | 'query' | 'scan'> = Reaches<{
  sessions: Rights;
}>;

export const sessionKey = ({ tenant, userId, sessionId }: SessionName) => ({
  player: playerKey(tenant, userId),
  item: sessionItem(sessionId),
});

const playerRowKey = ({ tenant, userId }: Omit<SessionName, 'sessionId'>) => ({
  player: playerKey(tenant, userId),
  item: PLAYER_ITEM,
});

export async function getSession(
  reach: Reach<'get'>,
  session: SessionName,
): Promise<SessionRow | undefined> {
  const { Item } = await reach.documents.send(
    new GetCommand({
      TableName: reach.tables.sessions.name,
      Key: sessionKey(session),
      ConsistentRead: true,
    }),
  );
  return Item as SessionRow | undefined;
}

export async function getPlayer(
  reach: Reach<'get'>,
  player: Omit<SessionName, 'sessionId'>,
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

/** Consistent, in the order asked; undefined where there is no such session. */
export async function getSessions(
  reach: Reach<'batchGet'>,
  sessions: readonly SessionName[],
): Promise<(SessionRow | undefined)[]> {
  const markOf = ({ player, item }: { player: string; item: string }) => `${player}\n${item}`;
  const keys = sessions.map(sessionKey);
  const rows = await batchGet(reach.documents, reach.tables.sessions.name, keys);
  const found = new Map((rows as unknown as SessionRow[]).map((row) => [markOf(row), row]));
  return keys.map((key) => found.get(markOf(key)));
}

/** Every session of one user, consistently, ended ones too. */
export async function sessionsOf(
  { documents, tables }: Reach<'query'>,
  tenant: string,
  userId: string,
): Promise<SessionRow[]> {
  const player = playerKey(tenant, userId);
  const rows: SessionRow[] = [];
  let from: Record<string, unknown> | undefined;
  do {
    const page = await documents.send(
      new QueryCommand({
        TableName: tables.sessions.name,
        ConsistentRead: true,
        ExclusiveStartKey: from,
        ...selecting(ex`#player = ${player} AND begins_with(#item, ${sessionItem('')})`),
      }),
    );
    rows.push(...((page.Items ?? []) as SessionRow[]));
    from = page.LastEvaluatedKey;
  } while (from);
  return rows;
}

/** How a connection is to come to a live session, as that one was read. */
export interface Entry {
  readonly was: Pick<SessionRow, 'life' | 'conns'>;
  /** The same number, or the next one: then the subscriptions are to be revived before the reply. */
  readonly life: number;
  readonly accepts: readonly Accepted[];
}

/** Adds a connection to a live session, as long as it is as it was read: who else was in it decided how. */
export const joinSession = (
  reach: Reach<'update'>,
  { connectionId, authExpiresAt, ...session }: Binding,
  { was, life, accepts }: Entry,
): TransactItem =>
  updateItem(
    reach.tables.sessions.name,
    sessionKey(session),
    life === was.life
      ? ex`SET #authExpiresAt = ${authExpiresAt}, #accepts = ${accepts} ADD #conns ${new Set([connectionId])}`
      : ex`SET #authExpiresAt = ${authExpiresAt}, #accepts = ${accepts}, #life = ${life}, #dormant = ${true}
          ADD #conns ${new Set([connectionId])}`,
    was.conns
      ? ex`#state = ${'live'} AND #life = ${was.life} AND #conns = ${was.conns}`
      : ex`#state = ${'live'} AND #life = ${was.life} AND attribute_not_exists(#conns)`,
  );

/** Begins a life of a session that is not live: its first, or the next of one that has ended. */
export const beginSession = (
  reach: Reach<'update'>,
  binding: Binding,
  life: number,
): TransactItem =>
  updateItem(
    reach.tables.sessions.name,
    sessionKey(binding),
    ex`SET #state = ${'live'}, #life = ${life}, #connectedAt = ${isoTime(binding.now)},
      #authExpiresAt = ${binding.authExpiresAt}, #accepts = ${binding.accepts},
      #conns = ${new Set([binding.connectionId])}
      REMOVE #ttl, #detachedAt`,
    life === 1 ? ex`attribute_not_exists(#state)` : ex`#state = ${'ended'} AND #life = ${life - 1}`,
  );

/** `size()` of a missing attribute is not a number, so "no sessions yet" has to be asked for itself. */
export const addToPlayer = (reach: Reach<'update'>, session: SessionName): TransactItem =>
  updateItem(
    reach.tables.sessions.name,
    playerRowKey(session),
    ex`ADD #sessions ${new Set([session.sessionId])}, #version ${1}`,
    ex`NOT contains(#sessions, ${session.sessionId})
      AND (attribute_not_exists(#sessions) OR size(#sessions) < ${SESSIONS_PER_USER})`,
  );

/**
 * Takes a connection out, and leaves word for the next one where there is a notice. DynamoDB drops the emptied
 * set; the stream tells that.
 */
export const leaveSession = (
  reach: Reach<'update'>,
  session: SessionName,
  connectionId: string,
  now: number,
  notice?: Notice,
): TransactItem =>
  updateItem(
    reach.tables.sessions.name,
    sessionKey(session),
    notice === undefined
      ? ex`SET #detachedAt = ${seconds(now)} DELETE #conns ${new Set([connectionId])}`
      : ex`SET #detachedAt = ${seconds(now)}, #notice = ${notice} DELETE #conns ${new Set([connectionId])}`,
    ex`attribute_exists(#state)`,
  );

/** Ends a session that nobody is left in since the grace time or longer. */
export const endSession = (
  reach: Reach<'update'>,
  session: SessionName,
  detachedBefore: number,
  ttl: number,
): TransactItem =>
  updateItem(
    reach.tables.sessions.name,
    sessionKey(session),
    ex`SET #state = ${'ended'}, #dormant = ${true}, #ttl = ${ttl}`,
    ex`#state = ${'live'} AND attribute_not_exists(#conns) AND #detachedAt <= ${detachedBefore}`,
  );

export const removeFromPlayer = (reach: Reach<'update'>, session: SessionName): TransactItem =>
  updateItem(
    reach.tables.sessions.name,
    playerRowKey(session),
    ex`ADD #version ${1} DELETE #sessions ${new Set([session.sessionId])}`,
    ex`contains(#sessions, ${session.sessionId})`,
  );

/** The subscriptions of this life are active again; false when it is over. */
export const markRevived = (
  reach: Reach<'update'>,
  session: SessionName,
  life: number,
): Promise<boolean> =>
  holds(() =>
    reach.documents.send(
      new UpdateCommand({
        TableName: reach.tables.sessions.name,
        Key: sessionKey(session),
        ...updating(ex`REMOVE #dormant`, ex`#state = ${'live'} AND #life = ${life}`),
      }),
    ),
  );

/** Takes members out that no connection's row stands for any more; the set may have changed meanwhile. */
export const dropMembers = (
  reach: Reach<'update'>,
  session: SessionName,
  members: readonly string[],
  now: number,
): Promise<boolean> =>
  holds(() =>
    reach.documents.send(
      new UpdateCommand({
        TableName: reach.tables.sessions.name,
        Key: sessionKey(session),
        ...updating(
          ex`SET #detachedAt = ${seconds(now)} DELETE #conns ${new Set(members)}`,
          ex`#state = ${'live'}`,
        ),
      }),
    ),
  );

/** Every row of every kind, a page at a time. */
export async function* scanSessions(reach: Reach<'scan'>): AsyncGenerator<SessionRow[]> {
  let from: Record<string, unknown> | undefined;
  do {
    const page = await reach.documents.send(
      new ScanCommand({ TableName: reach.tables.sessions.name, ExclusiveStartKey: from }),
    );
    yield (page.Items ?? []) as SessionRow[];
    from = page.LastEvaluatedKey;
  } while (from);
}
