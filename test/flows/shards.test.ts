import { GetCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TOPICS_PER_REQUEST } from '../../contract/limits.ts';
import {
  type NotificationRow,
  type SessionName,
  SHARDS_ID,
  type ShardsRow,
  type SubscriptionRow,
  shardKey,
  subscriberKey,
  topicKey,
} from '../../contract/tables.ts';
import { authenticate } from '../../lambdas/flows/authenticate.ts';
import { checkSession } from '../../lambdas/flows/check-session.ts';
import { type DeliverReach, deliver } from '../../lambdas/flows/deliver.ts';
import { depart } from '../../lambdas/flows/depart.ts';
import { findRecipients } from '../../lambdas/flows/find-recipients.ts';
import { openRoutes } from '../../lambdas/flows/routes.ts';
import { stampAll } from '../../lambdas/flows/stamp.ts';
import { subscribe } from '../../lambdas/flows/subscribe.ts';
import { unsubscribe } from '../../lambdas/flows/unsubscribe.ts';
import { transact } from '../../lambdas/platform/transact.ts';
import { putConnection } from '../../lambdas/stores/connections.ts';
import { putNotification } from '../../lambdas/stores/notifications.ts';
import { raiseShards } from '../../lambdas/stores/subscriptions.ts';
import { addTopics, getTopics, isElsewhere, removeTopics } from '../../lambdas/stores/topics.ts';
import { newConnection } from '../../rules/connection.ts';
import { shardFor } from '../../rules/shards.ts';
import { type Engine, type EveryReach, startEngine } from '../support/engine.ts';
import { identityOf } from '../support/identity.ts';
import { openPages } from '../support/pages.ts';
import { openTestSockets, type TestSockets } from '../support/sockets.ts';

/** The subscribers of a large topic are spread over several partitions; nobody is missed while it grows. */

let engine: Engine;
let reach: EveryReach & DeliverReach & { sockets: TestSockets };
const T0 = Date.parse('2026-01-01T12:00:00.000Z');
const HOUR = 3600;
const PET = topicKey('default', 'Pet');
const SHARDS = 8;

beforeAll(async () => {
  process.env.EPOCH = '';
  engine = await startEngine();
});
afterAll(() => engine.stop());
beforeEach(async () => {
  const tables = await engine.createTables();
  const ways = { sockets: openTestSockets(), routes: openRoutes(), ...openPages() };
  reach = { ...tables, ...ways, subscribersPerShard: 2 };
});

const sessionOf = (userId: string): SessionName => ({
  tenant: 'default',
  userId,
  sessionId: 'tab',
});
const shardOf = ({ userId, sessionId }: SessionName) =>
  shardFor(subscriberKey(userId, sessionId), SHARDS);
const users = Array.from({ length: 20 }, (_, at) => `user-${at}`);
/** Somebody who does not belong into the first shard of eight, and somebody who does. */
const ann = sessionOf(users.find((user) => shardOf(sessionOf(user)) > 0) ?? '');
const shard = shardOf(ann);

async function come(userId: string, connectionId = userId): Promise<void> {
  reach.sockets.open(connectionId);
  await putConnection(reach, newConnection(connectionId, 'PENDING', T0 - 120_000));
  const identity = identityOf({ userId, expiresAt: T0 / 1000 + HOUR });
  await authenticate(reach, identity, { connectionId, sessionId: 'tab', now: T0 });
}
async function join(userId: string): Promise<void> {
  await come(userId);
  await subscribe(reach, sessionOf(userId), userId, ['Pet']);
}

let messages = 0;
async function say(): Promise<string> {
  messages += 1;
  const row: NotificationRow = {
    topic: PET,
    id: `m${messages}`,
    payload: JSON.stringify(`m${messages}`),
    at: new Date(T0).toISOString(),
    ttl: T0 / 1000 + HOUR,
    topics: ['Pet'],
  };
  await transact(reach, [putNotification(reach, row)]);
  await deliver(reach, PET, await stampAll(reach, PET, [row]), T0);
  return row.id;
}
const whoHeard = (id: string): string[] =>
  [...reach.sockets.sent].flatMap(([connection, frames]) =>
    frames.filter((frame) => JSON.parse(frame).id === id).map(() => connection),
  );

async function shards(): Promise<number | undefined> {
  const { Item } = await reach.documents.send(
    new GetCommand({
      TableName: reach.tables.subscriptions.name,
      Key: { topic: PET, subscriber: SHARDS_ID },
    }),
  );
  return (Item as ShardsRow | undefined)?.shards;
}
/** The subscriptions of one session, by shard. */
async function rowsOf({ userId, sessionId }: SessionName) {
  const found = await Promise.all(
    Array.from({ length: SHARDS }, async (_, at) => {
      const { Items = [] } = await reach.documents.send(
        new QueryCommand({
          TableName: reach.tables.subscriptions.name,
          KeyConditionExpression: 'topic = :topic AND subscriber = :subscriber',
          ExpressionAttributeValues: {
            ':topic': shardKey(PET, at),
            ':subscriber': subscriberKey(userId, sessionId),
          },
        }),
      );
      return (Items as SubscriptionRow[]).map(({ life, ttl }) => ({ shard: at, life, ttl }));
    }),
  );
  return found.flat();
}

describe('a topic that grows', () => {
  it('is spread by whoever delivers to it, and everybody hears each message once', async () => {
    for (const [at, user] of users.entries()) {
      await join(user);
      expect(whoHeard(await say()).sort()).toEqual(users.slice(0, at + 1).sort());
    }
    expect(await shards()).toBe(16);
    const places = await Promise.all(users.map(sessionOf).map(async (each) => rowsOf(each)));
    expect(places.every((rows) => rows.length <= 1)).toBe(true);
    expect(new Set(places.flat().map((row) => row.shard)).size).toBeGreaterThan(3);
  });

  it('has no second shard as long as one is enough', async () => {
    for (const user of users.slice(0, 2)) await join(user);
    await say();
    expect(await shards()).toBeUndefined();
  });

  it('has all of them meant by a direct message too', async () => {
    await raiseShards(reach, PET, SHARDS);
    for (const user of users) await join(user);
    const found = await findRecipients(reach, 'default', { topics: ['Pet'] }, T0);
    expect(found.map(({ connectionId }) => connectionId).sort()).toEqual([...users].sort());
  });

  it('never has fewer shards again', async () => {
    expect(await raiseShards(reach, PET, 4)).toBe(true);
    expect(await raiseShards(reach, PET, 4)).toBe(false);
    expect(await raiseShards(reach, PET, 2)).toBe(false);
    expect(await shards()).toBe(4);
  });
});

describe('a subscription in a further shard', () => {
  beforeEach(() => raiseShards(reach, PET, SHARDS));

  it('is known to its session, sleeps, wakes and ends where it is', async () => {
    await join(ann.userId);
    expect(await getTopics(reach, ann)).toEqual(new Map([['Pet', shard]]));
    expect(await rowsOf(ann)).toEqual([{ shard, life: 1, ttl: undefined }]);

    await depart(reach, ann.userId, T0);
    const times = { graceSeconds: 0, retentionSeconds: HOUR, now: T0 + 1000 };
    expect(await checkSession(reach, ann, times)).toMatchObject({ is: 'ended' });
    expect(await rowsOf(ann)).toEqual([{ shard, life: 1, ttl: expect.any(Number) }]);

    await come(ann.userId, 'again');
    expect(await rowsOf(ann)).toEqual([{ shard, life: 2, ttl: undefined }]);
    expect(whoHeard(await say())).toEqual(['again']);

    await unsubscribe(reach, ann, ['Pet']);
    expect(await rowsOf(ann)).toEqual([]);
    expect(await getTopics(reach, ann)).toEqual(new Map());
  });

  it('may be beside others in the first one', async () => {
    await join(ann.userId);
    await subscribe(reach, ann, ann.userId, ['Toy', 'Pet', 'Car']);
    const all = { Car: 0, Pet: shard, Toy: 0 };
    expect(Object.fromEntries(await getTopics(reach, ann))).toEqual(all);
    await unsubscribe(reach, ann, ['Toy']);
    await unsubscribe(reach, ann, ['Pet', 'Car', 'never had']);
    expect(await getTopics(reach, ann)).toEqual(new Map());
    expect(await rowsOf(ann)).toEqual([]);
  });
});

describe('a subscription that was there before its topic grew', () => {
  beforeEach(async () => {
    await join(ann.userId);
    await raiseShards(reach, PET, SHARDS);
  });

  it('stays where it is, also when it is made again', async () => {
    await subscribe(reach, ann, ann.userId, ['Pet', 'Toy']);
    expect(await rowsOf(ann)).toMatchObject([{ shard: 0 }]);
    expect(Object.fromEntries(await getTopics(reach, ann))).toEqual({ Pet: 0, Toy: 0 });
    expect(whoHeard(await say())).toEqual([ann.userId]);
  });

  it('moves when it was ended in between', async () => {
    await unsubscribe(reach, ann, ['Pet']);
    await subscribe(reach, ann, ann.userId, ['Pet']);
    expect(await rowsOf(ann)).toMatchObject([{ shard }]);
  });
});

describe('a subscribe that meets the end of its subscription', () => {
  /** The same reach, in which something happens just before the first subscription is written. */
  const meeting = (happens: () => Promise<unknown>): typeof reach => {
    let isMet = false;
    const send = async (command: object) => {
      const isMeeting =
        command instanceof UpdateCommand && 'subscriber' in { ...command.input.Key };
      if (isMeeting && !isMet) {
        isMet = true;
        await happens();
      }
      return reach.documents.send(command as never);
    };
    const documents = Object.assign(Object.create(reach.documents), { send });
    return { ...reach, documents };
  };
  const isOnlyAt = async (at: number) => {
    expect(await rowsOf(ann)).toMatchObject([{ shard: at }]);
    expect(await getTopics(reach, ann)).toEqual(new Map([['Pet', at]]));
    expect(whoHeard(await say())).toEqual([ann.userId]);
  };

  it('leaves nothing in the first shard, when another one has begun it in a further one', async () => {
    await come(ann.userId);
    const between = meeting(async () => {
      await raiseShards(reach, PET, SHARDS);
      await unsubscribe(reach, ann, ['Pet']);
      await subscribe(reach, ann, ann.userId, ['Pet']);
    });
    await subscribe(between, ann, ann.userId, ['Pet']);
    await isOnlyAt(shard);
  });

  it('leaves nothing in a further shard, when another one that knows of one only has begun it', async () => {
    await come(ann.userId);
    await raiseShards(reach, PET, SHARDS);
    const between = meeting(async () => {
      await unsubscribe(reach, ann, ['Pet']);
      await addTopics(reach, ann, new Map([['Pet', 0]]));
    });
    await subscribe(between, ann, ann.userId, ['Pet']);
    await isOnlyAt(0);
  });

  it('begins it again, when nobody else has', async () => {
    await come(ann.userId);
    await raiseShards(reach, PET, SHARDS);
    await subscribe(
      meeting(() => unsubscribe(reach, ann, ['Pet'])),
      ann,
      ann.userId,
      ['Pet'],
    );
    await isOnlyAt(shard);
  });
});

describe('by its own condition', () => {
  const here = new Map([['Pet', 3]]);
  const isDone = async (item: Parameters<typeof transact>[1][number]) =>
    (await transact(reach, [item])).isDone;

  it('a topic is not added in a second shard, and what the session has is told', async () => {
    expect(await addTopics(reach, ann, here)).toEqual(here);
    expect(await addTopics(reach, ann, new Map([['Pet', 5]]))).toEqual(here);
    expect(await addTopics(reach, ann, new Map([['Pet', 0]]))).toEqual(here);
    expect(await getTopics(reach, ann)).toEqual(here);
  });

  it('as many topics as one request may name are added at once, each in a further shard', async () => {
    const all = new Map(
      Array.from({ length: TOPICS_PER_REQUEST }, (_, at) => [`topic-${at}`, 3] as const),
    );
    expect(await addTopics(reach, ann, all)).toEqual(all);
    expect(await addTopics(reach, ann, all)).toEqual(all);
    await unsubscribe(reach, ann, [...all.keys()]);
    expect(await getTopics(reach, ann)).toEqual(new Map());
  });

  it('topics go only while all of them are where they are thought to be', async () => {
    await addTopics(reach, ann, here);
    for (const known of [new Map(), new Map([['Pet', 5]]), new Map([...here, ['Toy', 1]])]) {
      expect(await isDone(removeTopics(reach, ann, ['Pet'], known))).toBe(false);
    }
    expect(await isDone(removeTopics(reach, ann, ['Pet'], here))).toBe(true);
    expect(await getTopics(reach, ann)).toEqual(new Map());
  });

  it('what is a stray is told from what is not', async () => {
    const is = (at: number, known = here) =>
      isDone(isElsewhere(reach, ann, { topic: 'Pet', shard: at }, known));
    await addTopics(reach, ann, here);
    expect([await is(0), await is(3), await is(5)]).toEqual([true, false, true]);
    await unsubscribe(reach, ann, ['Pet']);
    await addTopics(reach, ann, new Map([['Pet', 0]]));
    expect([await is(0), await is(3)]).toEqual([false, true]);
  });
});
