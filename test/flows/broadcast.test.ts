import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EVERY_TENANT } from '../../contract/broadcast.ts';
import { BROADCAST_LEFT_MOST, BROADCAST_STEP, FRAME_BYTES } from '../../contract/limits.ts';
import type { BroadcastRow, ConnectionRow } from '../../contract/tables.ts';
import { authenticate } from '../../lambdas/flows/authenticate.ts';
import { broadcast } from '../../lambdas/flows/broadcast.ts';
import { getBroadcast } from '../../lambdas/stores/broadcasts.ts';
import { getConnection, putConnection } from '../../lambdas/stores/connections.ts';
import { getSession } from '../../lambdas/stores/sessions.ts';
import { newBroadcast } from '../../rules/broadcast.ts';
import { newConnection } from '../../rules/connection.ts';
import { openCrowd } from '../support/crowd.ts';
import { type Engine, type EveryReach, startEngine } from '../support/engine.ts';
import { identityOf } from '../support/identity.ts';
import { openTestSockets, type TestSockets } from '../support/sockets.ts';
import { until } from '../support/until.ts';

let engine: Engine;
let reach: EveryReach & { sockets: TestSockets };
const T0 = Date.parse('2026-01-01T12:00:00.000Z');
const event = {
  type: 'teams.locked',
  tournamentId: 't1',
  data: { tournamentId: 't1', teamId: 'team-t1', status: 'locked' },
  timestamp: '2026-01-01T12:00:00.000Z',
} as const;
const asked = { ...event, broadcastId: 'one' };
const frame = JSON.stringify(event);
const unhurried = { now: () => T0, until: T0 + 1 };
/** When nobody waits any more for a try that has died. */
const later = { now: () => T0 + 11_000, until: T0 + 11_001 };

beforeAll(async () => {
  engine = await startEngine();
});
afterAll(() => engine.stop());
beforeEach(async () => {
  reach = { ...(await engine.createTables({ hasStreams: false })), sockets: openTestSockets() };
});

/** A connection of a user, two minutes old unless said otherwise. */
async function come(connectionId: string, tenant = 'default', age = 120): Promise<void> {
  reach.sockets.open(connectionId);
  await putConnection(reach, newConnection(connectionId, 'PENDING', T0 - age * 1000));
  const identity = identityOf({
    tenant,
    userId: `user-${connectionId}`,
    expiresAt: T0 / 1000 + 3600,
  });
  await authenticate(reach, identity, { connectionId, sessionId: 'tab', now: T0 });
}

const crowd = (count: number) => openCrowd(reach, count, T0);
const heard = (connectionId: string) => reach.sockets.sent.get(connectionId) ?? [];
const countHeard = (ids: readonly string[]) => {
  const counts = ids.map((id) => heard(id).length);
  return { least: Math.min(...counts), most: Math.max(...counts) };
};
const plan = (connectionId: string, ...outcomes: ('gone' | 'failed')[]) =>
  reach.sockets.planned.set(connectionId, outcomes);
const noted = (of = asked): Promise<BroadcastRow | undefined> =>
  getBroadcast(reach, newBroadcast(of, T0).broadcast);

/** The process dies when it is about to write the table's row for this time. */
function dyingAtPut(time: number): typeof reach {
  let puts = 0;
  const send = async (command: object): Promise<unknown> => {
    if (command instanceof PutCommand && ++puts === time) throw new Error('died');
    return engine.documents.send(command as never);
  };
  return { ...reach, documents: Object.assign(Object.create(engine.documents), { send }) };
}

describe('a broadcast', () => {
  it('[S4-03] [S4-04] brings every connection of its tenant the envelope, and nothing else', async () => {
    await Promise.all([come('conn-0001'), come('conn-0002'), come('conn-0003')]);
    const report = await broadcast(reach, { ...asked, tenant: 'default' }, unhurried);
    expect(report).toEqual({ broadcastId: 'one', delivered: 3, gone: 0, failed: 0, isDone: true });
    for (const id of ['conn-0001', 'conn-0002', 'conn-0003']) expect(heard(id)).toEqual([frame]);
  });

  it('[S4-12] reaches no other tenant, unless everybody is meant', async () => {
    await Promise.all([come('conn-0001', 'acme'), come('conn-0002', 'other')]);
    expect(await broadcast(reach, { ...asked, tenant: 'acme' }, unhurried)).toMatchObject({
      delivered: 1,
    });
    expect([heard('conn-0001'), heard('conn-0002')]).toEqual([[frame], []]);
    const everyone = { ...asked, tenant: EVERY_TENANT };
    expect(await broadcast(reach, everyone, unhurried)).toMatchObject({ delivered: 2 });
    expect(heard('conn-0002')).toEqual([frame]);
  });

  it('[S4-03] is nothing for who has not authenticated, has left, or is past their token', async () => {
    await come('conn-0001');
    await putConnection(reach, newConnection('conn-0002', 'PENDING', T0));
    await putConnection(reach, newConnection('conn-0003', 'DISCONNECTED' as never, T0));
    for (const id of ['conn-0002', 'conn-0003']) reach.sockets.open(id);
    const late = { now: () => T0 + 3600_000, until: T0 + 3600_001 };
    expect(await broadcast(reach, asked, late)).toMatchObject({ delivered: 0, isDone: true });
    for (const id of ['conn-0001', 'conn-0002', 'conn-0003']) expect(heard(id)).toEqual([]);
  });

  it('is done where nobody is connected', async () => {
    expect(await broadcast(reach, asked, unhurried)).toMatchObject({ delivered: 0, isDone: true });
  });

  it('refuses what no frame can hold, and writes nothing', async () => {
    await come('conn-0001');
    const large = { ...asked, type: 'day.begun', data: { text: 'x'.repeat(FRAME_BYTES) } };
    await expect(broadcast(reach, large, unhurried)).rejects.toMatchObject({ code: 'too-large' });
    expect(await noted(large as never)).toBeUndefined();
  });
});

describe('a socket that is gone', () => {
  it('[S4-05] leaves, and the others are reached', async () => {
    await Promise.all([come('conn-0001'), come('conn-0002'), come('conn-0003')]);
    reach.sockets.closed.push('conn-0002');
    expect(await broadcast(reach, asked, unhurried)).toMatchObject({
      delivered: 2,
      gone: 1,
      failed: 0,
      isDone: true,
    });
    expect((await getConnection(reach, 'conn-0002'))?.status).toBe('DISCONNECTED');
    const session = { tenant: 'default', userId: 'user-conn-0002', sessionId: 'tab' };
    expect((await getSession(reach, session))?.conns).toBeUndefined();
  });

  it('[S4-05] is asked again while it is young, since not all of the gateway may know it', async () => {
    await Promise.all([come('conn-0001', 'default', 5), come('conn-0002', 'default', 120)]);
    plan('conn-0001', 'gone');
    plan('conn-0002', 'gone');
    expect(await broadcast(reach, asked, unhurried)).toMatchObject({ delivered: 1, gone: 1 });
    expect(heard('conn-0001')).toEqual([frame]);
    expect((await getConnection(reach, 'conn-0002'))?.status).toBe('DISCONNECTED');
  });

  it('[S4-03] that cannot be taken out is a failure of its own', async () => {
    await come('conn-0001');
    // Bound, but to a session that has no row: its departure is a defect.
    const stray: ConnectionRow = {
      ...newConnection('conn-0002', 'CONNECTED', T0 - 120_000),
      ...{ tenant: 'default', userId: 'nobody', sessionId: 'tab' },
    };
    await putConnection(reach, stray);
    expect(await broadcast(reach, asked, unhurried)).toMatchObject({ delivered: 1, failed: 1 });
  });
});

describe('a broadcast that failed for some', () => {
  beforeEach(() => Promise.all(['conn-0001', 'conn-0002', 'conn-0003'].map((id) => come(id))));

  it('[S4-03] says so, has reached the others, and goes only to those the next time', async () => {
    plan('conn-0002', 'failed');
    expect(await broadcast(reach, asked, unhurried)).toEqual({
      broadcastId: 'one',
      delivered: 2,
      gone: 0,
      failed: 1,
      isDone: false,
    });
    expect(heard('conn-0002')).toEqual([]);
    expect(await broadcast(reach, asked, unhurried)).toEqual({
      broadcastId: 'one',
      delivered: 3,
      gone: 0,
      failed: 0,
      isDone: true,
    });
    for (const id of ['conn-0001', 'conn-0002', 'conn-0003']) expect(heard(id)).toEqual([frame]);
  });

  it('goes to nobody any more once everybody was reached', async () => {
    const first = await broadcast(reach, asked, unhurried);
    expect(await broadcast(reach, asked, unhurried)).toEqual(first);
    for (const id of ['conn-0001', 'conn-0002', 'conn-0003']) expect(heard(id)).toEqual([frame]);
  });

  it('does not wait for who has left meanwhile', async () => {
    plan('conn-0002', 'failed');
    await broadcast(reach, asked, unhurried);
    reach.sockets.closed.push('conn-0002');
    expect(await broadcast(reach, asked, unhurried)).toMatchObject({ gone: 1, isDone: true });
    plan('conn-0001', 'failed');
    const other = { ...asked, broadcastId: 'two' };
    await broadcast(reach, other, unhurried);
    const row = await getConnection(reach, 'conn-0001');
    const left = { ...row, status: 'DISCONNECTED' };
    const TableName = reach.tables.connections.name;
    await reach.documents.send(new PutCommand({ TableName, Item: left }));
    expect(await broadcast(reach, other, unhurried)).toMatchObject({ gone: 1, isDone: true });
    expect(heard('conn-0001')).toEqual([frame]);
  });

  it('keeps the time of its beginning in every try', async () => {
    const { timestamp: _, ...timeless } = asked;
    plan('conn-0002', 'failed');
    await broadcast(reach, timeless, unhurried);
    await broadcast(reach, timeless, { now: () => T0 + 60_000, until: T0 + 60_001 });
    expect(heard('conn-0002')).toEqual(heard('conn-0001'));
    expect(heard('conn-0002')).toEqual([frame]);
  });

  it('is another one under the same id with another event', async () => {
    await broadcast(reach, asked, unhurried);
    const next = { ...asked, type: 'day.over', data: {} };
    expect(await broadcast(reach, next, unhurried)).toMatchObject({ delivered: 3 });
    expect(heard('conn-0001')).toHaveLength(2);
  });
});

describe('a broadcast to many', () => {
  it('[S4-03] that dies after its first step goes on from there', async () => {
    const ids = await crowd(BROADCAST_STEP + 300);
    // Begun, the first step noted, and dead before the second note.
    await expect(broadcast(dyingAtPut(3), asked, unhurried)).rejects.toThrow('died');
    expect(await noted()).toMatchObject({ state: 'begun', delivered: BROADCAST_STEP });
    const report = await broadcast(reach, asked, later);
    expect(report).toMatchObject({ delivered: ids.length, failed: 0, isDone: true });
    const twice = ids.filter((id) => heard(id).length === 2);
    expect(countHeard(ids)).toEqual({ least: 1, most: 2 });
    expect(twice).toHaveLength(300);
  });

  it('stops in time, and the next try reaches the rest', async () => {
    const ids = await crowd(250);
    let posts = 0;
    const { post } = reach.sockets;
    reach.sockets.post = (id, text) => {
      posts += 1;
      return post(id, text);
    };
    const hurried = { now: () => T0 + posts, until: T0 + 100 };
    const first = await broadcast(reach, asked, hurried);
    expect(first).toMatchObject({ delivered: 100, failed: 150, isDone: false });
    const second = await broadcast(reach, asked, unhurried);
    expect(second).toMatchObject({ delivered: 250, failed: 0, isDone: true });
    expect(countHeard(ids)).toEqual({ least: 1, most: 1 });
  });

  it('looks no further where nearly all fail', async () => {
    const ids = await crowd(BROADCAST_STEP + 300);
    const { post } = reach.sockets;
    let tries = 0;
    reach.sockets.post = async () => {
      tries += 1;
      return 'failed';
    };
    expect(await broadcast(reach, asked, unhurried)).toMatchObject({ failed: BROADCAST_STEP });
    expect(tries).toBe(BROADCAST_STEP);
    expect(tries).toBeGreaterThan(BROADCAST_LEFT_MOST);
    reach.sockets.post = post;
    expect(await broadcast(reach, asked, unhurried)).toMatchObject({
      delivered: ids.length,
      isDone: true,
    });
    expect(countHeard(ids)).toEqual({ least: 1, most: 1 });
  });

  it('[S4-03] of which several tries overlap reaches everybody once, and all of them say so', async () => {
    const ids = await crowd(2 * BROADCAST_STEP);
    const tries = [1, 2, 3].map(() => broadcast(reach, asked, unhurried));
    for (const report of await Promise.all(tries)) {
      expect(report).toMatchObject({ delivered: ids.length, isDone: true });
    }
    expect(countHeard(ids)).toEqual({ least: 1, most: 1 });
    expect(await noted()).toMatchObject({ state: 'done', delivered: ids.length });
  });

  it('is left by a try that stands still for too long: the next one goes on, and the first one stops', async () => {
    const ids = await crowd(2 * BROADCAST_STEP);
    const { post } = reach.sockets;
    const { promise: standing, resolve: stands } = Promise.withResolvers<void>();
    const { promise: over, resolve: goOn } = Promise.withResolvers<void>();
    reach.sockets.post = async (id, text) => {
      stands();
      await over;
      return post(id, text);
    };
    const slow = broadcast({ ...reach, sockets: { ...reach.sockets } }, asked, unhurried);
    await standing;
    reach.sockets.post = post;
    const next = broadcast(reach, asked, later);
    await until(async () => ((await noted())?.state === 'done' ? true : undefined), 'its end');
    goOn();
    expect(await next).toMatchObject({ delivered: ids.length, isDone: true });
    expect(await slow).toMatchObject({ delivered: ids.length, isDone: true });
    // What the slow one had in its hands came twice, and nothing else.
    expect(ids.filter((id) => heard(id).length === 2)).toHaveLength(BROADCAST_STEP);
    expect(countHeard(ids)).toEqual({ least: 1, most: 2 });
  });

  it('is not taken from a try that is at it by one whose time is over', async () => {
    await crowd(10);
    await expect(broadcast(dyingAtPut(2), asked, unhurried)).rejects.toThrow('died');
    const before = await noted();
    const spent = { now: () => T0, until: T0 };
    expect(await broadcast(reach, asked, spent)).toMatchObject({ delivered: 0, isDone: false });
    expect(await noted()).toEqual(before);
  });

  it('is let go of by a try that did not reach everybody, for the next one to begin at once', async () => {
    const [first = ''] = await crowd(3);
    plan(first, 'failed');
    await broadcast(reach, asked, unhurried);
    expect(await noted()).not.toHaveProperty('heldUntil');
    expect(await broadcast(reach, asked, unhurried)).toMatchObject({ isDone: true });
  });
});
