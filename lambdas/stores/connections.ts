import { GetCommand, PutCommand, ScanCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { SCAN_SEGMENTS } from '../../contract/limits.ts';
import type { Accepted } from '../../contract/protocol.ts';
import type { ConnectionRow, SessionName } from '../../contract/tables.ts';
import { isoTime, livingTtl, tombstone, tombstoneTtl } from '../../rules/connection.ts';
import { steps } from '../../rules/connection-states.ts';
import type { Reaches } from '../platform/reach.ts';
import type { TransactItem } from '../platform/transact.ts';
import {
  anyOf,
  attempt,
  conditional,
  ex,
  holds,
  settingOrRemoving,
  together,
  updateItem,
  updating,
} from './expression.ts';

type Reach<Rights extends 'get' | 'put' | 'update' | 'scan'> = Reaches<{ connections: Rights }>;

/** False when a row or a tombstone of that id stands already. */
export const putConnection = (reach: Reach<'put'>, row: ConnectionRow): Promise<boolean> =>
  holds(() =>
    reach.documents.send(
      new PutCommand({
        TableName: reach.tables.connections.name,
        Item: row,
        ...conditional(ex`attribute_not_exists(#connectionId)`),
      }),
    ),
  );

export async function getConnection(
  reach: Reach<'get'>,
  connectionId: string,
): Promise<ConnectionRow | undefined> {
  const { Item } = await reach.documents.send(
    new GetCommand({
      TableName: reach.tables.connections.name,
      Key: { connectionId },
      ConsistentRead: true,
    }),
  );
  return Item as ConnectionRow | undefined;
}

/** Marks a connection that belongs to no session as left; false when it has got one, or left, meanwhile. */
export const putTombstone = (
  reach: Reach<'put'>,
  connectionId: string,
  now: number,
  was?: ConnectionRow,
): Promise<boolean> =>
  holds(() =>
    reach.documents.send(
      new PutCommand({
        TableName: reach.tables.connections.name,
        Item: tombstone(connectionId, now, was),
        ...conditional(
          was === undefined ? ex`attribute_not_exists(#connectionId)` : ex`#status = ${was.status}`,
        ),
      }),
    ),
  );

export interface Binding extends SessionName {
  readonly connectionId: string;
  readonly authExpiresAt: number;
  /** Seconds: when its token was issued. */
  readonly issuedAt: number;
  /** What is kept of its token's scopes. */
  readonly scopes: readonly string[];
  readonly accepts: readonly Accepted[];
  readonly now: number;
}

/**
 * Binds a connection to a session: one that waits to be bound, or one that is bound to this very
 * session already (a repeated `authenticate`, or a newer token in place).
 */
export const bindConnection = (reach: Reach<'update'>, binding: Binding): TransactItem => {
  const { connectionId, tenant, userId, sessionId, authExpiresAt, scopes, now } = binding;
  return updateItem(
    reach.tables.connections.name,
    { connectionId },
    together(
      ex`SET #status = ${steps.bind.to}, #tenant = ${tenant}, #userId = ${userId}, #sessionId = ${sessionId},
        #authExpiresAt = ${authExpiresAt}, #timestamp = ${isoTime(now)}, #ttl = ${livingTtl(now)}`,
      settingOrRemoving({ scopes: kept(scopes) }),
    ),
    ex`#status = ${steps.bind.from[0]} OR (#status IN (${anyOf(steps.bindAgain.from)})
      AND #tenant = ${tenant} AND #userId = ${userId} AND #sessionId = ${sessionId})`,
  );
};

/** Nearly every row has none, and is the smaller for it. */
export const kept = (scopes: readonly string[]): readonly string[] | undefined =>
  scopes.length > 0 ? scopes : undefined;

/** Marks a bound connection as left, and takes it out of the index of users. */
export const leaveConnection = (
  reach: Reach<'update'>,
  connectionId: string,
  now: number,
): TransactItem =>
  updateItem(
    reach.tables.connections.name,
    { connectionId },
    ex`SET #status = ${steps.leave.to}, #disconnectedAt = ${isoTime(now)}, #ttl = ${tombstoneTtl(now)},
      #formerUserId = #userId REMOVE #userId`,
    ex`#status IN (${anyOf(steps.leave.from)})`,
  );

/** Counts a refused token; undefined when the connection is no longer waiting for one. */
export async function countRefusal(
  reach: Reach<'update'>,
  connectionId: string,
): Promise<number | undefined> {
  const { isDone, row } = await attempt(() =>
    reach.documents.send(
      new UpdateCommand({
        TableName: reach.tables.connections.name,
        Key: { connectionId },
        ...updating(ex`ADD #refusals ${1}`, ex`#status = ${steps.bind.from[0]}`),
        ReturnValues: 'UPDATED_NEW',
      }),
    ),
  );
  return isDone ? (row as Pick<ConnectionRow, 'refusals'>).refusals : undefined;
}

/** Writes a sign of life; false when the connection has left. A stale one is connected again. */
export const touchConnection = (
  reach: Reach<'update'>,
  connectionId: string,
  now: number,
): Promise<boolean> =>
  holds(() =>
    reach.documents.send(
      new UpdateCommand({
        TableName: reach.tables.connections.name,
        Key: { connectionId },
        ...updating(
          ex`SET #status = ${steps.hear.to}, #timestamp = ${isoTime(now)}, #ttl = ${livingTtl(now)}`,
          ex`#status IN (${anyOf(steps.hear.from)})`,
        ),
      }),
    ),
  );

/** Marks a connection that could not be served; false when it was marked before, or is none that is served. */
export const markStale = (reach: Reach<'update'>, connectionId: string): Promise<boolean> =>
  holds(() =>
    reach.documents.send(
      new UpdateCommand({
        TableName: reach.tables.connections.name,
        Key: { connectionId },
        ...updating(ex`SET #status = ${steps.miss.to}`, ex`#status = ${steps.miss.from[0]}`),
      }),
    ),
  );

/** Every row, a page at a time: tombstones and expired ones too. */
export async function* scanConnections(reach: Reach<'scan'>): AsyncGenerator<ConnectionRow[]> {
  let from: Record<string, unknown> | undefined;
  do {
    const page = await reach.documents.send(
      new ScanCommand({ TableName: reach.tables.connections.name, ExclusiveStartKey: from }),
    );
    yield (page.Items ?? []) as ConnectionRow[];
    from = page.LastEvaluatedKey;
  } while (from);
}

/**
 * So many rows at most of one segment's after one of them, read consistently; without `after`, from its beginning.
 * `next` is where to go on, and absent at its end.
 */
export async function scanConnectionsAfter(
  reach: Reach<'scan'>,
  segment: number,
  after: string | undefined,
  most: number,
): Promise<{ readonly rows: readonly ConnectionRow[]; readonly next?: string }> {
  const { Items, LastEvaluatedKey } = await reach.documents.send(
    new ScanCommand({
      TableName: reach.tables.connections.name,
      ConsistentRead: true,
      Segment: segment,
      TotalSegments: SCAN_SEGMENTS,
      Limit: most,
      ...(after !== undefined && { ExclusiveStartKey: { connectionId: after } }),
    }),
  );
  return {
    rows: (Items ?? []) as ConnectionRow[],
    ...(LastEvaluatedKey && { next: LastEvaluatedKey.connectionId }),
  };
}
