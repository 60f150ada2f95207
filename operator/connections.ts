import {
  ApiGatewayManagementApiClient,
  GetConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import { GetCommand, paginateScan } from '@aws-sdk/lib-dynamodb';
import type { CleanupAnswer, ConnectionList } from '../contract/connection-manager.ts';
import { CONNECTIONS_PER_PAGE_MOST, STALE_AFTER_SECONDS } from '../contract/limits.ts';
import type { ConnectionRow } from '../contract/tables.ts';
import { manage, openDocuments, socketsEndpoint } from './aws.ts';
import { Refused } from './errors.ts';
import type { Place } from './place.ts';

interface Listing {
  /** One user's, all of them; else everybody's, a page of them. */
  readonly userId?: string;
  /** @default the most that one answer holds */
  readonly limit?: number;
  readonly nextToken?: string;
}

/** Active connections; `nextToken` is there while there may be more. */
export const listConnections = (
  place: Place,
  { userId, limit = CONNECTIONS_PER_PAGE_MOST, nextToken }: Listing = {},
): Promise<ConnectionList> =>
  userId === undefined
    ? manage(place, 'get_all_connections', { limit, nextToken })
    : manage(place, 'get_user_connections', { userId });

/** Takes the step that leads to this status: `DISCONNECTED` also closes the socket. Gives the row as it is then. */
export const changeStatus = (
  place: Place,
  connectionId: string,
  status: string,
): Promise<ConnectionRow> => manage(place, 'update_connection_status', { connectionId, status });

export const cleanUp = (place: Place): Promise<CleanupAnswer> =>
  manage(place, 'cleanup_stale_connections', {});

/** How many connections a clean-up would ask the gateway about: nothing was heard of them for an hour. */
export async function countSilent(place: Place): Promise<{ readonly silent: number }> {
  let silent = 0;
  const before = new Date(Date.now() - STALE_AFTER_SECONDS * 1000).toISOString();
  const pages = paginateScan(
    { client: openDocuments(place) },
    {
      TableName: place.output('ConnectionsTableName'),
      FilterExpression: '#status <> :left AND #timestamp < :before',
      ExpressionAttributeNames: { '#status': 'status', '#timestamp': 'timestamp' },
      ExpressionAttributeValues: {
        ':left': 'DISCONNECTED' satisfies ConnectionRow['status'],
        ':before': before,
      },
      Select: 'COUNT',
    },
  );
  for await (const { Count = 0 } of pages) silent += Count;
  return { silent };
}

/** The row of a connection, of one that has left too. */
export async function rowOf(place: Place, connectionId: string): Promise<ConnectionRow> {
  const { Item } = await openDocuments(place).send(
    new GetCommand({
      TableName: place.output('ConnectionsTableName'),
      Key: { connectionId },
      ConsistentRead: true,
    }),
  );
  if (Item === undefined) throw new Refused(`There is no connection ${connectionId}.`);
  return Item as ConnectionRow;
}

/** What the gateway knows of a socket; undefined when it is not open. */
export async function socketOf(
  place: Place,
  ConnectionId: string,
): Promise<{ connectedAt?: Date; lastActiveAt?: Date } | undefined> {
  const client = new ApiGatewayManagementApiClient({
    ...place.aws,
    endpoint: socketsEndpoint(place),
  });
  try {
    const { ConnectedAt, LastActiveAt } = await client.send(
      new GetConnectionCommand({ ConnectionId }),
    );
    return {
      ...(ConnectedAt && { connectedAt: ConnectedAt }),
      ...(LastActiveAt && { lastActiveAt: LastActiveAt }),
    };
  } catch (fault) {
    const { name, $metadata } = fault as Error & { $metadata?: { httpStatusCode?: number } };
    if (name === 'GoneException' || $metadata?.httpStatusCode === 410) return undefined;
    throw fault;
  }
}
