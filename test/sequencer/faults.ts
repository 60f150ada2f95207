import { randomUUID } from 'node:crypto';
import { PutCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import {
  HEAD_ID,
  type NotificationRow,
  SHARDS_ID,
  type SubscriptionRow,
  topicKey,
} from '../../contract/tables.ts';
import { positionsOf } from '../../lambdas/flows/positions.ts';
import type { Ledger } from './ledger.ts';
import { type Documents, type Product, type Stamper, shipped } from './product.ts';

interface Fault {
  /** Within so many schedules it must have been found. */
  readonly within: number;
  readonly plant: (world: { readonly ledger: Ledger }) => Product;
}

/** Mistakes that the model must find: the product with one part done the wrong way. */
export const faults: Readonly<Record<string, Fault>> = {
  'a guard by the stream’s sequence number': {
    within: 50,
    plant: ({ ledger }) => {
      const passed = new Map<string, number>();
      const guarded =
        (stampAll: Stamper): Stamper =>
        async (reach, topic, rows) => {
          const isNew = (row: NotificationRow) =>
            ledger.markOf(row) > (passed.get(topic) ?? Number.NEGATIVE_INFINITY);
          const stamped = await stampAll(reach, topic, rows.filter(isNew));
          const marks = [passed.get(topic), ...stamped.map(ledger.markOf)];
          passed.set(topic, Math.max(...marks.map((mark) => mark ?? -1)));
          return stamped;
        };
      return { ...shipped, stampers: shipped.stampers.map(guarded) };
    },
  },

  'the counter first, the row later': {
    within: 50,
    plant: ({ ledger }) => {
      const epoch = 'counted';
      const stampedAlready: Stamper = async (_, __, rows) =>
        rows.map((row) => ({ ...row, seq: row.seq ?? 0, epoch }));
      return {
        ...shipped,
        stampers: shipped.stampers.map(() => stampedAlready),
        publish: async (reach, { tenant, topics, payload, origin, now }) => {
          const notificationId = randomUUID();
          const TableName = reach.tables.notifications.name;
          for (const name of topics) {
            const topic = topicKey(tenant, name);
            const { Attributes } = await reach.documents.send(
              new UpdateCommand({
                TableName,
                Key: { topic, id: HEAD_ID },
                UpdateExpression: 'SET epoch = :epoch ADD head :one',
                ExpressionAttributeValues: { ':epoch': epoch, ':one': 1 },
                ReturnValues: 'UPDATED_NEW',
              }),
            );
            const row: NotificationRow = {
              topic,
              id: notificationId,
              payload: JSON.stringify(payload),
              at: new Date(now).toISOString(),
              ttl: now,
              topics,
              ...(origin && { origin }),
              seq: Attributes?.head,
            };
            await reach.documents.send(new PutCommand({ TableName, Item: row }));
            ledger.committed(row);
          }
          return { isDone: true, notificationId, isRepeated: false };
        },
      };
    },
  },

  'the head read before the subscription is written': {
    within: 100,
    plant: () => ({
      ...shipped,
      subscribe: async (reach, session, connectionId, topics) => {
        const positions = await positionsOf(reach, session.tenant, topics);
        await shipped.subscribe(reach, session, connectionId, topics);
        return positions;
      },
    }),
  },

  'a route remembered whatever the number of its session': {
    within: 200,
    plant: () => ({
      ...shipped,
      openRoutes: () => {
        const routes = shipped.openRoutes();
        const first = new Map<string, number>();
        const asFirstSeen = (row: SubscriptionRow): SubscriptionRow => {
          const life = first.get(row.subscriber) ?? row.life;
          first.set(row.subscriber, life);
          return { ...row, life };
        };
        return {
          ...routes,
          to: (reach, topic, subscribers, now) =>
            routes.to(reach, topic, subscribers.map(asFirstSeen), now),
        };
      },
    }),
  },

  'the number of shards remembered': {
    within: 100,
    plant: () => {
      const remembered = new Map<string, readonly object[]>();
      const remembering = (documents: Documents): Documents => ({
        async send(command: object) {
          const answer = await documents.send(command as never);
          if (!isReadOfSubscribers(command)) return answer;
          const { Items = [] } = answer as { Items?: { topic: string; subscriber: string }[] };
          const isCount = ({ subscriber }: (typeof Items)[number]) => subscriber === SHARDS_ID;
          const shard = JSON.stringify((command as QueryCommand).input.ExpressionAttributeValues);
          if (!remembered.has(shard)) remembered.set(shard, Items.filter(isCount));
          const count = remembered.get(shard) ?? [];
          return { Items: [...count, ...Items.filter((item) => !isCount(item))] };
        },
      });
      return { ...shipped, wire: remembering };
    },
  },

  'a replaced socket that is not closed': {
    within: 200,
    plant: () => ({
      ...shipped,
      gateway: (sockets) => ({ ...sockets, delete: async () => 'done' }),
    }),
  },

  'recipients read from an index, which lags': {
    within: 50,
    plant: () => {
      /** What the index does not have yet, by the call at which it will. */
      const arriving = new Map<string, number>();
      let calls = 0;
      const keyOf = ({ topic, subscriber }: Record<string, unknown>) => `${topic} ${subscriber}`;
      const lagging = (documents: Documents): Documents => ({
        async send(command: object) {
          calls += 1;
          for (const key of subscriptionsPutBy(command, keyOf))
            arriving.set(key, calls + INDEX_LAG);
          const answer = await documents.send(command as never);
          if (!isReadOfSubscribers(command)) return answer;
          const { Items = [] } = answer as { Items?: Record<string, unknown>[] };
          return { Items: Items.filter((row) => (arriving.get(keyOf(row)) ?? 0) <= calls) };
        },
      });
      return { ...shipped, wire: lagging };
    },
  },
};

/** In calls of all functions together. */
const INDEX_LAG = 20;

function subscriptionsPutBy(
  command: object,
  keyOf: (row: Record<string, unknown>) => string,
): string[] {
  const key = command instanceof UpdateCommand ? command.input.Key : undefined;
  return key && 'subscriber' in key ? [keyOf(key)] : [];
}

const isReadOfSubscribers = (command: object): boolean =>
  command instanceof QueryCommand && command.input.IndexName === undefined;
