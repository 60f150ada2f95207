import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ExpressMessage } from '../../contract/internal.ts';
import { topicKey } from '../../contract/tables.ts';
import { authenticate } from '../../lambdas/flows/authenticate.ts';
import { type DeliverReach, deliver } from '../../lambdas/flows/deliver.ts';
import { express, leaveOutTold } from '../../lambdas/flows/express.ts';
import { publish } from '../../lambdas/flows/publish.ts';
import { openRoutes } from '../../lambdas/flows/routes.ts';
import { stampAll } from '../../lambdas/flows/stamp.ts';
import { subscribe } from '../../lambdas/flows/subscribe.ts';
import { openExpressLine } from '../../lambdas/platform/express-line.ts';
import { putConnection } from '../../lambdas/stores/connections.ts';
import { newConnection } from '../../rules/connection.ts';
import { type Engine, type EveryReach, startEngine } from '../support/engine.ts';
import { identityOf } from '../support/identity.ts';
import { notificationsOf } from '../support/notifications.ts';
import { openPages } from '../support/pages.ts';
import { openTestSockets, type TestSockets } from '../support/sockets.ts';

/** New messages ahead of their stream, which comes after and loses nothing. */

let engine: Engine;
let reach: EveryReach & DeliverReach & { sockets: TestSockets; retentionSeconds: number };
let line: ExpressMessage[];
const T0 = Date.parse('2026-01-01T12:00:00.000Z');
const tenant = 'default';
const PET = topicKey(tenant, 'Pet');

beforeAll(async () => {
  process.env.EPOCH = '';
  engine = await startEngine();
});
afterAll(() => engine.stop());
beforeEach(async () => {
  const tables = await engine.createTables();
  const sockets = openTestSockets();
  reach = { ...tables, sockets, routes: openRoutes(), ...openPages(), retentionSeconds: 3600 };
  line = [];
  sockets.open('sam');
  await putConnection(reach, newConnection('sam', 'PENDING', T0 - 120_000));
  const identity = identityOf({ tenant, userId: 'sam', expiresAt: T0 / 1000 + 3600 });
  await authenticate(reach, identity, { connectionId: 'sam', sessionId: 'tab', now: T0 });
  await subscribe(reach, { ...identity, sessionId: 'tab' }, 'sam', ['Pet', 'Cat']);
});

const say = (payload: unknown, more: object = {}) =>
  publish(
    { ...reach, express: { send: async (message) => void line.push(message) } },
    { tenant, topics: ['Pet'], payload, now: T0, ...more },
  );

/** What the stream brings, and what its function does with it. */
async function stream(topic = PET): Promise<void> {
  const written = (await notificationsOf(reach, topic)).map(
    ({ seq: _, run: __, told: ___, ...row }) => row,
  );
  const untold = await leaveOutTold(reach, topic, written);
  await deliver(reach, topic, await stampAll(reach, topic, untold), T0);
}

const heard = () => (reach.sockets.sent.get('sam') ?? []).map((frame) => JSON.parse(frame));

describe('a message that is handed on at once', () => {
  it('is numbered and posted, and the stream leaves it out', async () => {
    await say('a');
    await say('b');
    await express(reach, line, T0);
    expect(heard()).toMatchObject([
      { seq: 1, payload: expect.anything() },
      { seq: 2, payload: expect.anything() },
    ]);
    await stream();
    expect(heard()).toHaveLength(2);
  });

  it('on several topics is posted on each', async () => {
    await say('a', { topics: ['Pet', 'Cat'] });
    await express(reach, line, T0);
    expect(heard().map(({ topic, seq }) => [topic, seq])).toEqual(
      expect.arrayContaining([
        ['Pet', 1],
        ['Cat', 1],
      ]),
    );
  });

  it('comes by the stream when the express never came, and is then left out by the express', async () => {
    await say('a');
    await stream();
    expect(heard()).toHaveLength(1);
    await express(reach, line, T0);
    // It was not told by an express: once more is a duplicate, which clients drop; a third time is not.
    await express(reach, line, T0);
    await stream();
    expect(heard().map(({ seq }) => seq)).toEqual([1, 1]);
  });

  it('that cannot be posted to a page is the stream’s, and others are not held up', async () => {
    const failing = {
      ...reach,
      sockets: { ...reach.sockets, post: () => Promise.reject(new Error('no gateway')) },
    };
    await say('a');
    await say('b', { topics: ['Cat'] });
    await express(failing, line, T0);
    expect((await notificationsOf(reach, PET))[0]).not.toHaveProperty('told');
    await stream();
    await stream(topicKey(tenant, 'Cat'));
    expect(heard().map(({ payload }) => payload)).toEqual(['a', 'b']);
  });

  it('that is no more is nothing to do', async () => {
    await express(reach, [{ tenant, topics: ['Pet'], id: 'never' }], T0);
    expect(heard()).toEqual([]);
    expect(await notificationsOf(reach, PET)).toEqual([]);
  });

  it('is handed on once: not when it was refused, lost its condition or was there already', async () => {
    await say('a', { id: 'm1' });
    await say('a', { id: 'm1' });
    await expect(say('b', { id: 'm1' })).rejects.toMatchObject({ code: 'id-taken' });
    expect(line).toEqual([{ tenant, topics: ['Pet'], id: 'm1' }]);
  });
});

describe('the line of a publisher', () => {
  it('is not there where the operator did not open it', () => {
    process.env.EXPRESS = 'off';
    expect(openExpressLine()).toBeUndefined();
  });

  it('never fails a publish: what it cannot hand on comes by the stream', async () => {
    Object.assign(process.env, {
      EXPRESS: 'on',
      EXPRESS_QUEUE_URL: 'http://127.0.0.1:1/nowhere',
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'x',
      AWS_SECRET_ACCESS_KEY: 'x',
    });
    await openExpressLine()?.send({ tenant, topics: ['Pet'], id: 'm1' });
  });
});
