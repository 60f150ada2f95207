import type { ListedConnection } from '../contract/connection-manager.ts';
import { changeStatus, listConnections, rowOf, socketOf } from '../operator/connections.ts';
import type { Place } from '../operator/place.ts';
import type { Asked, Command, Outcome } from './command.ts';

const list: Command = {
  usage: '[--user U]',
  says: 'active connections: everybody’s, or one user’s',
  options: ['user'],
  async run(place, { options: { user } }) {
    const connections = await everyPage(place, user);
    return {
      json: { connections, count: connections.length },
      rows: connections.map((connection) => ({ ...connection })),
      sentence: `${connections.length} active`,
    };
  },
};

async function everyPage(
  place: Place,
  userId: string | undefined,
): Promise<readonly ListedConnection[]> {
  const all: ListedConnection[] = [];
  let nextToken: string | undefined;
  do {
    const page = await listConnections(place, {
      ...(userId !== undefined && { userId }),
      ...(nextToken !== undefined && { nextToken }),
    });
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
  async run(place, { words: [connectionId = ''] }) {
    const row = await changeStatus(place, connectionId, 'DISCONNECTED');
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

export const connections = { ls: list, get, drop, test };
