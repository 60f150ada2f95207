import { DeleteCommand, GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  FRAME_BYTES,
  MESSAGES_PER_READ,
  PAYLOAD_BYTES,
  REPLY_BYTES,
} from '../../contract/limits.ts';
import { HEAD_ID, type NotificationRow, type Origin, topicKey } from '../../contract/tables.ts';
import { authenticate } from '../../lambdas/flows/authenticate.ts';
import { checkSession } from '../../lambdas/flows/check-session.ts';
import { type DeliverReach, deliver } from '../../lambdas/flows/deliver.ts';
import { depart } from '../../lambdas/flows/depart.ts';
import { publish } from '../../lambdas/flows/publish.ts';
import { readMissed } from '../../lambdas/flows/read-missed.ts';
import { redrive } from '../../lambdas/flows/redrive.ts';
import { openRoutes } from '../../lambdas/flows/routes.ts';
import { stampAll } from '../../lambdas/flows/stamp.ts';
import { subscribe } from '../../lambdas/flows/subscribe.ts';
import { unsubscribe } from '../../lambdas/flows/unsubscribe.ts';
import { transact } from '../../lambdas/platform/transact.ts';
import { getConnection, putConnection } from '../../lambdas/stores/connections.ts';
import { getPayload, putNotification } from '../../lambdas/stores/notifications.ts';
import { newConnection } from '../../rules/connection.ts';
import { type Engine, type EveryReach, startEngine } from '../support/engine.ts';
import { identityOf } from '../support/identity.ts';
import { openPages } from '../support/pages.ts';
import { openTestSockets, type TestSockets } from '../support/sockets.ts';

let engine: Engine;
let reach: EveryReach & DeliverReach & { sockets: TestSockets; retentionSeconds: number };
const T0 = Date.parse('2026-01-01T12:00:00.000Z');
const later = (seconds: number) => T0 + seconds * 1000;
const PET = topicKey('default', 'Pet');
const joesTab: Origin = { userId: 'joe', sessionId: 'tab' };

beforeAll(async () => {
  process.env.EPOCH = '';
  engine = await startEngine();
});
afterAll(() => engine.stop());
beforeEach(async () => {
  const sockets = openTestSockets();
  reach = {
    ...(await engine.createTables()),
    sockets,
    routes: openRoutes(),
    ...openPages(),
    retentionSeconds: 3600,
  };
});

/** A user with a connection of the same name, subscribed. */
async function join(userId: string, connectionId = userId, connectedAt = T0 - 120_000) {
  reach.sockets.open(connectionId);
  await putConnection(reach, newConnection(connectionId, 'PENDING', connectedAt));
  const identity = identityOf({ userId, expiresAt: T0 / 1000 + 3600 });
  await authenticate(reach, identity, { connectionId, sessionId: 'tab', now: T0 });
  const session = { tenant: 'default', userId, sessionId: 'tab' };
  return { session, positions: await subscribe(reach, session, connectionId, ['Pet']) };
}

const say = (payload: unknown, origin?: Origin, topics = ['Pet']) =>
  publish(reach, { tenant: 'default', topics, payload, now: T0, ...(origin && { origin }) });

/** What the stream would bring: the rows as they were written, without numbers. */
async function written(topic = PET): Promise<NotificationRow[]> {
  const { Items } = await reach.documents.send(
    new QueryCommand({
      TableName: reach.tables.notifications.name,
      KeyConditionExpression: 'topic = :t',
      ExpressionAttributeValues: { ':t': topic },
    }),
  );
  return (Items as NotificationRow[])
    .filter(({ id }) => id !== HEAD_ID)
    .map(({ seq: _, run: __, ...row }) => row);
}

async function fanOut(rows?: NotificationRow[], now = T0) {
  return deliver(reach, PET, await stampAll(reach, PET, rows ?? (await written())), now);
}

const frames = (connectionId: string) =>
  (reach.sockets.sent.get(connectionId) ?? []).map((text) => JSON.parse(text));

describe('publish', () => {
  it('[S1-06] stores payload, topics and the session that caused it, one row per topic, one id', async () => {
    const { notificationId } = await say({ a: 1 }, joesTab, ['Pet', 'Pet/1', 'Pet']);
    const rows = [...(await written()), ...(await written(topicKey('default', 'Pet/1')))];
    expect(rows).toHaveLength(2);
    for (const row of rows) {
      expect(row).toMatchObject({
        id: notificationId,
        payload: '{"a":1}',
        topics: ['Pet', 'Pet/1'],
        origin: joesTab,
        ttl: T0 / 1000 + 3600,
      });
    }
  });

  it('[S1-14] commits the record and its notification together, or neither', async () => {
    const record = (condition: string) => ({
      Put: {
        TableName: reach.tables.subscriptions.name,
        Item: { topic: 'record', subscriber: 'x' },
        ConditionExpression: condition,
      },
    });
    const publication = { tenant: 'default', topics: ['Pet'], payload: 1, now: T0 };
    const lost = await publish(reach, publication, [record('attribute_exists(topic)')]);
    expect(lost.isDone).toBe(false);
    expect(await written()).toEqual([]);
    const done = await publish(reach, publication, [record('attribute_not_exists(topic)')]);
    expect(done.isDone).toBe(true);
    expect(await written()).toHaveLength(1);
  });

  it('under a name of its own is done once, however often and by how many at once', async () => {
    const again = (payload: unknown, more: object = {}) =>
      publish(reach, {
        tenant: 'default',
        topics: ['Pet', 'Cat'],
        payload,
        now: T0,
        id: 'm1',
        ...more,
      });
    const first = await Promise.all(Array.from({ length: 20 }, () => again('a')));
    expect(first.map(({ isDone }) => isDone)).toEqual(Array(20).fill(true));
    expect(first.filter(({ isRepeated }) => !isRepeated)).toHaveLength(1);
    const late = { topics: ['Cat', 'Pet'], now: later(60) };
    expect(await again('a', late)).toMatchObject({ isRepeated: true, notificationId: 'm1' });
    expect(await written()).toMatchObject([{ id: 'm1', at: new Date(T0).toISOString() }]);
  });

  it('again with a record alongside writes that one once too', async () => {
    const count = {
      Update: {
        TableName: reach.tables.subscriptions.name,
        Key: { topic: 'record', subscriber: 'x' },
        UpdateExpression: 'ADD times :one',
        ExpressionAttributeValues: { ':one': 1 },
      },
    };
    const publication = { tenant: 'default', topics: ['Pet'], payload: 1, now: T0, id: 'm1' };
    for (const _ of Array(3)) await publish(reach, publication, [count]);
    const { Item } = await reach.documents.send(
      new GetCommand({ TableName: reach.tables.subscriptions.name, Key: count.Update.Key }),
    );
    expect(Item).toMatchObject({ times: 1 });
  });

  it.each([
    ['another payload', { payload: 2 }],
    ['other topics', { topics: ['Pet', 'Cat'] }],
    ['a payload that travels by reference', { payload: 'x'.repeat(FRAME_BYTES) }],
  ])('refuses %s under a name that is taken, and writes nothing', async (_, more) => {
    const publication = { tenant: 'default', topics: ['Pet'], payload: 1, now: T0, id: 'm1' };
    await publish(reach, publication);
    const was = await written();
    await expect(publish(reach, { ...publication, ...more })).rejects.toMatchObject({
      code: 'id-taken',
    });
    expect(await written()).toEqual(was);
    expect(await written(topicKey('default', 'Cat'))).toEqual([]);
  });

  it('a name of another tenant, or on another topic, is another one', async () => {
    const publication = { tenant: 'default', topics: ['Pet'], payload: 1, now: T0, id: 'm1' };
    for (const more of [{}, { tenant: 'acme' }, { topics: ['Cat'], payload: 2 }]) {
      expect(await publish(reach, { ...publication, ...more })).toMatchObject({
        isRepeated: false,
      });
    }
  });

  it('a payload by reference is not written over by another one of its name', async () => {
    const large = { tenant: 'default', topics: ['Pet'], payload: 'a'.repeat(FRAME_BYTES), now: T0 };
    await publish(reach, { ...large, id: 'm1' });
    const other = { ...large, id: 'm1', topics: ['Cat'], payload: 'b'.repeat(FRAME_BYTES) };
    await expect(publish(reach, other)).rejects.toMatchObject({ code: 'id-taken' });
    expect((await getPayload(reach, 'default', 'm1'))?.payload).toBe(JSON.stringify(large.payload));
    expect(await publish(reach, { ...large, id: 'm1' })).toMatchObject({ isRepeated: true });
  });

  it('refuses names that are none', async () => {
    for (const id of ['', '#head', 'a b', 'x'.repeat(65)]) {
      const publication = { tenant: 'default', topics: ['Pet'], payload: 1, now: T0, id };
      await expect(publish(reach, publication)).rejects.toMatchObject({ code: 'malformed' });
    }
  });

  it('refuses what is too large, and topics that are none, and writes nothing', async () => {
    await expect(say('x'.repeat(PAYLOAD_BYTES))).rejects.toMatchObject({ code: 'too-large' });
    await expect(say(undefined)).rejects.toMatchObject({ code: 'malformed' });
    for (const topics of [[], ['a#b'], [''], Array.from({ length: 11 }, (_, at) => `t${at}`)]) {
      await expect(say(1, undefined, topics)).rejects.toMatchObject({ code: 'topic-invalid' });
    }
    expect(await written()).toEqual([]);
  });
});

describe('stamp', () => {
  it('numbers 1, 2, 3 …, keeps a number once given, and hands a repeated batch on again', async () => {
    await say('a');
    const [first] = await written();
    await say('b');
    const all = await written();
    const once = await stampAll(reach, PET, [first as NotificationRow]);
    const twice = await stampAll(reach, PET, all);
    expect(once.map(({ seq }) => seq)).toEqual([1]);
    expect(twice.map(({ id, seq }) => [id, seq]).sort()).toEqual(
      [
        [first?.id, 1],
        [all.find(({ id }) => id !== first?.id)?.id, 2],
      ].sort(),
    );
    expect(new Set(twice.map(({ epoch }) => epoch)).size).toBe(1);
  });

  it('leaves no hole and no double when many stampers overlap on the same rows', async () => {
    await Promise.all(Array.from({ length: 30 }, (_, at) => say(at)));
    const rows = await written();
    const parts = [rows, rows.slice(0, 20), rows.slice(10), [...rows].reverse()];
    const results = await Promise.all(parts.map((part) => stampAll(reach, PET, part)));
    const seqs = new Map(results.flat().map(({ id, seq }) => [id, seq]));
    expect([...seqs.values()].sort((a, b) => a - b)).toEqual(rows.map((_, at) => at + 1));
    for (const result of results) for (const { id, seq } of result) expect(seqs.get(id)).toBe(seq);
  });

  it('begins a topic once, however many begin it side by side', async () => {
    await Promise.all(Array.from({ length: 8 }, (_, at) => say(at)));
    const results = await Promise.all((await written()).map((row) => stampAll(reach, PET, [row])));
    expect(new Set(results.flat().map(({ epoch }) => epoch)).size).toBe(1);
    const seqs = results.flat().map(({ seq }) => seq);
    expect(seqs.sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('goes on from where the head stands, whatever it remembers from before a restore', async () => {
    const stampNew = async (payload: unknown) => {
      await say(payload);
      const rows = (await written()).filter((row) => row.payload === JSON.stringify(payload));
      const [stamped] = await stampAll(reach, PET, rows);
      return stamped && [stamped.epoch, stamped.seq];
    };
    const restore = (epoch: unknown, head: number) =>
      reach.documents.send(
        new PutCommand({
          TableName: reach.tables.notifications.name,
          Item: { topic: PET, id: HEAD_ID, epoch, head },
        }),
      );
    const [epoch] = (await stampNew('a')) ?? [];
    await stampNew('b');
    await restore(epoch, 1);
    expect(await stampNew('c')).toEqual([epoch, 2]);
    await restore('another', 2);
    expect(await stampNew('d')).toEqual(['another', 3]);
  });

  it('keeps a number also when its message is written again', async () => {
    await say('a');
    const [row] = await written();
    if (!row) throw new Error('nothing was written');
    const [stamped] = await stampAll(reach, PET, [row]);
    expect(await transact(reach, [putNotification(reach, row)])).toMatchObject({ isDone: false });
    const [again] = await stampAll(reach, PET, [row]);
    expect(again?.seq).toBe(stamped?.seq);
  });

  it('leaves out a message that no longer exists, without writing it anew', async () => {
    await say('a');
    const rows = await written();
    const ghost = { ...(rows[0] as NotificationRow), id: 'ghost' };
    const stamped = await stampAll(reach, PET, [ghost, ...rows]);
    expect(stamped.map(({ id, seq }) => [id, seq])).toEqual([[rows[0]?.id, 1]]);
    expect(await written()).toHaveLength(1);
  });
});

describe('deliver', () => {
  it('[S1-07] reaches subscribers of the topic and nobody else', async () => {
    await join('sam');
    const { session } = await join('eve');
    await unsubscribe(reach, session, ['Pet']);
    await say({ name: 'Rex' });
    await fanOut();
    expect(frames('sam')).toEqual([
      expect.objectContaining({
        type: 'notification',
        topic: 'Pet',
        seq: 1,
        payload: { name: 'Rex' },
      }),
    ]);
    expect(frames('eve')).toEqual([]);
  });

  it('[S1-08] sends nothing back to the session that caused it, only when user and session both match', async () => {
    await join('joe');
    await join('sam');
    await say('mine', joesTab);
    await say('not mine: same session id, other user', { userId: 'eve', sessionId: 'tab' });
    await say('nobody said who');
    await fanOut();
    expect(frames('sam')).toHaveLength(3);
    expect(frames('joe').map(({ payload }) => payload)).not.toContain('mine');
    expect(frames('joe')).toHaveLength(2);
  });

  it('tells the origin from where its sequence continues, also over a run and a later batch', async () => {
    await join('joe');
    await join('sam');
    for (const [payload, origin] of [
      ['a'],
      ['b', joesTab],
      ['c', joesTab],
      ['d'],
      ['e'],
    ] as const) {
      await say(payload, origin);
      await fanOut((await written()).filter((row) => row.payload === JSON.stringify(payload)));
    }
    expect(frames('joe').map(({ seq, after }) => [seq, after])).toEqual([
      [1, undefined],
      [4, 1],
      [5, undefined],
    ]);
    expect(frames('sam').map(({ seq, after }) => [seq, after])).toEqual(
      [1, 2, 3, 4, 5].map((seq) => [seq, undefined]),
    );
  });

  it('[S0-10] reaches every connection of a session', async () => {
    await join('sam', 'phone');
    await join('sam', 'laptop');
    await say('hello');
    await fanOut();
    expect(frames('phone')).toHaveLength(1);
    expect(frames('laptop')).toHaveLength(1);
  });

  it('[S4-05] a socket that is gone leaves, and the others get theirs', async () => {
    await join('sam');
    await join('eve');
    await reach.sockets.delete('eve');
    await say('hello');
    await fanOut();
    expect(frames('sam')).toHaveLength(1);
    expect((await getConnection(reach, 'eve'))?.status).toBe('DISCONNECTED');
  });

  it('[S4-05] a connection younger than 60 s is tried again before a 410 counts', async () => {
    await join('sam', 'young', T0 - 30_000);
    await join('eve', 'old', T0 - 61_000);
    reach.sockets.planned.set('young', ['gone']);
    reach.sockets.planned.set('old', ['gone']);
    await say('hello');
    await fanOut();
    expect(frames('young')).toHaveLength(1);
    expect((await getConnection(reach, 'young'))?.status).toBe('CONNECTED');
    expect((await getConnection(reach, 'old'))?.status).toBe('DISCONNECTED');
  });

  it('a socket that cannot be served is closed, so that resume takes over', async () => {
    await join('sam');
    reach.sockets.planned.set('sam', ['failed']);
    await say('hello');
    await fanOut();
    expect(reach.sockets.closed).toEqual(['sam']);
    expect((await getConnection(reach, 'sam'))?.status).toBe('DISCONNECTED');
  });

  it('a socket that cannot even be closed stays, so that its client sees the hole in the next frame', async () => {
    await join('sam');
    reach.sockets.planned.set('sam', ['failed']);
    const shut = reach.sockets.delete;
    reach.sockets.delete = async () => 'failed';
    await say('lost');
    await fanOut();
    reach.sockets.delete = shut;
    expect((await getConnection(reach, 'sam'))?.status).toBe('STALE');
    await say('next');
    await fanOut((await written()).filter(({ payload }) => payload === '"next"'));
    expect(frames('sam').map(({ seq, payload }) => [seq, payload])).toEqual([[2, 'next']]);
  });

  it('a post that fails within a batch ends it for that socket alone, and nothing follows over the hole', async () => {
    await join('sam');
    await join('eve');
    const post = reach.sockets.post;
    reach.sockets.post = async (id, frame) =>
      id === 'sam' && JSON.parse(frame).seq === 2 ? 'failed' : post(id, frame);
    for (const payload of ['a', 'b', 'c']) await say(payload);
    await fanOut();
    expect(frames('sam').map(({ seq }) => seq)).toEqual([1]);
    expect(frames('eve').map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(reach.sockets.closed).toEqual(['sam']);
  });

  it('after a 410 the session is read again, and its new connection gets the message', async () => {
    await join('sam', 'before');
    const before = reach.sockets.post;
    reach.sockets.post = async (connectionId, frame) => {
      if (connectionId !== 'before') return before(connectionId, frame);
      await join('sam', 'after');
      return 'gone';
    };
    await say('hello');
    await fanOut();
    expect(frames('after')).toHaveLength(1);
  });

  it('[S0-13] nothing reaches a session that has ended, nor one whose token has expired', async () => {
    const { session } = await join('sam');
    await join('eve');
    await depart(reach, 'sam', T0);
    const times = { graceSeconds: 0, retentionSeconds: 3600, now: T0 };
    expect((await checkSession(reach, session, times)).is).toBe('ended');
    await say('hello');
    await fanOut(undefined, later(3601));
    expect(frames('sam')).toEqual([]);
    expect(frames('eve')).toEqual([]);
  });

  it('[S1-13] a topic of the same name in another tenant is another topic', async () => {
    await join('sam');
    await publish(reach, { tenant: 'uptown', topics: ['Pet'], payload: 1, now: T0 });
    const uptown = topicKey('uptown', 'Pet');
    await deliver(reach, uptown, await stampAll(reach, uptown, await written(uptown)), T0);
    expect(frames('sam')).toEqual([]);
  });

  it('splices payloads as they were said, whatever they hold', async () => {
    await join('sam');
    const odd = JSON.parse('{"__proto__":1,"n":9007199254740993,"s":"\\ud800","e":"\\u2028"}');
    await say(odd);
    await fanOut();
    expect(reach.sockets.sent.get('sam')?.[0]).toContain(JSON.stringify(odd));
  });
});

describe('redrive', () => {
  it('numbers and posts what no batch did, in the order of publishing, after what was numbered', async () => {
    await join('sam');
    for (const [at, payload] of ['lost 1', 'lost 2'].entries()) {
      await publish(reach, { tenant: 'default', topics: ['Pet'], payload, now: later(at) });
    }
    const lost = new Set((await written()).map(({ id }) => id));
    await say('in time');
    await fanOut((await written()).filter(({ id }) => !lost.has(id)));
    await redrive(reach, later(60));
    expect(frames('sam').map(({ seq, payload }) => [seq, payload])).toEqual([
      [1, 'in time'],
      [2, 'lost 1'],
      [3, 'lost 2'],
    ]);
    await redrive(reach, later(120));
    expect(frames('sam')).toHaveLength(3);
  });

  it('leaves what has expired alone', async () => {
    await join('sam');
    await say('old');
    await redrive(reach, later(3600));
    expect(frames('sam')).toEqual([]);
    expect((await stampAll(reach, PET, await written())).map(({ seq }) => seq)).toEqual([1]);
  });
});

describe('readMissed', () => {
  const read = (seq: number, epoch: string | null, more: object = {}) =>
    readMissed(reach, {
      tenant: 'default',
      cursors: [{ topic: 'Pet', epoch, seq }],
      now: T0,
      ...more,
    });

  /** Said and stamped, in order; gives the epoch. */
  async function history(...said: readonly (readonly [payload: unknown, origin?: Origin])[]) {
    let epoch = '';
    for (const [payload, origin] of said) {
      await say(payload, origin);
      for (const stamped of await stampAll(reach, PET, await written())) epoch = stamped.epoch;
    }
    return epoch;
  }

  it('[S1-10] gives what followed a cursor, whole and in order', async () => {
    const epoch = await history(['a'], ['b'], ['c']);
    expect(await read(1, epoch)).toMatchObject([
      {
        recovered: true,
        head: 3,
        next: 3,
        more: false,
        messages: [
          { seq: 2, carried: { payload: '"b"' } },
          { seq: 3, carried: { payload: '"c"' } },
        ],
      },
    ]);
    expect(await read(3, epoch)).toMatchObject([{ recovered: true, messages: [], more: false }]);
  });

  it('from before the first message, the whole topic follows', async () => {
    await history(['a']);
    expect(await read(0, null)).toMatchObject([{ recovered: true, next: 1 }]);
  });

  it('of a topic that never had a message, nothing follows', async () => {
    expect(await read(0, null)).toMatchObject([{ recovered: true, head: 0, epoch: null, next: 0 }]);
  });

  it('answers own messages as ranges without payload', async () => {
    const epoch = await history(['a', joesTab], ['b', joesTab], ['c'], ['d', joesTab]);
    const [fill] = await read(0, epoch, { reader: joesTab });
    expect(fill).toMatchObject({
      messages: [{ own: true, from: 1, to: 2 }, { seq: 3 }, { own: true, from: 4, to: 4 }],
      next: 4,
    });
  });

  it('pages: `more` until the head is reached, and the pages join without a hole', async () => {
    const epoch = await history(...Array.from({ length: 7 }, (_, at) => [at] as const));
    const seqs: number[] = [];
    for (let next = 0, more = true; more; ) {
      const [fill] = await read(next, epoch, { limit: 3 });
      if (!fill?.recovered) throw new Error('not recovered');
      for (const message of fill.messages) if ('seq' in message) seqs.push(message.seq);
      ({ next, more } = fill);
    }
    expect(seqs).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it('never makes a reply larger than one message, nor longer than its bound', async () => {
    const epoch = await history(
      ...Array.from({ length: 5 }, () => ['x'.repeat(FRAME_BYTES - 400)] as const),
    );
    const [fill] = await read(0, epoch, { limit: MESSAGES_PER_READ * 2 });
    expect(fill).toMatchObject({ recovered: true, more: true });
    expect(Buffer.byteLength(JSON.stringify(fill))).toBeLessThan(REPLY_BYTES * 1.1);
  });

  it('[S1-11] says `recovered: false` when a message in between has expired or gone', async () => {
    const epoch = await history(['a'], ['b'], ['c']);
    expect(await read(0, epoch, { now: later(3600) })).toMatchObject([
      { recovered: false, reason: 'expired' },
    ]);
    const rows = await written();
    const second = rows.find(({ payload }) => payload === '"b"');
    await reach.documents.send(
      new DeleteCommand({
        TableName: reach.tables.notifications.name,
        Key: { topic: PET, id: second?.id },
      }),
    );
    expect(await read(0, epoch)).toMatchObject([{ recovered: false, reason: 'expired' }]);
    expect(await read(2, epoch)).toMatchObject([{ recovered: true, next: 3 }]);
  });

  it('says `recovered: false` when the newest ones are missing', async () => {
    const epoch = await history(['a'], ['b']);
    const last = (await written()).find(({ payload }) => payload === '"b"');
    await reach.documents.send(
      new DeleteCommand({
        TableName: reach.tables.notifications.name,
        Key: { topic: PET, id: last?.id },
      }),
    );
    expect(await read(0, epoch)).toMatchObject([{ recovered: false, reason: 'expired' }]);
  });

  it('says so for another epoch, and for a cursor ahead of the head', async () => {
    const epoch = await history(['a']);
    expect(await read(1, 'other')).toMatchObject([{ recovered: false, reason: 'epoch-changed' }]);
    expect(await read(2, epoch)).toMatchObject([{ recovered: false, reason: 'ahead' }]);
  });

  it('an operator’s epoch after a restore tells every cursor from before', async () => {
    const epoch = await history(['a']);
    process.env.EPOCH = 'restored-1';
    try {
      expect(await read(1, epoch)).toMatchObject([{ recovered: false, reason: 'epoch-changed' }]);
      expect(await read(1, `restored-1.${epoch}`)).toMatchObject([{ recovered: true }]);
    } finally {
      process.env.EPOCH = '';
    }
  });

  it('refuses a cursor without epoch that claims messages, and two for one topic', async () => {
    await history(['a']);
    await expect(read(1, null)).rejects.toMatchObject({ code: 'cursor-invalid' });
    const twice = { cursors: [1, 1].map((seq) => ({ topic: 'Pet', epoch: null, seq })) };
    await expect(read(0, null, twice)).rejects.toMatchObject({ code: 'cursor-invalid' });
  });
});

describe('subscribe', () => {
  it('refuses a connection that its session no longer has', async () => {
    const { session } = await join('sam');
    await depart(reach, 'sam', T0);
    await expect(subscribe(reach, session, 'sam', ['Toy'])).rejects.toMatchObject({
      code: 'session-over',
    });
  });

  it('admits 500 topics and refuses the 501st; repeating known ones is always allowed', async () => {
    const { session } = await join('sam');
    const batch = (from: number, count: number) =>
      Array.from({ length: count }, (_, at) => `t/${from + at}`);
    for (let from = 0; from < 400; from += 100) {
      await subscribe(reach, session, 'sam', batch(from, 100));
    }
    await subscribe(reach, session, 'sam', batch(400, 99));
    await subscribe(reach, session, 'sam', batch(0, 100));
    await expect(subscribe(reach, session, 'sam', ['t/one-more'])).rejects.toMatchObject({
      code: 'too-many-subscriptions',
    });
  });

  it('[G6] whatever is stamped after the reply finds the subscriber', async () => {
    const { positions } = await join('sam');
    expect(positions).toEqual([{ topic: 'Pet', epoch: null, head: 0 }]);
    await say('first');
    await fanOut();
    expect(frames('sam').map(({ seq }) => seq)).toEqual([1]);
    const eve = await join('eve');
    expect(eve.positions).toMatchObject([{ topic: 'Pet', head: 1 }]);
  });

  it('an early row of another writer does not disturb numbers', async () => {
    await reach.documents.send(
      new PutCommand({
        TableName: reach.tables.notifications.name,
        Item: { topic: PET, id: 'odd', payload: '1', at: 'x', ttl: 9e9, topics: ['Pet'] },
      }),
    );
    await fanOut();
    await say('next');
    await fanOut();
    expect((await stampAll(reach, PET, await written())).map(({ seq }) => seq)).toEqual([1, 2]);
  });
});
