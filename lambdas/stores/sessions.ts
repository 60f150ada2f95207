import { GetCommand, QueryCommand, ScanCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Notice } from '../../contract/protocol.ts';
import {
  playerKey,
  type SessionName,
  type SessionRow,
  sessionItem,
} from '../../contract/tables.ts';
import { isoTime, seconds } from '../../rules/connection.ts';
import type { Coming } from '../../rules/session.ts';
import type { Reaches } from '../platform/reach.ts';
import type { TransactItem } from '../platform/transact.ts';
import { batchGet } from './batch-get.ts';
import { type Binding, kept } from './connections.ts';
import {
  ex,
  holds,
  selecting,
  settingOrRemoving,
  together,
  updateItem,
  updating,
} from './expression.ts';
import { isNotRevokedFor, isStillRevoked } from './revocation.ts';

type Reach<Rights extends 'get' | 'update' | 'batchGet' | 'query' | 'scan'> = Reaches<{
  sessions: Rights;
}>;

export const sessionKey = ({ tenant, userId, sessionId }: SessionName) => ({
  player: playerKey(tenant, userId),
  item: sessionItem(sessionId),
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
  readonly was: Pick<SessionRow, 'life' | 'conns' | 'authExpiresAt' | 'expiries'>;
  /** The same number, or the next one: then the subscriptions are to be revived before the reply. */
  readonly life: number;
  readonly coming: Omit<Coming, 'isQuiet'>;
}

/**
 * Adds a connection to a live session, as long as it is as it was read: who else was in it, and with which
 * tokens, decided how.
 */
export const joinSession = (
  reach: Reach<'update'>,
  { connectionId, issuedAt, ...session }: Binding,
  { was, life, coming: { authExpiresAt, expiries, accepts, scopes } }: Entry,
): TransactItem =>
  updateItem(
    reach.tables.sessions.name,
    sessionKey(session),
    together(
      ex`SET #authExpiresAt = ${authExpiresAt}, #accepts = ${accepts}`,
      ...(life === was.life ? [] : [ex`, #life = ${life}, #dormant = ${true}`]),
      settingOrRemoving({ expiries, scopes: kept(scopes) }),
      ex`ADD #conns ${new Set([connectionId])}`,
    ),
    together(
      ex`#state = ${'live'} AND #life = ${was.life} AND #authExpiresAt = ${was.authExpiresAt}`,
      was.expiries ? ex`AND #expiries = ${was.expiries}` : ex`AND attribute_not_exists(#expiries)`,
      ex`AND`,
      isNotRevokedFor(issuedAt),
      was.conns ? ex`AND #conns = ${was.conns}` : ex`AND attribute_not_exists(#conns)`,
    ),
  );

/** A life that is to begin. */
export interface Beginning {
  /** The session as it was read, ended; undefined where there was none. */
  readonly was: Pick<SessionRow, 'life' | 'revokedUntil'> | undefined;
  /** The mark of its user, which holds for sessions that begin after it, too. */
  readonly revokedUntil: number | undefined;
}

/** Begins a life of a session that is not live: its first, or the next of one that has ended. */
export const beginSession = (
  reach: Reach<'update'>,
  binding: Binding,
  { was, revokedUntil }: Beginning,
): TransactItem =>
  updateItem(
    reach.tables.sessions.name,
    sessionKey(binding),
    together(
      ex`SET #state = ${'live'}, #life = ${(was?.life ?? 0) + 1}, #connectedAt = ${isoTime(binding.now)},
        #authExpiresAt = ${binding.authExpiresAt}, #accepts = ${binding.accepts},
        #conns = ${new Set([binding.connectionId])}`,
      settingOrRemoving({
        scopes: kept(binding.scopes),
        ttl: undefined,
        detachedAt: undefined,
        expiries: undefined,
        revokedUntil: latest(was?.revokedUntil, revokedUntil),
      }),
    ),
    was === undefined
      ? ex`attribute_not_exists(#state)`
      : together(
          ex`#state = ${'ended'} AND #life = ${was.life} AND`,
          isStillRevoked(was.revokedUntil),
        ),
  );

const latest = (...marks: readonly (number | undefined)[]): number | undefined => {
  const known = marks.filter((mark) => mark !== undefined);
  return known.length > 0 ? Math.max(...known) : undefined;
};

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
