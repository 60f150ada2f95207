import { GetCommand, paginateQuery } from '@aws-sdk/lib-dynamodb';
import type { TimelineAnswer } from '../contract/connection-manager.ts';
import { DEFAULT_TENANT } from '../contract/names.ts';
import {
  PLAYER_ITEM,
  type PlayerRow,
  playerKey,
  type SessionRow,
  sessionOfKey,
} from '../contract/tables.ts';
import { manage, openDocuments } from '../operator/aws.ts';
import { Refused, UsageError } from '../operator/errors.ts';
import type { Place } from '../operator/place.ts';
import { type Asked, type Command, demand } from './command.ts';

const tenantOf = ({ options: { tenant = DEFAULT_TENANT } }: Asked): string => tenant;

const list: Command = {
  usage: '--user U [--tenant T]',
  says: 'the sessions of a user, those that have ended too',
  options: ['user', 'tenant'],
  async run(place, asked) {
    const rows = await sessionsOf(place, tenantOf(asked), demand(asked, 'user'));
    const sessions = rows.map(({ row, sessionId }) => ({
      sessionId,
      state: row.state,
      life: row.life,
      connectedAt: row.connectedAt,
      connections: [...(row.conns ?? [])].join(' '),
    }));
    return { json: { sessions }, rows: sessions, sentence: `${sessions.length} sessions` };
  },
};

async function sessionsOf(place: Place, tenant: string, userId: string) {
  const found: { readonly sessionId: string; readonly row: SessionRow }[] = [];
  const pages = paginateQuery(
    { client: openDocuments(place) },
    {
      TableName: place.output('SessionsTableName'),
      KeyConditionExpression: 'player = :player AND begins_with(#item, :session)',
      ExpressionAttributeNames: { '#item': 'item' },
      ExpressionAttributeValues: {
        ':player': playerKey(tenant, userId),
        ':session': 'session#',
      },
      ConsistentRead: true,
    },
  );
  for await (const page of pages) {
    for (const row of (page.Items ?? []) as SessionRow[]) {
      const name = sessionOfKey(row.player, row.item);
      if (name) found.push({ sessionId: name.sessionId, row });
    }
  }
  return found;
}

const get: Command = {
  usage: '--user U --session S [--tenant T] | --connection ID  [--since ISO]',
  says: 'the life of a session, in order',
  options: ['user', 'session', 'tenant', 'connection', 'since'],
  async run(place, asked) {
    const { user, session, tenant, connection, since } = asked.options;
    const named =
      connection === undefined
        ? { userId: demand(asked, 'user'), sessionId: demand(asked, 'session') }
        : { connectionId: connection };
    if (connection !== undefined && (user ?? session) !== undefined) {
      throw new UsageError('Name a connection, or a user and a session.');
    }
    const request = { ...named, tenant, since };
    const life = await manage<TimelineAnswer>(place, 'get_session_timeline', request);
    return {
      json: life,
      rows: life.moments.map(({ at, what, connectionId, ...more }) => ({
        at,
        what,
        connectionId,
        more: JSON.stringify(more),
      })),
      sentence: [
        life.session ? `${life.session.sessionId}: ${life.session.state}` : 'never bound',
        ...life.topics.map(
          ({ topic, head, delivered = '?', acknowledged = '?' }) =>
            `${topic}: head ${head}, delivered ${delivered}, acknowledged ${acknowledged}`,
        ),
        ...(life.isWhole ? [] : ['There was more in the log than one query gives.']),
      ].join('\n'),
    };
  },
};

const drop: Command = {
  usage: '--user U --session S [--tenant T]',
  says: 'closes every connection of a session',
  options: ['user', 'session', 'tenant'],
  async run(place, asked) {
    const sessionId = demand(asked, 'session');
    const all = await sessionsOf(place, tenantOf(asked), demand(asked, 'user'));
    const session = all.find((each) => each.sessionId === sessionId);
    if (session === undefined) throw new Refused(`There is no session ${sessionId}.`);
    const connectionIds = [...(session.row.conns ?? [])];
    for (const connectionId of connectionIds) {
      const request = { connectionId, status: 'DISCONNECTED' };
      await manage(place, 'update_connection_status', request);
    }
    return {
      json: { sessionId, dropped: connectionIds },
      sentence: `${connectionIds.length} connections are closed; the session ends after its grace time.`,
    };
  },
};

export const sessions = { ls: list, get, drop };

const getUser: Command = {
  usage: 'ID [--tenant T]',
  says: 'whether a user is online, and with which sessions',
  options: ['tenant'],
  words: [1, 1],
  async run(place, asked) {
    const [userId = ''] = asked.words;
    const { Item } = await openDocuments(place).send(
      new GetCommand({
        TableName: place.output('SessionsTableName'),
        Key: { player: playerKey(tenantOf(asked), userId), item: PLAYER_ITEM },
        ConsistentRead: true,
      }),
    );
    const row = Item as PlayerRow | undefined;
    const sessionIds = [...(row?.sessions ?? [])];
    return {
      json: { userId, isOnline: sessionIds.length > 0, sessionIds, version: row?.version ?? 0 },
    };
  },
};

const dropUser: Command = {
  usage: 'ID [--tenant T]',
  says: 'closes every connection of a user, on every device',
  options: ['tenant'],
  words: [1, 1],
  async run(place, asked) {
    const request = { userId: asked.words[0], tenant: tenantOf(asked) };
    const answer = await manage<{ droppedCount: number }>(place, 'drop_user', request);
    return { json: answer, sentence: `${answer.droppedCount} connections are closed.` };
  },
};

export const users = { get: getUser, drop: dropUser };
