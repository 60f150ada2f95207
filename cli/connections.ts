import {
  ApiGatewayManagementApiClient,
  GetConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import type { ConnectionList, ListedConnection } from '../contract/connection-manager.ts';
import { CONNECTIONS_PER_PAGE_MOST } from '../contract/limits.ts';
import type { ConnectionRow } from '../contract/tables.ts';
import { manage, openDocuments, socketsEndpoint } from '../operator/aws.ts';
import { Refused } from '../operator/errors.ts';
import type { Place } from '../operator/place.ts';
import type { Asked, Command, Outcome } from './command.ts';

const list: Command = {
  usage: '[--user U]',
  says: 'active connections: everybody’s, or one user’s',
  options: ['user'],
  async run(place, { options: { user } }) {
    const connections =
      user === undefined
        ? await everyPage(place)
        : (await manage<ConnectionList>(place, 'get_user_connections', { userId: user }))
            .connections;
    return {
      json: { connections, count: connections.length },
      rows: connections.map((connection) => ({ ...connection })),
      sentence: `${connections.length} active`,
    };
  },
};

async function everyPage(place: Place): Promise<readonly ListedConnection[]> {
  const all: ListedConnection[] = [];
  let nextToken: string | undefined;
  do {
    const request = { limit: CONNECTIONS_PER_PAGE_MOST, nextToken };
    const page = await manage<ConnectionList>(place, 'get_all_connections', request);
    all.push(...page.connections);
    ({ nextToken } = page);
  } while (nextToken !== undefined);
  return all;
}

const get: Command = {
  usage: 'ID',
  says: 'the row of a connection, tombstones too',
  words: [1, 1],
  run: async (place, { words: [connectionId = ''] }) => ({
    json: { ...(await rowOf(place, connectionId)) },
  }),
};

const drop: Command = {
  usage: 'ID',
  says: 'takes a connection out of its session and closes its socket',
  words: [1, 1],
  async run(place, { words: [connectionId] }) {
    const request = { connectionId, status: 'DISCONNECTED' };
    const row = await manage<ConnectionRow>(place, 'update_connection_status', request);
    return { json: row, sentence: `${connectionId} is closed.` };
  },
};

const test: Command = {
  usage: 'ID',
  says: 'asks the gateway whether its socket is open, and compares that with its row',
  words: [1, 1],
  run: async (place, { words: [connectionId = ''] }: Asked): Promise<Outcome> => {
    const [row, socket] = await Promise.all([
      rowOf(place, connectionId),
      socketOf(place, connectionId),
    ]);
    const isBound = row.status === 'CONNECTED' || row.status === 'STALE';
    const isOpen = socket !== undefined;
    return {
      json: { connectionId, status: row.status, isOpen, ...socket },
      isBad: isBound !== isOpen,
      sentence: sentenceOf(isBound, isOpen),
    };
  },
};

function sentenceOf(isBound: boolean, isOpen: boolean): string {
  if (isBound && isOpen) return 'It is connected, and its socket is open.';
  if (isBound) return 'Its socket is gone: the next sweep takes it out.';
  return isOpen ? 'Its socket is open, and it belongs to nobody.' : 'It has left.';
}

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
  const client = new ApiGatewayManagementApiClient({ endpoint: socketsEndpoint(place) });
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

export const connections = { ls: list, get, drop, test };
