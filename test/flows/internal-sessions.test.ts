import { DeleteCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { checkSessionRequest, dropConnectionRequest } from '../../contract/internal.ts';
import { authenticate } from '../../lambdas/flows/authenticate.ts';
import { depart } from '../../lambdas/flows/depart.ts';
import { dropConnection } from '../../lambdas/flows/drop-connection.ts';
import { probeSession } from '../../lambdas/flows/probe-session.ts';
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
const tab = { tenant: 'default', userId: 'joe', sessionId: 'tab-1' };
const joe = identityOf({ userId: 'joe', expiresAt: T0 / 1000 + 3600 });
const grace = { graceSeconds: 30, retentionSeconds: 3600 };

beforeAll(async () => {
  engine = await startEngine();
});
afterAll(() => engine.stop());
beforeEach(async () => {
  reach = { ...(await engine.createTables()), sockets: openTestSockets() };
});

async function bind(connectionId: string, now = T0): Promise<void> {
  reach.sockets.open(connectionId);
  await putConnection(reach, newConnection(connectionId, 'PENDING', now));
  await authenticate(reach, joe, { connectionId, sessionId: 'tab-1', now });
}

/** The socket is gone, and nobody was told. */
const die = (connectionId: string) => void reach.sockets.closed.push(connectionId);
const check = (now: number) => probeSession(reach, tab, { ...grace, now });
const members = async () => [...((await getSession(reach, tab))?.conns ?? [])].sort();

describe('dropConnection', () => {
  it('[S0-06] takes one connection out of its session, closes it, and spares the others', async () => {
    await bind('c1');
    await bind('c2');
    expect(await dropConnection(reach, 'c1', later(1))).toEqual({
      connectionId: 'c1',
      dropped: true,
    });
    expect(reach.sockets.closed).toEqual(['c1']);
    expect(await members()).toEqual(['c2']);
    expect(await getConnection(reach, 'c1')).toMatchObject({ status: 'DISCONNECTED' });
  });

  it('[S0-06] is harmless when repeated, side by side, and after its connection left', async () => {
    await bind('c1');
    await bind('c2');
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => dropConnection(reach, 'c1', later(1))),
    );
    expect(answers.some(({ dropped }) => dropped)).toBe(true);
    await depart(reach, 'c2', later(2));
    const before = await getSession(reach, tab);
    expect(await dropConnection(reach, 'c2', later(9))).toMatchObject({ dropped: false });
    expect(await getSession(reach, tab)).toEqual(before);
  });

  it('[S0-06] closes also what another call took out and did not live to close', async () => {
    await bind('c1');
    await depart(reach, 'c1', later(1));
    expect(await dropConnection(reach, 'c1', later(2))).toMatchObject({ dropped: false });
    expect(reach.sockets.closed).toEqual(['c1']);
  });

  it('[S0-06] before its connection was written refuses the late row', async () => {
    expect(await dropConnection(reach, 'c1', T0)).toMatchObject({ dropped: false });
    expect(await putConnection(reach, newConnection('c1', 'PENDING', T0))).toBe(false);
  });

  it('is a fault when the gateway does not close the socket, so that it is tried again', async () => {
    await bind('c1');
    reach.sockets.delete = async () => 'failed';
    await expect(dropConnection(reach, 'c1', later(1))).rejects.toThrow('did not close');
  });
});

describe('checkSession', () => {
  it('[S0-07] leaves a live session byte for byte as it was', async () => {
    await bind('c1');
    const before = [await getSession(reach, tab), await getConnection(reach, 'c1')];
    expect(await check(later(3600))).toEqual({ is: 'live' });
    expect([await getSession(reach, tab), await getConnection(reach, 'c1')]).toEqual(before);
  });

  it('[S0-07] takes dead members out first, says when to ask again, and then ends the session', async () => {
    await bind('c1');
    await bind('c2');
    die('c1');
    expect(await check(later(61))).toEqual({ is: 'live' });
    expect(await members()).toEqual(['c2']);
    die('c2');
    expect(await check(later(70))).toEqual({ is: 'waiting', seconds: 30 });
    expect(await check(later(90))).toEqual({ is: 'waiting', seconds: 10 });
    expect(await check(later(100))).toEqual({ is: 'ended' });
    expect(await getSession(reach, tab)).toMatchObject({ state: 'ended', dormant: true });
  });

  it('[S4-05] does not believe that a connection younger than a minute is gone', async () => {
    await bind('c1');
    die('c1');
    expect(await check(later(59))).toEqual({ is: 'live' });
    expect(await members()).toEqual(['c1']);
    expect(await check(later(60))).toMatchObject({ is: 'waiting' });
  });

  it('does not take a gateway that cannot answer for one that says no', async () => {
    await bind('c1');
    reach.sockets.planned.set('c1', ['failed']);
    expect(await check(later(600))).toEqual({ is: 'live' });
  });

  it('[S0-07] drops members whose row is gone', async () => {
    await bind('c1');
    die('c1');
    const TableName = reach.tables.connections.name;
    await reach.documents.send(new DeleteCommand({ TableName, Key: { connectionId: 'c1' } }));
    expect(await check(later(61))).toMatchObject({ is: 'waiting' });
    expect(await members()).toEqual([]);
  });

  it('[S0-07] fifty copies are as one, on a dead session and on a live one', async () => {
    await bind('c1');
    await bind('c2');
    die('c1');
    const copies = (now: number) => Promise.all(Array.from({ length: 50 }, () => check(now)));
    expect(new Set((await copies(later(61))).map(({ is }) => is))).toEqual(new Set(['live']));
    die('c2');
    await copies(later(62));
    const ended = await copies(later(62 + 30));
    expect(ended.every(({ is }) => is === 'ended')).toBe(true);
  });

  it('of a session that never was is over at once', async () => {
    expect(await check(T0)).toEqual({ is: 'ended' });
  });
});

describe('internal requests', () => {
  it.each([
    [dropConnectionRequest, { connectionId: '' }],
    [dropConnectionRequest, { connectionId: 'a#b-c-d-e-f' }],
    [dropConnectionRequest, {}],
    [checkSessionRequest, { sessionId: 'a#b', userId: 'joe' }],
    [checkSessionRequest, { sessionId: 'a', userId: 'jo#e' }],
    [checkSessionRequest, { sessionId: 'a', userId: 'joe', tenant: 'A' }],
    [checkSessionRequest, { sessionId: 'a' }],
  ])('name only what could be a key: %# %j', (shape, request) => {
    expect(shape.safeParse(request).success).toBe(false);
  });

  it('take what the gateway and the tokens give', () => {
    expect(dropConnectionRequest.safeParse({ connectionId: 'L0SM9cOFvHcCIhw=' }).success).toBe(
      true,
    );
    const userId = '54b8c4d8-8001-7000-1000-aa0000000001';
    expect(checkSessionRequest.safeParse({ sessionId: 'tab-1', userId }).success).toBe(true);
  });
});
