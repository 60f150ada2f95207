import { SOCKET_MOST_SECONDS } from '../../contract/limits.ts';
import type { Accepted } from '../../contract/protocol.ts';
import {
  type SessionName,
  type SessionRow,
  type SubscriptionRow,
  subscriberKey,
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

/** Little, since there are many: the name is the key's, and lists that say the same are one. */
interface Remembered extends Omit<Route, 'session'> {
  readonly tenant: string;
  readonly life: number;
}

/** Some 260 bytes each, of the 1,769 MB that a fan-out has for the sake of its CPU. */
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
  // By subscriber, the text that each row brings anyway. Two tenants' may be the same one: then the latest is known.
  const remembered = openMemory<Remembered>(most);
  const oneOf = shareLists();

  const recall = (tenant: string, { subscriber, life }: SubscriptionRow, now: number) => {
    const known = remembered.get(subscriber);
    return known?.life === life && known.tenant === tenant && known.until > seconds(now)
      ? known
      : undefined;
  };

  const learn = (
    session: SessionName,
    subscriber: string,
    row: SessionRow | undefined,
    now: number,
  ): Route => {
    const route = routeOf(session, row, now);
    if (!row || route.connections.length === 0) {
      remembered.delete(subscriber);
      return route;
    }
    remembered.set(subscriber, {
      tenant: session.tenant,
      life: row.life,
      // A copy is as long as it is; a list that was filtered has room for sixteen more.
      connections: route.connections.slice(),
      accepts: oneOf(route.accepts),
      scopes: oneOf(route.scopes),
      until: route.until,
    });
    return route;
  };

  return {
    async to(reach, topic, subscribers, now) {
      const { tenant } = topicOfKey(topic);
      const known: Route[] = [];
      const unknown: { readonly session: SessionName; readonly subscriber: string }[] = [];
      for (const row of subscribers) {
        if (row.ttl !== undefined) continue; // Dormant: its session has ended.
        const { subscriber } = row;
        const session = { tenant, ...subscriberOfKey(subscriber) };
        const found = recall(tenant, row, now);
        if (found) {
          const { connections, accepts, scopes, until } = found;
          known.push({ session, connections, accepts, scopes, until });
        } else unknown.push({ session, subscriber });
      }
      const sessions = unknown.map(({ session }) => session);
      const rows = await getSessions(reach, sessions);
      return [
        ...known,
        ...unknown.map(({ session, subscriber }, at) => learn(session, subscriber, rows[at], now)),
      ];
    },
    async again(reach, session, now) {
      const subscriber = subscriberKey(session.userId, session.sessionId);
      return learn(session, subscriber, await getSession(reach, session), now);
    },
  };
}

/** Of lists that say the same, always the first one. There are as many as combinations of what rules name. */
function shareLists() {
  const known = new Map<string, readonly string[]>();
  return <Item extends string>(list: readonly Item[]): readonly Item[] => {
    const said = list.join();
    const first = known.get(said) ?? list;
    known.set(said, first);
    return first as readonly Item[];
  };
}

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
