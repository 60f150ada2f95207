import { BatchGetCommand } from '@aws-sdk/lib-dynamodb';
import {
  type ConnectionRow,
  PLAYER_ITEM,
  type PlayerRow,
  playerKey,
  type SessionName,
  type SessionRow,
  type SubscriptionRow,
  sessionItem,
  sessionOfKey,
  shardKey,
  subscriberKey,
  type TopicsRow,
  topicKey,
  topicsItem,
} from '../../contract/tables.ts';
import { topicsOf } from '../../lambdas/stores/topics.ts';
import type { EveryReach } from '../support/engine.ts';
import type { Item } from './commands.ts';

/** The tables that sessions are made of. */
export const watched = ['connections', 'sessions', 'subscriptions'] as const;
export type Watched = (typeof watched)[number];
type Row = Readonly<Record<string, unknown>>;

/** One row's change by one write: what DynamoDB's stream would tell. */
export interface Change {
  readonly table: Watched;
  readonly before: Row | undefined;
  readonly after: Row | undefined;
}

/** What stands in the engine, as last looked at. */
export interface Rows {
  /** Looks at items that were written to, and tells what is different. */
  look(items: readonly Item[]): Promise<Change[]>;
  connections(): ConnectionRow[];
  sessions(): (SessionRow & { readonly name: SessionName })[];
  connection(connectionId: string): ConnectionRow | undefined;
  session(name: SessionName): SessionRow | undefined;
  players(): PlayerRow[];
  player(name: SessionName): PlayerRow | undefined;
  topics(name: SessionName): TopicsRow | undefined;
  /** Where its session's topics say that it stands. */
  subscription(name: SessionName, topic: string): SubscriptionRow | undefined;
  subscriptions(name: SessionName): SubscriptionRow[];
}

export function watchRows({ documents, tables }: EveryReach): Rows {
  const images: Record<Watched, Map<string, Row>> = {
    connections: new Map(),
    sessions: new Map(),
    subscriptions: new Map(),
  };

  const look: Rows['look'] = async (items) => {
    const looked = watched.flatMap((table) => {
      const Keys = items.filter((item) => item.table === tables[table].name).map(({ key }) => key);
      return Keys.length > 0 ? [{ table, Keys }] : [];
    });
    if (looked.length === 0) return [];
    const RequestItems = Object.fromEntries(
      looked.map(({ table, Keys }) => [tables[table].name, { Keys, ConsistentRead: true }]),
    );
    const { Responses = {} } = await documents.send(new BatchGetCommand({ RequestItems }));
    return looked.flatMap(({ table, Keys }) => {
      const found = (Responses[tables[table].name] ?? []).map((row) => [keyOf[table](row), row]);
      const now = new Map(found as [string, Row][]);
      return Keys.map((key) => keyOf[table](key)).flatMap((key) => {
        const [before, after] = [images[table].get(key), now.get(key)];
        if (after) images[table].set(key, after);
        else images[table].delete(key);
        return textOf(before) === textOf(after) ? [] : [{ table, before, after }];
      });
    });
  };

  const inSessions = (name: SessionName, item: string): Row | undefined =>
    images.sessions.get(`${playerKey(name.tenant, name.userId)}\n${item}`);

  const topics = (name: SessionName): TopicsRow | undefined =>
    inSessions(name, topicsItem(name.sessionId)) as unknown as TopicsRow | undefined;

  return {
    look,
    connections: () => [...images.connections.values()] as unknown as ConnectionRow[],
    connection: (id) => images.connections.get(id) as unknown as ConnectionRow | undefined,
    sessions: () =>
      ([...images.sessions.values()] as unknown as SessionRow[]).flatMap((row) => {
        const name = sessionOfKey(row.player, row.item);
        return name ? [{ ...row, name }] : [];
      }),
    session: (name) =>
      inSessions(name, sessionItem(name.sessionId)) as unknown as SessionRow | undefined,
    players: () =>
      ([...images.sessions.values()] as unknown as PlayerRow[]).filter(
        ({ item }) => item === PLAYER_ITEM,
      ),
    player: (name) => inSessions(name, PLAYER_ITEM) as unknown as PlayerRow | undefined,
    topics,
    subscription: (name, topic) => {
      const shard = topicsOf({ ...topics(name) }).get(topic) ?? 0;
      const key = keyOf.subscriptions({
        topic: shardKey(topicKey(name.tenant, topic), shard),
        subscriber: subscriberKey(name.userId, name.sessionId),
      });
      return images.subscriptions.get(key) as unknown as SubscriptionRow | undefined;
    },
    subscriptions: ({ userId, sessionId }) =>
      ([...images.subscriptions.values()] as unknown as SubscriptionRow[]).filter(
        ({ subscriber }) => subscriber === subscriberKey(userId, sessionId),
      ),
  };
}

const keyOf: Record<Watched, (row: Row) => string> = {
  connections: (row) => String(row.connectionId),
  sessions: (row) => `${row.player}\n${row.item}`,
  subscriptions: (row) => `${row.topic}\n${row.subscriber}`,
};

const textOf = (row: Row | undefined): string | undefined =>
  row &&
  JSON.stringify(
    Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)),
    (_, value) => (value instanceof Set ? [...value].sort() : value),
  );
