import { SOCKET_MOST_SECONDS } from '../../contract/limits.ts';
import type { Accepted } from '../../contract/protocol.ts';
import {
  SEPARATOR,
  type SessionName,
  type SessionRow,
  type SubscriptionRow,
  subscriberOfKey,
  topicOfKey,
} from '../../contract/tables.ts';
import { seconds } from '../../rules/connection.ts';
import { expiryOf } from '../../rules/session.ts';
import { openMemory } from '../platform/memory.ts';
import type { Reaches } from '../platform/reach.ts';
import { getSession, getSessions } from '../stores/sessions.ts';

/** Where a session is to be reached. */
export interface Route {
  readonly session: SessionName;
  readonly connections: readonly string[];
  /** What each of them understands, and may. */
  readonly accepts: readonly Accepted[];
  readonly scopes: readonly string[];
  /** Seconds: when the first of their tokens expires, or the age that no socket reaches. */
  readonly until: number;
}

type Reach = Reaches<{ sessions: 'get' | 'batchGet' }>;

/** Where subscribers are, as one process of a function knows it. */
export interface Routes {
  /** To these subscribers of a topic, as remembered or else as their sessions' rows have it. */
  to(
    reach: Reach,
    topic: string,
    subscribers: readonly SubscriptionRow[],
    now: number,
  ): Promise<readonly Route[]>;
  /** To a session of which a connection was found closed. */
  again(reach: Reach, session: SessionName, now: number): Promise<Route>;
}

interface Remembered {
  readonly life: number;
  readonly route: Route;
}

/** Some 730 bytes each, of the 1,769 MB that a fan-out has for the sake of its CPU. */
const REMEMBERED_MOST = 400_000;

/**
 * A memory of routes. Reading each session for each message would cost an eighth of what its delivery
 * costs.
 *
 * What is remembered may be out of date, but never so that a message is lost: a route is good for one
 * `life` of its session, and that number is read afresh, off the subscription's row, each time. Within
 * one life a connection comes only where all others are closed before it gets its reply; so every post
 * along an old route is told 410, and whoever is told so asks `again`.
 */
export function openRoutes(most = REMEMBERED_MOST): Routes {
  const remembered = openMemory<Remembered>(most);

  const recall = (session: SessionName, life: number, now: number) => {
    const known = remembered.get(nameOf(session));
    return known?.life === life && known.route.until > seconds(now) ? known.route : undefined;
  };

  const learn = (session: SessionName, row: SessionRow | undefined, now: number): Route => {
    const name = nameOf(session);
    const route = routeOf(session, row, now);
    if (row && route.connections.length > 0) remembered.set(name, { life: row.life, route });
    else remembered.delete(name);
    return route;
  };

  return {
    async to(reach, topic, subscribers, now) {
      const { tenant } = topicOfKey(topic);
      const known: Route[] = [];
      const unknown: SessionName[] = [];
      for (const { subscriber, life, ttl } of subscribers) {
        if (ttl !== undefined) continue; // Dormant: its session has ended.
        const session = { tenant, ...subscriberOfKey(subscriber) };
        const route = recall(session, life, now);
        if (route) known.push(route);
        else unknown.push(session);
      }
      const rows = await getSessions(reach, unknown);
      return [...known, ...unknown.map((session, at) => learn(session, rows[at], now))];
    },
    again: async (reach, session, now) => learn(session, await getSession(reach, session), now),
  };
}

const nameOf = ({ tenant, userId, sessionId }: SessionName): string =>
  [tenant, userId, sessionId].join(SEPARATOR);

/** As its row, or that it has none, tells it. */
export function routeOf(session: SessionName, row: SessionRow | undefined, now: number): Route {
  const connections = connectionsOf(row, now);
  return {
    session,
    connections,
    accepts: row?.accepts ?? [],
    scopes: row?.scopes ?? [],
    // Beyond the age of any socket an id says nothing any more.
    until: Math.min(
      seconds(now) + SOCKET_MOST_SECONDS,
      ...connections.map((id) => (row ? expiryOf(row, id) : 0)),
    ),
  };
}

/** None of a session that has ended, and none whose own token has expired. */
export const connectionsOf = (row: SessionRow | undefined, now: number): string[] =>
  row?.state === 'live'
    ? [...(row.conns ?? [])].filter((id) => expiryOf(row, id) > seconds(now))
    : [];
