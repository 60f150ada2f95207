import { AUTHENTICATE_WITHIN_SECONDS } from '../../contract/limits.ts';
import {
  type ConnectionRow,
  PLAYER_ITEM,
  type PlayerRow,
  playerKey,
  type SessionName,
  type SessionRow,
  SHARDS_ID,
  type SubscriptionRow,
  sessionItem,
  sessionOfKey,
  shardKey,
  subscriberOfKey,
  type TopicsRow,
  topicKey,
  topicOfKey,
} from '../../contract/tables.ts';
import { topicsOf } from '../../lambdas/stores/topics.ts';
import { sessionOf } from '../../rules/connection.ts';
import { type Rows, rowsOf } from '../support/rows.ts';
import { each, type Promised } from './verdict.ts';

/** A reaper that is asked again, and a queue between. */
const REAPED_WITHIN_MS = (AUTHENTICATE_WITHIN_SECONDS + 10) * 1000;

/** Sets come as arrays. */
type Plain<Row> = {
  [Name in keyof Row]: Row[Name] extends ReadonlySet<string> | undefined
    ? readonly string[] | undefined
    : Row[Name];
};
type Session = Plain<SessionRow> & { readonly name: SessionName };

const connectionsOf = (rows: Rows) => rowsOf<ConnectionRow>(rows, 'connections');
const isBound = ({ status }: ConnectionRow) => status === 'CONNECTED' || status === 'STALE';
const boundOf = (rows: Rows) => connectionsOf(rows).filter(isBound);
const textOf = ({ tenant, userId, sessionId }: SessionName) =>
  `${playerKey(tenant, userId)} ${sessionId}`;

const sessionsOf = (rows: Rows): Session[] =>
  rowsOf<Plain<SessionRow>>(rows, 'sessions').flatMap((row) => {
    const name = sessionOfKey(row.player, row.item);
    return name ? [{ ...row, name }] : [];
  });
const playersOf = (rows: Rows) =>
  rowsOf<Plain<PlayerRow>>(rows, 'sessions').filter(({ item }) => item === PLAYER_ITEM);

const subscriptionsOf = (rows: Rows) =>
  rowsOf<SubscriptionRow>(rows, 'subscriptions').filter((row) => row.subscriber !== SHARDS_ID);

export const presence: readonly Promised[] = [
  {
    claim: '[G8] every bound connection is an open socket, or was until lately',
    check({ rows, sockets, now }, { ghostsForSeconds }) {
      const open = new Set(sockets.open.map(({ connectionId }) => connectionId));
      const ends = new Map(sockets.ended.map((one) => [one.connectionId, one.endedAt]));
      return each(boundOf(rows), ({ connectionId, connectedAt }) => {
        if (open.has(connectionId)) return undefined;
        const endedAt = ends.get(connectionId) ?? Math.max(sockets.since, Date.parse(connectedAt));
        const goneForSeconds = Math.round((now - endedAt) / 1000);
        return goneForSeconds > ghostsForSeconds
          ? `${connectionId} is bound, and its socket gone for ${goneForSeconds} s`
          : undefined;
      });
    },
  },
  {
    claim: '[G9] every open socket is bound, or so young that it may still authenticate',
    check({ rows, sockets, now }) {
      const known = new Map(connectionsOf(rows).map((row) => [row.connectionId, row]));
      return each(sockets.open, ({ connectionId, openedAt }) => {
        const row = known.get(connectionId);
        if ((row && isBound(row)) || now - openedAt < REAPED_WITHIN_MS) return undefined;
        return `${connectionId} is open since ${new Date(openedAt).toISOString()} and ${row?.status ?? 'has no row'}`;
      });
    },
  },
  {
    claim: 'every bound connection is a member of its session',
    check({ rows }) {
      const members = new Map(sessionsOf(rows).map((row) => [textOf(row.name), row.conns ?? []]));
      return each(boundOf(rows), (row) => {
        const session = sessionOf(row);
        // Through the door `none` there are no sessions.
        if (!session || members.get(textOf(session))?.includes(row.connectionId)) return undefined;
        return `${row.connectionId} is not among the connections of ${textOf(session)}`;
      });
    },
  },
  {
    claim: 'every member of a session is a connection bound to it',
    check({ rows }) {
      const known = new Map(boundOf(rows).map((row) => [row.connectionId, sessionOf(row)]));
      return each(sessionsOf(rows), ({ name, conns = [] }) =>
        conns.flatMap((id) => {
          const session = known.get(id);
          return session && textOf(session) === textOf(name)
            ? []
            : [`${textOf(name)} has ${id}, which is not bound to it`];
        }),
      );
    },
  },
  {
    claim: "a player's set is exactly the live sessions",
    check({ rows }) {
      const listed = playersOf(rows).flatMap(({ player, sessions = [] }) =>
        sessions.map((id) => `${player} ${sessionItem(id)}`),
      );
      const live = sessionsOf(rows)
        .filter(({ state }) => state === 'live')
        .map(({ player, item }) => `${player} ${item}`);
      return each(new Set([...listed, ...live]), (name) => {
        if (!live.includes(name)) return `${name} is listed and not live`;
        return listed.includes(name) ? undefined : `${name} is live and not listed`;
      });
    },
  },
  {
    claim: 'nothing that counts has a ttl: live sessions, their topics, players',
    check({ rows }) {
      const live = new Set(
        sessionsOf(rows).flatMap(({ state, name }) => (state === 'live' ? [textOf(name)] : [])),
      );
      return each(rowsOf<Plain<TopicsRow>>(rows, 'sessions'), ({ player, item, ttl }) => {
        const name = sessionOfKey(player, item) ?? sessionOfKey(player, item, 'topics');
        const counts = item === PLAYER_ITEM || (name !== undefined && live.has(textOf(name)));
        return counts && ttl !== undefined ? `${player} ${item} has a ttl` : undefined;
      });
    },
  },
  {
    claim: '[G8] no session outlives its last connection by more than its grace time and a sweep',
    check({ rows, now }, { ghostsForSeconds }) {
      const live = sessionsOf(rows).filter(({ state }) => state === 'live');
      return each(live, ({ name, conns, detachedAt }) => {
        const left = conns ? 0 : Math.round(now / 1000) - (detachedAt ?? 0);
        return left > ghostsForSeconds ? `${textOf(name)} is left for ${left} s` : undefined;
      });
    },
  },
  {
    claim: '[S0-13] what has ended is subscribed to nothing',
    check({ rows }, { ghostsForSeconds }) {
      const sessions = new Map(sessionsOf(rows).map((row) => [textOf(row.name), row]));
      return each(subscriptionsOf(rows), ({ topic, subscriber, ttl }) => {
        const name = { tenant: topicOfKey(topic).tenant, ...subscriberOfKey(subscriber) };
        const session = sessions.get(textOf(name));
        // Making them dormant follows the end, and a crash leaves it to the sweep.
        if (ghostsForSeconds > 0 || ttl !== undefined || session?.state === 'live')
          return undefined;
        return `${textOf(name)} is ${session?.state ?? 'nowhere'}, and subscribed to ${topic}`;
      });
    },
  },
  {
    claim: 'a session has each of its topics once, in the shard that its row of topics says',
    check({ rows }) {
      const owned = new Map(
        rowsOf<Plain<TopicsRow>>(rows, 'sessions').flatMap(({ player, item, topics, shards }) => {
          const owner = sessionOfKey(player, item, 'topics');
          const places = topicsOf({ topics: new Set(topics), shards: new Set(shards) });
          return owner ? [[textOf(owner), places] as const] : [];
        }),
      );
      return each(subscriptionsOf(rows), ({ topic: shard, subscriber }) => {
        const { tenant, topic } = topicOfKey(shard);
        const owner = textOf({ tenant, ...subscriberOfKey(subscriber) });
        const place = owned.get(owner)?.get(topic);
        // What a crash has left without a place, an end by ttl takes.
        const isRight = place === undefined || shardKey(topicKey(tenant, topic), place) === shard;
        return isRight ? undefined : `${owner} is in ${shard}, and said to be in ${place}`;
      });
    },
  },
  {
    claim: 'nobody is left when everybody has gone',
    check({ rows, sockets }, { isEmpty }) {
      if (!isEmpty) return each([], () => undefined);
      const present = playersOf(rows).flatMap(({ player, sessions }) => (sessions ? [player] : []));
      const open = sockets.open.map(({ connectionId }) => connectionId);
      return each([present, open], (those) => (those.length > 0 ? those.join(', ') : undefined));
    },
  },
];
