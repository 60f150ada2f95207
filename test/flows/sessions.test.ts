import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LIVING_TTL_SECONDS, SESSIONS_PER_USER } from '../../contract/limits.ts';
import type { PlayerRow, SubscriptionRow } from '../../contract/tables.ts';
import { PLAYER_ITEM, playerKey, subscriberKey, topicKey } from '../../contract/tables.ts';
import { authenticate } from '../../lambdas/flows/authenticate.ts';
import { checkSession } from '../../lambdas/flows/check-session.ts';
import { depart } from '../../lambdas/flows/depart.ts';
import { reap } from '../../lambdas/flows/reap.ts';
import { subscribe } from '../../lambdas/flows/subscribe.ts';
import { unsubscribe } from '../../lambdas/flows/unsubscribe.ts';
import { getConnection, putConnection } from '../../lambdas/stores/connections.ts';
import { getSession } from '../../lambdas/stores/sessions.ts';
import { newConnection } from '../../rules/connection.ts';
import { type Engine, type EveryReach, startEngine } from '../support/engine.ts';
import { identityOf } from '../support/identity.ts';
import { openTestSockets, type TestSockets } from '../support/sockets.ts';

let engine: Engine;
let reach: EveryReach & { sockets: TestSockets };
const T0 = Date.parse('2026-01-01T12:00:00.000Z');
const later = (seconds: number) => T0 + seconds * 1000;
const joe = identityOf({ userId: 'joe', expiresAt: T0 / 1000 + 3600 });
const sam = { ...joe, userId: 'sam' };
const tab = { tenant: 'default', userId: 'joe', sessionId: 'tab-1' };
const grace = { graceSeconds: 30, retentionSeconds: 3600 };

beforeAll(async () => {
  engine = await startEngine();
});
afterAll(() => engine.stop());
beforeEach(async () => {
  reach = { ...(await engine.createTables()), sockets: openTestSockets() };
});

async function connect(connectionId: string, now = T0): Promise<void> {
  reach.sockets.open(connectionId);
  await putConnection(reach, newConnection(connectionId, 'PENDING', now));
}

const bind = (connectionId: string, who = joe, more: object = {}) =>
  authenticate(reach, who, { connectionId, sessionId: 'tab-1', now: T0, ...more });

async function player(userId = 'joe'): Promise<PlayerRow | undefined> {
  const { Item } = await reach.documents.send(
    new GetCommand({
      TableName: reach.tables.sessions.name,
      Key: { player: playerKey('default', userId), item: PLAYER_ITEM },
    }),
  );
  return Item as PlayerRow | undefined;
}

async function subscription(topic: string): Promise<SubscriptionRow | undefined> {
  const { Item } = await reach.documents.send(
    new GetCommand({
      TableName: reach.tables.subscriptions.name,
      Key: { topic: topicKey('default', topic), subscriber: subscriberKey('joe', 'tab-1') },
    }),
  );
  return Item as SubscriptionRow | undefined;
}

describe('authenticate', () => {
  it('[S1-02] binds a pending connection, begins its session and tells the player', async () => {
    await connect('c1');
    expect(await bind('c1')).toEqual({ session: 'new' });
    expect(await getConnection(reach, 'c1')).toMatchObject({
      status: 'CONNECTED',
      userId: 'joe',
      sessionId: 'tab-1',
      tenant: 'default',
      authExpiresAt: joe.expiresAt,
      ttl: T0 / 1000 + LIVING_TTL_SECONDS,
    });
    expect(await getSession(reach, tab)).toMatchObject({
      state: 'live',
      conns: new Set(['c1']),
      authExpiresAt: joe.expiresAt,
    });
    expect(await player()).toMatchObject({ sessions: new Set(['tab-1']), version: 1 });
  });

  it('repeated on the same connection changes nothing and raises no version', async () => {
    await connect('c1');
    await bind('c1');
    expect(await bind('c1')).toEqual({ session: 'resumed' });
    expect((await player())?.version).toBe(1);
  });

  it('[S0-10] a second connection joins the session without touching the player', async () => {
    await connect('c1');
    await connect('c2');
    await bind('c1');
    expect(await bind('c2')).toEqual({ session: 'resumed' });
    expect((await getSession(reach, tab))?.conns).toEqual(new Set(['c1', 'c2']));
    expect((await player())?.version).toBe(1);
  });

  it('a newer token in place moves the expiry of connection and session', async () => {
    await connect('c1');
    await bind('c1');
    await bind('c1', { ...joe, expiresAt: joe.expiresAt + 600 });
    expect((await getConnection(reach, 'c1'))?.authExpiresAt).toBe(joe.expiresAt + 600);
    expect((await getSession(reach, tab))?.authExpiresAt).toBe(joe.expiresAt + 600);
  });

  it('refuses a connection that has left, one that never was, and one of another session', async () => {
    await connect('c1');
    await depart(reach, 'c1', T0);
    await expect(bind('c1')).rejects.toMatchObject({ code: 'connection-gone' });
    await expect(bind('never')).rejects.toMatchObject({ code: 'connection-gone' });
    await connect('c2');
    await bind('c2');
    await expect(bind('c2', sam)).rejects.toMatchObject({ code: 'already-authenticated' });
    await expect(bind('c2', joe, { sessionId: 'tab-2' })).rejects.toMatchObject({
      code: 'already-authenticated',
    });
    expect(await player('sam')).toBeUndefined();
  });

  it("[S0-15] another user's session id opens my own session and leaves theirs byte for byte", async () => {
    await connect('c1');
    await bind('c1');
    await subscribe(reach, tab, 'c1', ['Pet']);
    const before = [await getSession(reach, tab), await player(), await subscription('Pet')];
    await connect('c2');
    expect(await bind('c2', sam)).toEqual({ session: 'new' });
    expect([await getSession(reach, tab), await player(), await subscription('Pet')]).toEqual(
      before,
    );
  });

  it('admits no more sessions of one user than allowed, also side by side', async () => {
    const tries = SESSIONS_PER_USER + 5;
    const outcomes = await Promise.allSettled(
      Array.from({ length: tries }, async (_, at) => {
        await connect(`c${at}`);
        return bind(`c${at}`, joe, { sessionId: `tab-${at}` });
      }),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(SESSIONS_PER_USER);
    expect((await player())?.version).toBe(SESSIONS_PER_USER);
  });

  it('closes and takes out the connection that it replaces, and only one of the same session', async () => {
    await connect('old');
    await bind('old');
    await connect('foreign');
    await bind('foreign', sam);
    await connect('new');
    await bind('new', joe, { replaces: 'old' });
    await connect('other');
    await bind('other', joe, { replaces: 'foreign' });
    expect(reach.sockets.closed).toEqual(['old']);
    expect((await getConnection(reach, 'old'))?.status).toBe('DISCONNECTED');
    expect((await getConnection(reach, 'foreign'))?.status).toBe('CONNECTED');
    expect((await getSession(reach, tab))?.conns).toEqual(new Set(['new', 'other']));
  });
});

describe('depart', () => {
  it('[S3-03] takes a bound connection out of its session and leaves a tombstone', async () => {
    await connect('c1');
    await bind('c1');
    expect(await depart(reach, 'c1', later(10))).toBe(true);
    expect(await getConnection(reach, 'c1')).toMatchObject({
      status: 'DISCONNECTED',
      disconnectedAt: new Date(later(10)).toISOString(),
    });
    const session = await getSession(reach, tab);
    expect(session?.conns).toBeUndefined();
    expect(session).toMatchObject({ state: 'live', detachedAt: later(10) / 1000 });
  });

  it('is harmless when repeated: the second one changes nothing', async () => {
    await connect('c1');
    await bind('c1');
    await depart(reach, 'c1', later(10));
    const before = await getConnection(reach, 'c1');
    expect(await depart(reach, 'c1', later(20))).toBe(false);
    expect(await getConnection(reach, 'c1')).toEqual(before);
    expect((await getSession(reach, tab))?.detachedAt).toBe(later(10) / 1000);
  });

  it('before its connection was written leaves a tombstone that refuses the late row', async () => {
    await depart(reach, 'early', T0);
    expect(await putConnection(reach, newConnection('early', 'PENDING', T0))).toBe(false);
    await expect(bind('early')).rejects.toMatchObject({ code: 'connection-gone' });
  });

  it('side by side with a bind never leaves a member that has left', async () => {
    for (let round = 0; round < 20; round += 1) {
      const id = `c${round}`;
      await connect(id);
      await Promise.allSettled([bind(id), depart(reach, id, T0)]);
      const row = await getConnection(reach, id);
      const isMember = (await getSession(reach, tab))?.conns?.has(id) ?? false;
      expect(isMember, `round ${round}`).toBe(row?.status === 'CONNECTED');
    }
  });
});

describe('checkSession', () => {
  it('[S0-07] leaves a live session alone, waits out the grace time, then ends it once', async () => {
    await connect('c1');
    await bind('c1');
    expect(await checkSession(reach, tab, { ...grace, now: later(500) })).toEqual({ is: 'live' });
    await depart(reach, 'c1', later(10));
    expect(await checkSession(reach, tab, { ...grace, now: later(39) })).toEqual({
      is: 'waiting',
      seconds: 1,
    });
    const verdicts = await Promise.all(
      Array.from({ length: 50 }, () => checkSession(reach, tab, { ...grace, now: later(40) })),
    );
    expect(new Set(verdicts.map(({ is }) => is))).toEqual(new Set(['ended']));
    expect(await player()).toMatchObject({ version: 2 });
    expect((await player())?.sessions).toBeUndefined();
    expect(await getSession(reach, tab)).toMatchObject({
      state: 'ended',
      ttl: later(40) / 1000 + grace.retentionSeconds,
    });
  });

  it('[S0-13] [S1-09] makes subscriptions dormant, and the next life revives them before its reply', async () => {
    await connect('c1');
    await bind('c1');
    await subscribe(reach, tab, 'c1', ['Pet', 'Toy']);
    await unsubscribe(reach, tab, ['Toy']);
    await depart(reach, 'c1', later(10));
    await checkSession(reach, tab, { ...grace, now: later(40) });
    expect((await subscription('Pet'))?.ttl).toBe(later(40) / 1000 + grace.retentionSeconds);

    await connect('c2');
    expect(await bind('c2', joe, { now: later(60) })).toEqual({ session: 'resumed' });
    expect((await subscription('Pet'))?.ttl).toBeUndefined();
    expect(await subscription('Toy')).toBeUndefined();
    expect((await getSession(reach, tab))?.dormant).toBeUndefined();
    expect((await getSession(reach, tab))?.ttl).toBeUndefined();
    expect((await player())?.version).toBe(3);
  });

  it('a late end of an earlier life does not touch what the next life revived', async () => {
    await connect('c1');
    await bind('c1');
    await subscribe(reach, tab, 'c1', ['Pet']);
    const life = (await getSession(reach, tab))?.life ?? 0;
    await depart(reach, 'c1', later(10));
    await checkSession(reach, tab, { ...grace, now: later(40) });
    await connect('c2');
    await bind('c2');
    const { makeDormant } = await import('../../lambdas/stores/subscriptions.ts');
    expect(await makeDormant(reach, tab, { topic: 'Pet', shard: 0 }, life, 1)).toBe(false);
    expect((await subscription('Pet'))?.ttl).toBeUndefined();
  });
});

describe('reap', () => {
  it('[S1-05] closes a socket that did not authenticate and spares one that did', async () => {
    await connect('slow');
    await connect('quick');
    await bind('quick');
    expect(await reap(reach, 'slow', later(5))).toBe('closed');
    expect(await reap(reach, 'quick', later(5))).toBe('spared');
    expect(reach.sockets.closed).toEqual(['slow']);
    expect((await getConnection(reach, 'slow'))?.status).toBe('DISCONNECTED');
  });

  it('before $connect has written its row leaves a tombstone, and asks to be repeated', async () => {
    expect(await reap(reach, 'unborn', later(5))).toBe('again');
    expect(await putConnection(reach, newConnection('unborn', 'PENDING', T0))).toBe(false);
    reach.sockets.open('unborn');
    expect(await reap(reach, 'unborn', later(7), false)).toBe('closed');
  });

  it('of one that had left already asks for nothing more, also when nobody closed its socket', async () => {
    await connect('left');
    await depart(reach, 'left', later(1));
    expect(await reap(reach, 'left', later(5))).toBe('closed');
    expect(await reap(reach, 'left', later(6))).toBe('spared');
  });

  it('while $connect still runs is repeated, until the gateway knows the socket', async () => {
    await putConnection(reach, newConnection('slow', 'PENDING', T0));
    expect(await reap(reach, 'slow', later(5))).toBe('again');
    expect(await reap(reach, 'slow', later(7), false)).toBe('again');
    reach.sockets.open('slow');
    expect(await reap(reach, 'slow', later(9), false)).toBe('closed');
  });
});
