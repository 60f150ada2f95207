import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { FAILURES_TOLD, REDRIVE_MESSAGES_PER_TOPIC } from '../../contract/limits.ts';
import {
  type AuditRow,
  type NotificationRow,
  type Origin,
  topicKey,
} from '../../contract/tables.ts';
import { authenticate } from '../../lambdas/flows/authenticate.ts';
import { deliver } from '../../lambdas/flows/deliver.ts';
import { depart } from '../../lambdas/flows/depart.ts';
import { type ManagerReach, manageConnections } from '../../lambdas/flows/manage-connections.ts';
import { postToEach } from '../../lambdas/flows/post-to-each.ts';
import { redriveSession } from '../../lambdas/flows/redrive-session.ts';
import { openRoutes } from '../../lambdas/flows/routes.ts';
import { stampAll } from '../../lambdas/flows/stamp.ts';
import { subscribe } from '../../lambdas/flows/subscribe.ts';
import { logDefect, note } from '../../lambdas/platform/log.ts';
import { managerEdge } from '../../lambdas/platform/manager-edge.ts';
import { inPieces } from '../../lambdas/platform/parallel.ts';
import { transact } from '../../lambdas/platform/transact.ts';
import { putConnection } from '../../lambdas/stores/connections.ts';
import { putNotification } from '../../lambdas/stores/notifications.ts';
import { newConnection } from '../../rules/connection.ts';
import { compileTopics } from '../../rules/topic-policy.ts';
import { type Engine, type EveryReach, startEngine } from '../support/engine.ts';
import { identityOf } from '../support/identity.ts';
import { openTestJournal, type TestJournal } from '../support/journal.ts';
import { notificationsOf } from '../support/notifications.ts';
import { openPages } from '../support/pages.ts';
import { openTestParked, type TestParked } from '../support/parked.ts';
import { openTestSockets, type TestSockets } from '../support/sockets.ts';

/** What failed is kept, can be seen, and is brought on its way again. */

let engine: Engine;
let reach: EveryReach &
  ManagerReach & { sockets: TestSockets; journal: TestJournal; parked: TestParked };
const T0 = Date.parse('2026-01-01T12:00:00.000Z');
const NOON = new Date(T0).toISOString();
const later = (seconds: number) => T0 + seconds * 1000;
const [desk, phone] = ['desk-0000000000=', 'phone-000000000='];

beforeAll(async () => {
  process.env.EPOCH = '';
  engine = await startEngine();
});
afterAll(() => engine.stop());
beforeEach(async () => {
  reach = {
    ...(await engine.createTables()),
    sockets: openTestSockets(),
    journal: openTestJournal(NOON),
    parked: openTestParked(),
    routes: openRoutes(),
    ...openPages(),
  };
  vi.spyOn(console, 'info').mockImplementation(reach.journal.info);
  vi.spyOn(console, 'error').mockImplementation(reach.journal.info);
  return () => vi.restoreAllMocks();
});

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any shape.
type Answer = { statusCode: number; body: any };
const ask = (payload: object, at = 120): Promise<Answer> =>
  managerEdge((given) =>
    manageConnections(reach, given, { now: later(at), requestId: crypto.randomUUID() }),
  )(payload, { awsRequestId: 'r' });
const redrive = async (scope: unknown) => (await ask({ action: 'redrive', scope })).body;

async function join(
  connectionId: string,
  userId: string,
  { topics = ['Pet'], ...more }: { topics?: string[]; accepts?: string[] } = {},
): Promise<void> {
  reach.sockets.open(connectionId);
  await putConnection(reach, newConnection(connectionId, 'PENDING', T0 - 120_000));
  const who = identityOf({ userId, expiresAt: T0 / 1000 + 3600 });
  const request = { connectionId, sessionId: 'tab', now: T0, ...more } as object;
  await authenticate(reach, who, request as Parameters<typeof authenticate>[2]);
  await subscribe(reach, { ...who, sessionId: 'tab' }, connectionId, topics);
}

/** Published, and no more: what a stream gave up on. */
async function lose(topic: string, ids: readonly string[], more: Partial<NotificationRow> = {}) {
  const [tenant = '', name = ''] = topic.includes('#') ? topic.split('#') : ['default', topic];
  const rows = ids.map(
    (id, at) =>
      ({
        topic: topicKey(tenant, name),
        id,
        payload: JSON.stringify(id),
        at: new Date(later(at / 1000)).toISOString(),
        ttl: T0 / 1000 + 3600,
        topics: [name],
        ...more,
      }) as NotificationRow,
  );
  for (const piece of inPieces(rows, 100)) {
    await transact(
      reach,
      piece.map((row) => putNotification(reach, row)),
    );
  }
  return rows;
}

/** Published and numbered, and posted to nobody. */
async function number(topic: string, ids: readonly string[], more: Partial<NotificationRow> = {}) {
  await stampAll(reach, topicKey('default', topic), await lose(topic, ids, more));
}

const heard = (connectionId: string): unknown[] =>
  (reach.sockets.sent.get(connectionId) ?? []).flatMap((frame) => {
    const read = JSON.parse(frame);
    return (read.frames ?? [read]).map(({ payload }: { payload: unknown }) => payload);
  });
const frames = (connectionId: string) =>
  (reach.sockets.sent.get(connectionId) ?? []).map((frame) => JSON.parse(frame));
const session = { userId: 'joe', sessionId: 'tab' };

async function acts(): Promise<Partial<AuditRow>[]> {
  const { Items = [] } = await reach.documents.send(
    new ScanCommand({ TableName: reach.tables.audit.name }),
  );
  return (Items as AuditRow[])
    .toSorted((a, b) => (a.entry < b.entry ? -1 : 1))
    .map(({ act, target, outcome, after }) => ({ act, target, outcome, ...(after && { after }) }));
}

describe('redrive of a topic', () => {
  it('numbers and posts what has no number there, in the order of publishing, and nothing of others', async () => {
    await join(desk, 'joe', { topics: ['Pet', 'Cat'] });
    await lose('Pet', ['m1', 'm2']);
    await lose('Cat', ['m3']);
    await lose('acme#Pet', ['m4']);
    expect(await redrive({ topic: 'Pet' })).toEqual({ numbered: 2, moved: {}, isWhole: true });
    expect(heard(desk)).toEqual(['m1', 'm2']);
    const untouched = [
      ...(await notificationsOf(reach, 'acme#Pet')),
      ...(await notificationsOf(reach, topicKey('default', 'Cat'))),
    ];
    expect(untouched.map(({ seq }) => seq)).toEqual([undefined, undefined]);
  });

  it('is harmless when repeated', async () => {
    await join(desk, 'joe');
    await lose('Pet', ['m1']);
    await redrive({ topic: 'Pet' });
    expect(await redrive({ topic: 'Pet' })).toEqual({ numbered: 0, moved: {}, isWhole: true });
    expect(heard(desk)).toEqual(['m1']);
  });

  it('leaves what has expired alone', async () => {
    await join(desk, 'joe');
    await lose('Pet', ['old'], { ttl: T0 / 1000 + 120 });
    expect(await redrive({ topic: 'Pet' })).toMatchObject({ numbered: 0 });
    expect(heard(desk)).toEqual([]);
  });

  it('of a tenant is that tenant’s', async () => {
    await lose('Pet', ['m1']);
    await lose('acme#Pet', ['m2']);
    expect(await redrive({ topic: 'Pet', tenant: 'acme' })).toMatchObject({ numbered: 1 });
    expect((await notificationsOf(reach, topicKey('default', 'Pet')))[0]?.seq).toBeUndefined();
  });

  it('sends dead letters back that are about it, and no others', async () => {
    const page = { topic: topicKey('default', 'Pet'), messages: [], routes: [] };
    const bridged = { id: 'e1', source: 's', tenant: 'default', topics: ['Dog', 'Pet'] };
    reach.parked.lay('delivery', page);
    reach.parked.lay('delivery', { ...page, topic: topicKey('acme', 'Pet') });
    reach.parked.lay('bridged-events', bridged);
    reach.parked.lay('bridged-events', { ...bridged, topics: ['Dog'] });
    reach.parked.lay('express', { tenant: 'default', topics: ['Pet'], id: 'm1' });
    reach.parked.lay('message-pages', { id: 'Pet', topic: page.topic });
    reach.parked.lay('parked-events', 'no object');
    expect(await redrive({ topic: 'Pet' })).toEqual({
      numbered: 0,
      moved: { delivery: 1, express: 1, 'bridged-events': 1 },
      isWhole: true,
    });
    expect(reach.parked.sentBack.map(([queue, body]) => [queue, JSON.parse(body)])).toContainEqual([
      'bridged-events',
      bridged,
    ]);
  });
});

describe('redrive of a session', () => {
  it('posts to each of its connections what its topics have, in order, and to nobody else', async () => {
    await join(desk, 'joe', { topics: ['Pet', 'Cat'] });
    await join(phone, 'sam', { topics: ['Pet', 'Cat'] });
    await number('Pet', ['m1', 'm2']);
    await number('Cat', ['m3']);
    expect(await redrive(session)).toEqual({
      numbered: 0,
      moved: {},
      posted: 3,
      connections: 1,
      isWhole: true,
    });
    expect(heard(desk).toSorted()).toEqual(['m1', 'm2', 'm3']);
    expect(frames(desk).filter(({ topic }) => topic === 'Pet')).toMatchObject([
      { seq: 1, payload: 'm1' },
      { seq: 2, payload: 'm2' },
    ]);
    expect(heard(phone)).toEqual([]);
  });

  it('numbers what has no number first, for everybody', async () => {
    await join(desk, 'joe');
    await join(phone, 'sam');
    await lose('Pet', ['m1']);
    expect(await redrive(session)).toMatchObject({ numbered: 1, posted: 1 });
    expect(heard(phone)).toEqual(['m1']);
    expect(new Set(heard(desk))).toEqual(new Set(['m1']));
  });

  it('packs for a client that understands packs, and leaves its own messages out', async () => {
    await join(desk, 'joe', { accepts: ['packs'] });
    const origin: Origin = { userId: 'joe', sessionId: 'tab' };
    await number('Pet', ['m1']);
    await number('Pet', ['own'], { origin });
    await number('Pet', ['m2', 'm3']);
    await redrive(session);
    expect(reach.sockets.sent.get(desk)).toHaveLength(1);
    expect(heard(desk)).toEqual(['m1', 'm2', 'm3']);
    expect(frames(desk)[0].frames[1]).toMatchObject({ seq: 3, after: 1 });
  });

  it('posts the newest that are kept, up to a most, and none that has expired', async () => {
    await join(desk, 'joe', { accepts: ['packs'] });
    await number('Pet', ['expired'], { ttl: T0 / 1000 + 120 });
    await number('Pet', ['m1']);
    expect(await redrive(session)).toMatchObject({ posted: 1 });
    expect(heard(desk)).toEqual(['m1']);
    const many = Array.from({ length: REDRIVE_MESSAGES_PER_TOPIC }, (_, at) => `many-${at}`);
    await number('Pet', many);
    expect(await redrive(session)).toMatchObject({ posted: REDRIVE_MESSAGES_PER_TOPIC });
    expect(heard(desk).slice(1)).toEqual(many);
  });

  it('stops at its most and when its time is over, and says that there is more', async () => {
    await join(desk, 'joe', { topics: ['Pet', 'Cat', 'Dog'] });
    for (const topic of ['Pet', 'Cat', 'Dog']) await number(topic, [`${topic}-1`, `${topic}-2`]);
    const name = { tenant: 'default', ...session };
    const soon = Date.now() + 60_000;
    const most = await redriveSession(reach, name, later(120), soon, 3);
    expect(most).toMatchObject({ posted: 3, isWhole: false });
    expect(frames(desk).map(({ seq }) => seq)).toEqual([1, 2, 2]);
    const late = await redriveSession(reach, name, later(120), Date.now() - 1);
    expect(late).toMatchObject({ posted: 0, isWhole: false });
    expect(await redriveSession(reach, name, later(120), soon)).toMatchObject({ isWhole: true });
  });

  it('[S3-13] gets nothing of a topic that was closed to it since', async () => {
    await join('joe', 'joe', { topics: ['Pet'] });
    await lose('Pet', ['m1']);
    const { topics } = reach;
    reach = { ...reach, topics: compileTopics([]) };
    const body = await redrive({ userId: 'joe', sessionId: 'tab' });
    reach = { ...reach, topics };
    expect(body).toMatchObject({ posted: 0 });
    expect(reach.sockets.sent.get('joe')).toEqual([]);
  });

  it('that is away gets nothing, and whoever is not known is a 404', async () => {
    await join(desk, 'joe');
    await number('Pet', ['m1']);
    await depart(reach, desk, later(1));
    expect(await redrive(session)).toMatchObject({ posted: 0, connections: 0, isWhole: true });
    const scope = { ...session, userId: 'sam' };
    expect(await ask({ action: 'redrive', scope })).toMatchObject({ statusCode: 404 });
  });
});

describe('redrive of all', () => {
  it('numbers every topic’s messages and sends every dead letter back', async () => {
    await join(desk, 'joe');
    await lose('Pet', ['m1']);
    await lose('acme#Cat', ['m2']);
    reach.parked.lay('delivery', { topic: 'default#Pet' });
    reach.parked.lay('message-pages', { id: 'm' });
    reach.parked.lay('session-stream', { DDBStreamBatchInfo: { batchSize: 3 } });
    expect(await redrive('all')).toEqual({
      numbered: 2,
      moved: { delivery: 1, 'message-pages': 1 },
      isWhole: true,
    });
    expect(heard(desk)).toEqual(['m1']);
    expect(await redrive('all')).toEqual({ numbered: 0, moved: {}, isWhole: true });
  });
});

describe('requests, and the audit log', () => {
  it('[S2-07] each redrive stands there with what came of it, and a session’s in its timeline', async () => {
    await join(desk, 'joe');
    await lose('Pet', ['m1']);
    await redrive({ topic: 'Pet' });
    await redrive(session);
    await redrive('all');
    expect(await acts()).toEqual([
      { act: 'redrive', target: 'topic#default#Pet', outcome: 'begun' },
      {
        act: 'redrive',
        target: 'topic#default#Pet',
        outcome: 'done',
        after: { numbered: 1, moved: {}, isWhole: true },
      },
      { act: 'redrive', target: 'session#default#joe#tab', outcome: 'begun' },
      {
        act: 'redrive',
        target: 'session#default#joe#tab',
        outcome: 'done',
        after: { numbered: 0, posted: 1, connections: 1, moved: {}, isWhole: true },
      },
      { act: 'redrive', target: 'parked', outcome: 'begun' },
      {
        act: 'redrive',
        target: 'parked',
        outcome: 'done',
        after: { numbered: 0, moved: {}, isWhole: true },
      },
    ]);
    const { body } = await ask({ action: 'get_session_timeline', ...session, since: NOON });
    expect(body.moments).toContainEqual(
      expect.objectContaining({ what: 'act', act: 'redrive', outcome: 'done' }),
    );
  });

  it.each([
    undefined,
    'everything',
    {},
    { topic: 'a#b' },
    { topic: 'Pet', tenant: 'A' },
    { userId: 'joe' },
    { userId: 'joe', sessionId: 'a#b' },
    { topic: 'Pet', ...session },
  ])('[S2-06] the scope %j is a 400', async (scope) => {
    expect(await ask({ action: 'redrive', scope })).toMatchObject({ statusCode: 400 });
  });
});

describe('get_parked', () => {
  const look = async (more: object = {}) => (await ask({ action: 'get_parked', ...more })).body;

  it('tells of every queue how much lies there, since when, about what and why; never content', async () => {
    reach.parked.lay(
      'delivery',
      { topic: 'default#Pet', messages: [{ id: 'm1', epoch: 'e' }], routes: [] },
      { messageId: 'page-1', sentAt: '2026-01-01T12:00:30.000Z' },
    );
    reach.parked.lay('delivery', { topic: 'default#Cat' }, { messageId: 'page-2' });
    reach.parked.lay('message-pages', { id: 'm', page: '0', frame: 'secret' });
    reach.parked.lay('session-stream', {
      requestContext: { condition: 'RetryAttemptsExhausted' },
      DDBStreamBatchInfo: { batchSize: 3, startSequenceNumber: '100' },
    });
    logDefect('message.failed', new Error('first'), { queue: 'delivery', messageId: 'page-1' });
    reach.journal.at = new Date(later(5)).toISOString();
    logDefect('message.failed', new Error('last'), { queue: 'delivery', messageId: 'page-1' });
    const { queues, ...rest } = await look();
    expect(rest).toEqual({});
    expect(queues.map(({ queue }: { queue: string }) => queue)).toEqual([
      'reaper',
      'session-check',
      'delivery',
      'express',
      'parked-events',
      'parked-notifications',
      'bridged-events',
      'message-pages',
      'notification-bridge',
      'session-stream',
    ]);
    const named = Object.fromEntries(
      queues.map(({ queue, ...told }: { queue: string }) => [queue, told]),
    );
    expect(named).toMatchObject({
      delivery: {
        parked: 2,
        waiting: 0,
        oldestAt: NOON,
        messages: [
          { messageId: 'page-1', about: { topic: 'default#Pet' }, reason: 'last' },
          { messageId: 'page-2', about: { topic: 'default#Cat' } },
        ],
      },
      express: { parked: 0, waiting: 0, messages: [] },
    });
    expect(named.express).not.toHaveProperty('oldestAt');
    expect(named['message-pages'].messages[0].about).toEqual({ id: 'm', page: '0' });
    expect(named['session-stream']).toMatchObject({
      parked: 1,
      messages: [{ about: { records: 3, from: '100' }, reason: 'RetryAttemptsExhausted' }],
    });
    expect(named['session-stream']).not.toHaveProperty('waiting');
  });

  it('where it is asked for, tells topics with messages that nobody numbered for a minute', async () => {
    await lose('Pet', ['m1', 'm2']);
    await number('Pet', ['m3']);
    await lose('acme#Cat', ['m4']);
    await lose('Dog', ['old'], { ttl: T0 / 1000 + 60 });
    await lose('Fox', ['new'], { at: new Date(later(61)).toISOString() });
    const { topics } = await look({ unnumbered: true });
    expect(topics).toHaveLength(2);
    expect(topics).toContainEqual({ tenant: 'default', topic: 'Pet', count: 2, oldestAt: NOON });
    expect(topics).toContainEqual({ tenant: 'acme', topic: 'Cat', count: 1, oldestAt: NOON });
  });
});

describe('get_failures', () => {
  const failures = async (more: object = {}) =>
    (await ask({ action: 'get_failures', ...more })).body;

  it('[S3-06] a recipient that was not reached is kept, with the messages that it did not get', async () => {
    await join(desk, 'joe');
    await join(phone, 'sam');
    await reach.sockets.delete(phone);
    const rows = await lose('Pet', ['m1', 'm2']);
    const key = topicKey('default', 'Pet');
    await deliver(reach, key, await stampAll(reach, key, rows), later(60));
    const failure = {
      at: NOON,
      what: 'delivery.failed',
      tenant: 'default',
      userId: 'sam',
      sessionId: 'tab',
      connectionId: phone,
      outcome: 'gone',
      topic: 'Pet',
      from: 1,
      upTo: 2,
    };
    expect(await failures()).toEqual({ failures: [failure], isWhole: true });
    for (const about of [
      { topic: 'Pet' },
      { userId: 'sam', sessionId: 'tab' },
      { connectionId: phone },
    ]) {
      expect(await failures(about)).toEqual({ failures: [failure], isWhole: true });
    }
    for (const about of [{ topic: 'Cat' }, { userId: 'joe' }, { tenant: 'acme' }]) {
      expect(await failures(about)).toEqual({ failures: [], isWhole: true });
    }
  });

  it.each([
    ['failed', { message: 'm1' }],
    ['gone', { broadcast: 'b1' }],
  ] as const)('a direct post that is %s is kept, too: %j', async (outcome, about) => {
    await join(desk, 'joe');
    reach.sockets.planned.set(desk, [outcome]);
    const pace = { now: () => later(60), until: later(61) };
    await postToEach(reach, [desk], { frame: '{}', about }, pace);
    expect(await failures()).toMatchObject({
      failures: [{ connectionId: desk, outcome, ...about }],
    });
  });

  it('looks no further back than it is asked to, and says when there is more', async () => {
    note('delivery.failed', { connectionId: desk, outcome: 'gone' });
    reach.journal.at = new Date(later(10)).toISOString();
    for (let at = 1; at < FAILURES_TOLD; at += 1) {
      note('delivery.failed', { connectionId: phone, outcome: 'gone', from: at });
    }
    const all = await failures();
    expect([all.failures.length, all.isWhole]).toEqual([FAILURES_TOLD, false]);
    expect(all.failures.at(-1)).toMatchObject({ connectionId: desk });
    const some = await failures({ since: new Date(later(1)).toISOString() });
    expect([some.failures.length, some.isWhole]).toEqual([FAILURES_TOLD - 1, true]);
    expect(await ask({ action: 'get_failures', since: 'yesterday' })).toMatchObject({
      statusCode: 400,
    });
  });
});
