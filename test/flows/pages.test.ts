import { DeleteCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { deliveryPage } from '../../contract/internal.ts';
import { PAGE_BYTES, RECIPIENTS_PER_PAGE } from '../../contract/limits.ts';
import { type NotificationRow, topicKey } from '../../contract/tables.ts';
import { authenticate } from '../../lambdas/flows/authenticate.ts';
import { type DeliverReach, deliver } from '../../lambdas/flows/deliver.ts';
import { deliverPage } from '../../lambdas/flows/deliver-page.ts';
import { depart } from '../../lambdas/flows/depart.ts';
import { openRoutes } from '../../lambdas/flows/routes.ts';
import { stampAll } from '../../lambdas/flows/stamp.ts';
import { subscribe } from '../../lambdas/flows/subscribe.ts';
import { transact } from '../../lambdas/platform/transact.ts';
import { putConnection } from '../../lambdas/stores/connections.ts';
import { putNotification } from '../../lambdas/stores/notifications.ts';
import { newConnection } from '../../rules/connection.ts';
import { type Engine, type EveryReach, startEngine } from '../support/engine.ts';
import { identityOf } from '../support/identity.ts';
import { openPages } from '../support/pages.ts';
import { openTestSockets, type TestSockets } from '../support/sockets.ts';

/** A large topic's recipients are posted to page by page, by many. */

let engine: Engine;
let reach: EveryReach &
  DeliverReach & { sockets: TestSockets; pages: ReturnType<typeof openPages>['pages'] };
const T0 = Date.parse('2026-01-01T12:00:00.000Z');
const HOUR = 3600;
const later = (seconds: number) => T0 + seconds * 1000;
const PET = topicKey('default', 'Pet');

beforeAll(async () => {
  process.env.EPOCH = '';
  engine = await startEngine();
});
afterAll(() => engine.stop());
beforeEach(async () => {
  const tables = await engine.createTables();
  reach = { ...tables, sockets: openTestSockets(), routes: openRoutes(), ...openPages(2) };
});

async function join(userId: string, more: object = {}) {
  const { connectionId = userId, ...rest } = more as { connectionId?: string };
  reach.sockets.open(connectionId);
  await putConnection(reach, newConnection(connectionId, 'PENDING', T0 - 120_000));
  const identity = identityOf({ userId, expiresAt: T0 / 1000 + HOUR });
  const request = { connectionId, sessionId: 'tab', now: T0, ...rest };
  await authenticate(reach, identity, request);
  await subscribe(reach, { ...identity, sessionId: 'tab' }, connectionId, ['Pet']);
}

const users = ['ann', 'ben', 'cem', 'dan', 'eve'];

async function say(...ids: readonly string[]): Promise<void> {
  const rows = ids.map(
    (id): NotificationRow => ({
      topic: PET,
      id,
      payload: JSON.stringify(id),
      at: new Date(T0).toISOString(),
      ttl: T0 / 1000 + HOUR,
      topics: ['Pet'],
      origin: { userId: 'ben', sessionId: 'tab' },
    }),
  );
  await transact(
    reach,
    rows.map((row) => putNotification(reach, row)),
  );
  await deliver(reach, PET, await stampAll(reach, PET, rows), T0);
}

/** What the queue brings to the function behind it. */
async function work(now = T0): Promise<void> {
  for (const page of reach.pages) await deliverPage(reach, deliveryPage.parse(page), now);
}

const heard = () =>
  Object.fromEntries(
    [...reach.sockets.sent].map(([id, frames]) => [
      id,
      frames.map((frame) => JSON.parse(frame).payload),
    ]),
  );

describe('a topic with more recipients than a page has room for', () => {
  it('is posted to by as many functions as it has pages, each recipient once', async () => {
    for (const user of users) await join(user);
    await say('m1', 'm2');
    expect(heard()).toMatchObject({ ann: ['m1', 'm2'], ben: [], cem: [], dan: [], eve: [] });
    expect(reach.pages.map(({ routes }) => routes.length)).toEqual([2, 1]);
    await work();
    const both = ['m1', 'm2'];
    expect(heard()).toEqual({ ann: both, ben: [], cem: both, dan: both, eve: both });
  });

  it('with just a page of them hands nothing on', async () => {
    for (const user of users.slice(0, 2)) await join(user);
    await say('m1');
    expect(reach.pages).toEqual([]);
  });

  it('whose sessions are mostly away hands nothing on for those', async () => {
    for (const user of users) await join(user);
    for (const user of users.slice(0, 3)) await depart(reach, user, T0);
    await say('m1');
    expect(reach.pages).toEqual([]);
    expect(heard()).toMatchObject({ dan: ['m1'], eve: ['m1'] });
  });

  it('with nobody at all neither', async () => {
    await say('m1');
    expect(reach.pages).toEqual([]);
  });

  it('a page whose function was killed is posted again', async () => {
    for (const user of users) await join(user);
    await say('m1');
    await work();
    await work();
    expect(heard()).toMatchObject({ cem: ['m1', 'm1'], eve: ['m1', 'm1'] });
  });

  it('a page that waited finds who has come back meanwhile, and nobody whose token is over', async () => {
    for (const user of users) await join(user);
    await say('m1');
    await join('cem', { connectionId: 'cem-2', replaces: 'cem' });
    await work(later(HOUR - 1));
    expect(heard()).toMatchObject({ 'cem-2': ['m1'], dan: ['m1'], eve: ['m1'] });
    await work(later(HOUR));
    expect(heard()).toMatchObject({ 'cem-2': ['m1'], dan: ['m1'], eve: ['m1'] });
  });

  it('[S3-10] a token that was renewed while the page waited is good', async () => {
    for (const user of users) await join(user);
    await say('m1');
    const identity = identityOf({ userId: 'eve', expiresAt: T0 / 1000 + 2 * HOUR });
    await authenticate(reach, identity, { connectionId: 'eve', sessionId: 'tab', now: T0 });
    await work(later(HOUR));
    expect(heard()).toMatchObject({ dan: [], eve: ['m1'] });
  });

  it('a message that is no more by then is left out, the others come', async () => {
    for (const user of users) await join(user);
    await say('m1', 'm2', 'm3');
    const TableName = reach.tables.notifications.name;
    await reach.documents.send(new DeleteCommand({ TableName, Key: { topic: PET, id: 'm2' } }));
    await work();
    expect(heard()).toMatchObject({ dan: ['m1', 'm3'] });
  });

  it('what cannot be handed on fails the whole batch, which is then delivered again', async () => {
    for (const user of users) await join(user);
    reach = { ...reach, queues: { send: () => Promise.reject(new Error('no queue')) } };
    await expect(say('m1')).rejects.toThrow('no queue');
  });

  it('a page fits into a message of the queue, however long names and sessions are', async () => {
    const route = {
      session: { tenant: 't'.repeat(64), userId: 'u'.repeat(128), sessionId: 's'.repeat(128) },
      connections: Array.from({ length: 40 }, () => 'c'.repeat(16)),
      accepts: ['references', 'packs'],
      scopes: ['staff'],
      until: 1e10,
    } as const;
    const routes = {
      ...openRoutes(),
      to: async () => Array.from({ length: 3 * RECIPIENTS_PER_PAGE }, () => route),
    };
    const wide = openPages(RECIPIENTS_PER_PAGE);
    await join('ada');
    await deliver({ ...reach, ...wide, routes }, PET, [], T0);
    const sizes = wide.pages.map((page) => JSON.stringify(page).length);
    expect(sizes.length).toBeGreaterThan(2);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(PAGE_BYTES + 200);
    // Not much smaller either: else the estimate is idle.
    expect(Math.max(...sizes)).toBeGreaterThan(PAGE_BYTES * 0.9);
  });
});
