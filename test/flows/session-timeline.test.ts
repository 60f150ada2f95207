import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TimelineAnswer } from '../../contract/connection-manager.ts';
import { topicKey } from '../../contract/tables.ts';
import { answer } from '../../lambdas/flows/answer.ts';
import { checkSession } from '../../lambdas/flows/check-session.ts';
import { deliver } from '../../lambdas/flows/deliver.ts';
import { depart } from '../../lambdas/flows/depart.ts';
import { type ManagerReach, manageConnections } from '../../lambdas/flows/manage-connections.ts';
import { publish } from '../../lambdas/flows/publish.ts';
import { openRoutes } from '../../lambdas/flows/routes.ts';
import { stampAll } from '../../lambdas/flows/stamp.ts';
import { note } from '../../lambdas/platform/log.ts';
import { managerEdge } from '../../lambdas/platform/manager-edge.ts';
import { putConnection } from '../../lambdas/stores/connections.ts';
import { newConnection } from '../../rules/connection.ts';
import { readFrame } from '../../rules/message.ts';
import { type Engine, type EveryReach, startEngine } from '../support/engine.ts';
import { openTestJournal, type TestJournal } from '../support/journal.ts';
import { notificationsOf } from '../support/notifications.ts';
import { openPages } from '../support/pages.ts';
import { openTestParked } from '../support/parked.ts';
import { openTestSockets, type TestSockets } from '../support/sockets.ts';

let engine: Engine;
let reach: EveryReach & { sockets: TestSockets; journal: TestJournal } & ManagerReach;
// Acts are written down in real time: this day is today, so that they stand where they happened.
const T0 = Date.now() - 200_000;
const iso = (ms: number) => new Date(ms).toISOString();
const tab = { tenant: 'default', userId: 'joe', sessionId: 'tab-1' };

beforeAll(async () => {
  process.env.EPOCH = '0';
  engine = await startEngine();
});
afterAll(() => engine.stop());
beforeEach(async () => {
  reach = {
    ...(await engine.createTables()),
    sockets: openTestSockets(),
    parked: openTestParked(),
    routes: openRoutes(),
    ...openPages(),
    journal: openTestJournal(iso(T0)),
  };
  vi.spyOn(console, 'info').mockImplementation(reach.journal.info);
  return () => vi.restoreAllMocks();
});

/** From now on everything is noted at that second. */
const second = (seconds: number): number => {
  reach.journal.at = iso(T0 + seconds * 1000);
  return T0 + seconds * 1000;
};

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any shape.
type Answer = { statusCode: number; body: any };
const ask = (payload: object): Promise<Answer> =>
  managerEdge((given) =>
    manageConnections(reach, given, { now: Date.now(), requestId: crypto.randomUUID() }),
  )(payload, { awsRequestId: 'r' });
const timeline = async (request: object = { ...tab }): Promise<TimelineAnswer> => {
  const { statusCode, body } = await ask({ action: 'get_session_timeline', ...request });
  expect(statusCode).toBe(200);
  return body;
};
const told = ({ moments }: TimelineAnswer) =>
  moments.map(({ at, what }) => [Math.round((Date.parse(at) - T0) / 1000), what]);

async function connect(connectionId: string, now: number): Promise<void> {
  reach.sockets.open(connectionId);
  await putConnection(reach, newConnection(connectionId, 'PENDING', now));
  note('connection.opened', { connectionId });
}

/** A frame of the client, as `$default` answers it. */
const say = (connectionId: string, frame: object, now: number) =>
  answer(
    {
      ...reach,
      door: 'message',
      verify: async () => ({
        tenant: 'default',
        userId: 'joe',
        expiresAt: T0 / 1000 + 3600,
        issuedAt: 0,
        scopes: [],
      }),
    },
    readFrame(JSON.stringify(frame)),
    { connectionId, now },
  );

async function tell(now: number): Promise<void> {
  const topic = topicKey('default', 'Pet');
  const message = { tenant: 'default', topics: ['Pet'], payload: { price: now }, now };
  const { notificationId } = await publish({ ...reach, retentionSeconds: 3600 }, message);
  const rows = (await notificationsOf(reach, topic)).filter(({ id }) => id === notificationId);
  const ways = {
    routes: openRoutes(),
    queues: { send: async () => {} },
    recipientsPerPage: 1000,
    subscribersPerShard: 1000,
  };
  await deliver({ ...reach, ...ways }, topic, await stampAll(reach, topic, rows), now);
}

describe('get_session_timeline', () => {
  it('[S2-10] tells a session’s life in order: connect, authenticate, subscribe, delivered and acknowledged up to, 410, drop, end', async () => {
    const [first, later] = ['first-000000000=', 'second-00000000='];
    await connect(first, second(0));
    await say(first, { action: 'authenticate', token: 't', sessionId: 'tab-1' }, second(1));
    await say(first, { action: 'subscribe', topics: ['Pet'] }, second(2));
    await tell(second(3));
    await tell(second(4));
    const positions = [{ topic: 'Pet', epoch: 'e', seq: 2 }];
    await say(first, { type: 'ping', positions }, second(5));
    await reach.sockets.delete(first);
    await tell(second(70));
    await connect(later, second(71));
    await say(later, { action: 'authenticate', token: 't', sessionId: 'tab-1' }, second(72));
    second(199);
    await ask({ action: 'drop_user', userId: 'joe', actor: 'ada' });
    await checkSession(reach, tab, { graceSeconds: 0, retentionSeconds: 60, now: Date.now() });

    const answer = await timeline();
    expect(answer.session).toEqual({ ...tab, state: 'ended', connectionIds: [] });
    expect(answer.topics).toEqual([{ topic: 'Pet', head: 3, delivered: 2, acknowledged: 2 }]);
    expect(answer.isWhole).toBe(true);
    const isAct = ([, what]: readonly unknown[]) => what === 'act';
    expect(told(answer).filter((moment) => !isAct(moment))).toEqual([
      [0, 'connection.opened'],
      [1, 'session.bound'],
      [2, 'session.subscribed'],
      [4, 'topic.delivered'],
      [5, 'session.acknowledged'],
      [70, 'delivery.failed'],
      [70, 'connection.left'],
      [71, 'connection.opened'],
      [72, 'session.bound'],
      [199, 'connection.left'],
      [199, 'session.ended'],
    ]);
    // Acts are written down when they really were, which is a little later.
    expect(told(answer).slice(-2).every(isAct)).toBe(true);
    expect(answer.moments).toContainEqual(
      expect.objectContaining({ what: 'act', act: 'drop_user', actor: 'ada', outcome: 'done' }),
    );
    expect(answer.moments).toContainEqual(
      expect.objectContaining({ what: 'delivery.failed', connectionId: first, outcome: 'gone' }),
    );
    // A connection of it, though it has left, leads to the same.
    expect(await timeline({ connectionId: later })).toEqual(answer);
  });

  it('tells of a connection that was never bound its own life alone', async () => {
    const id = 'lonely-00000000=';
    await connect(id, second(0));
    await depart(reach, id, second(3));
    const answer = await timeline({ connectionId: id });
    expect(told(answer)).toEqual([
      [0, 'connection.opened'],
      [3, 'connection.left'],
    ]);
    expect(answer).toMatchObject({ topics: [], isWhole: true });
    expect(answer).not.toHaveProperty('session');
  });

  it('looks no further back than it is asked to', async () => {
    const id = 'first-000000000=';
    await connect(id, second(0));
    await say(id, { action: 'authenticate', token: 't', sessionId: 'tab-1' }, second(1));
    await say(id, { action: 'subscribe', topics: ['Pet'] }, second(5));
    expect(told(await timeline({ ...tab, since: iso(T0 + 3000) }))).toEqual([
      [5, 'session.subscribed'],
    ]);
  });

  it('is another user’s, or another tenant’s, not at all', async () => {
    const id = 'first-000000000=';
    await connect(id, second(0));
    await say(id, { action: 'authenticate', token: 't', sessionId: 'tab-1' }, second(1));
    for (const other of [{ userId: 'sam' }, { tenant: 'acme' }, { sessionId: 'tab-2' }]) {
      const answer = await timeline({ ...tab, ...other });
      expect(answer).toMatchObject({ moments: [], session: { state: 'unknown' } });
    }
  });

  it.each([
    [{}, 400, 'malformed'],
    [{ userId: 'joe' }, 400, 'malformed'],
    [{ sessionId: 'tab-1' }, 400, 'malformed'],
    [{ ...tab, since: 'yesterday' }, 400, 'malformed'],
    [{ connectionId: 'nobody-00000000=' }, 404, 'not-found'],
  ])('refuses %j: %d %s', async (request, status, code) => {
    const { statusCode, body } = await ask({ action: 'get_session_timeline', ...request });
    expect([statusCode, body.code]).toEqual([status, code]);
  });
});
