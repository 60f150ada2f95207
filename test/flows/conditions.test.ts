import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type ConnectionRow,
  PLAYER_ITEM,
  playerKey,
  type SessionRow,
  sessionItem,
  subscriberKey,
  topicKey,
  topicsItem,
} from '../../contract/tables.ts';
import type { TransactItem } from '../../lambdas/platform/transact.ts';
import { transact } from '../../lambdas/platform/transact.ts';
import { putAuditLine } from '../../lambdas/stores/audit.ts';
import { barPlayer, barSession } from '../../lambdas/stores/bars.ts';
import { advanceBroadcast, beginBroadcast, getBroadcast } from '../../lambdas/stores/broadcasts.ts';
import {
  bindConnection,
  countRefusal,
  getConnection,
  leaveConnection,
  markStale,
  putConnection,
  putTombstone,
  touchConnection,
} from '../../lambdas/stores/connections.ts';
import {
  advanceMessage,
  beginMessage,
  countPage,
  getMessage,
  leaveToPages,
} from '../../lambdas/stores/direct-messages.ts';
import { dropNotice } from '../../lambdas/stores/notices.ts';
import { getNotification, markTold } from '../../lambdas/stores/notifications.ts';
import { addToPlayer, removeFromPlayer } from '../../lambdas/stores/players.ts';
import {
  beginSession,
  dropMembers,
  endSession,
  getSession,
  joinSession,
  leaveSession,
  markRevived,
} from '../../lambdas/stores/sessions.ts';
import {
  makeDormant,
  putSubscription,
  reviveSubscription,
} from '../../lambdas/stores/subscriptions.ts';
import { keepTopics, keepTopicsUntil, removeTopics } from '../../lambdas/stores/topics.ts';
import { auditLine } from '../../rules/audit.ts';
import { newBroadcast } from '../../rules/broadcast.ts';
import { newConnection } from '../../rules/connection.ts';
import { handedOn, newDirectMessage } from '../../rules/direct-message.ts';
import { type Engine, type EveryReach, startEngine } from '../support/engine.ts';

/**
 * Every write is safe by its own condition, also where another one of the same transaction would refuse
 * as well: what a flow has read before is never what makes a write right.
 */

let engine: Engine;
let reach: EveryReach;
const NOW = Date.parse('2026-01-01T12:00:00.000Z');
const tab = { tenant: 'default', userId: 'joe', sessionId: 'tab-1' };
const binding = {
  ...tab,
  connectionId: 'c1',
  authExpiresAt: NOW / 1000 + 3600,
  issuedAt: NOW / 1000,
  scopes: [],
  accepts: [],
  now: NOW,
};
const coming = { authExpiresAt: binding.authExpiresAt, accepts: [], scopes: [] };
const player = playerKey('default', 'joe');
const pending = newConnection('c1', 'PENDING', NOW);
const bound: ConnectionRow = { ...pending, ...tab, status: 'CONNECTED' };
const gone: ConnectionRow = { ...bound, status: 'DISCONNECTED' };

beforeAll(async () => {
  engine = await startEngine();
});
afterAll(() => engine.stop());
beforeEach(async () => {
  reach = await engine.createTables();
});

const put = (table: 'connections' | 'sessions' | 'subscriptions' | 'notifications', Item: object) =>
  reach.documents.send(new PutCommand({ TableName: reach.tables[table].name, Item: { ...Item } }));
const sessionRow = (more: Partial<SessionRow>) =>
  put('sessions', {
    player,
    item: sessionItem('tab-1'),
    state: 'live',
    life: 1,
    connectedAt: pending.connectedAt,
    authExpiresAt: binding.authExpiresAt,
    ...more,
  });
const playerRow = (sessions?: ReadonlySet<string>) =>
  put('sessions', { player, item: PLAYER_ITEM, version: 1, ...(sessions && { sessions }) });
const rowOf = async (item: string) => {
  const TableName = reach.tables.sessions.name;
  const { Item } = await reach.documents.send(
    new GetCommand({ TableName, Key: { player, item }, ConsistentRead: true }),
  );
  return Item;
};
const isDone = async (item: TransactItem) => (await transact(reach, [item])).isDone;

describe('a connection', () => {
  it.each([pending, bound, gone])('that is $status is not begun again', async (row) => {
    await put('connections', row);
    expect(await putConnection(reach, pending)).toBe(false);
    expect(await getConnection(reach, 'c1')).toEqual(row);
  });

  it.each([
    { read: undefined, row: pending, as: 'came' },
    { read: undefined, row: bound, as: 'came and was bound' },
    { read: pending, row: bound, as: 'was bound' },
    { read: pending, row: gone, as: 'left' },
  ])('that $as since it was read gets no tombstone', async ({ read, row }) => {
    await put('connections', row);
    expect(await putTombstone(reach, 'c1', NOW, read)).toBe(false);
    expect(await getConnection(reach, 'c1')).toEqual(row);
  });

  it.each([
    { as: 'has left', row: gone },
    { as: "is another tenant's", row: { ...bound, tenant: 'acme' } },
    { as: "is another user's", row: { ...bound, userId: 'sam' } },
    { as: "is another session's", row: { ...bound, sessionId: 'tab-2' } },
  ])('that $as is not bound', async ({ row }) => {
    await put('connections', row);
    expect(await isDone(bindConnection(reach, binding))).toBe(false);
    expect(await getConnection(reach, 'c1')).toEqual(row);
  });

  it('that has left does not leave once more, and gives no sign of life', async () => {
    await put('connections', gone);
    expect(await isDone(leaveConnection(reach, 'c1', NOW + 1000))).toBe(false);
    expect(await touchConnection(reach, 'c1', NOW + 1000)).toBe(false);
    expect(await getConnection(reach, 'c1')).toEqual(gone);
  });

  it.each([pending, gone, { ...bound, status: 'STALE' as const }])(
    'that is $status is not marked as stale',
    async (row) => {
      await put('connections', row);
      expect(await markStale(reach, 'c1')).toBe(false);
      expect(await getConnection(reach, 'c1')).toEqual(row);
      expect(await markStale(reach, 'never')).toBe(false);
      expect(await getConnection(reach, 'never')).toBeUndefined();
    },
  );

  it('that is not waiting for a token counts no refused one', async () => {
    await put('connections', bound);
    expect(await countRefusal(reach, 'c1')).toBeUndefined();
    expect(await countRefusal(reach, 'never')).toBeUndefined();
    expect(await getConnection(reach, 'never')).toBeUndefined();
  });
});

describe('a session', () => {
  it.each([
    { as: 'ended', row: { state: 'ended' } as const, read: { life: 1 } },
    { as: 'has another number', row: { life: 2 }, read: { life: 1 } },
    {
      as: 'somebody came to',
      row: { conns: new Set(['c0']) },
      read: { life: 1 },
    },
    {
      as: 'somebody else is in',
      row: { conns: new Set(['c0', 'c2']) },
      read: { life: 1, conns: new Set(['c0']) },
    },
    {
      as: 'the last one left',
      row: {},
      read: { life: 1, conns: new Set(['c0']) },
    },
    { as: 'has a newer token', row: { authExpiresAt: 1 }, read: { life: 1 } },
    {
      as: 'has a connection with an older token',
      row: { conns: new Set(['c0']), expiries: { c0: 5 } },
      read: { life: 1, conns: new Set(['c0']) },
    },
    {
      as: 'has one with another token',
      row: { conns: new Set(['c0']), expiries: { c0: 5 } },
      read: { life: 1, conns: new Set(['c0']), expiries: { c0: 6 } },
    },
    {
      as: 'was revoked',
      row: { revokedUntil: binding.issuedAt },
      read: { life: 1 },
    },
  ])('that $as is not joined as it was read', async ({ row, read }) => {
    await sessionRow(row);
    const was = { authExpiresAt: binding.authExpiresAt, ...read };
    for (const life of [was.life, was.life + 1]) {
      expect(await isDone(joinSession(reach, binding, { was, life, coming }))).toBe(false);
    }
  });

  it('with the same members, in whatever order, is joined', async () => {
    const expiries = { c0: 5, c2: 6 };
    await sessionRow({ conns: new Set(['c0', 'c2']), expiries, revokedUntil: 1 });
    const { authExpiresAt } = binding;
    const was = { life: 1, conns: new Set(['c2', 'c0']), authExpiresAt, expiries };
    expect(await isDone(joinSession(reach, binding, { was, life: 1, coming }))).toBe(true);
  });

  it.each([
    { as: 'lives', row: { life: 1 }, was: undefined },
    { as: 'lives', row: { life: 1 }, was: { life: 1 } },
    { as: 'had a life since', row: { life: 2, state: 'ended' } as const, was: { life: 1 } },
    { as: 'ended', row: { life: 1, state: 'ended' } as const, was: undefined },
    {
      as: 'was revoked since',
      row: { life: 1, state: 'ended', revokedUntil: 5 } as const,
      was: { life: 1 },
    },
    {
      as: 'was revoked again since',
      row: { life: 1, state: 'ended', revokedUntil: 6 } as const,
      was: { life: 1, revokedUntil: 5 },
    },
  ])('that $as does not begin as it was read: $was', async ({ row, was }) => {
    await sessionRow(row);
    const beginning = { was, revokedUntil: undefined };
    expect(await isDone(beginSession(reach, binding, beginning))).toBe(false);
  });

  it.each([
    { own: undefined, users: undefined, begins: undefined },
    { own: 5, users: undefined, begins: 5 },
    { own: undefined, users: 6, begins: 6 },
    { own: 5, users: 6, begins: 6 },
    { own: 7, users: 6, begins: 7 },
  ])('begins with the later mark of its own $own and its user’s $users', async (marks) => {
    const was = { life: 1, ...(marks.own !== undefined && { revokedUntil: marks.own }) };
    await sessionRow({ ...was, state: 'ended' });
    const beginning = { was, revokedUntil: marks.users };
    expect(await isDone(beginSession(reach, binding, beginning))).toBe(true);
    const row = await getSession(reach, tab);
    expect(row).toMatchObject({ life: 2, state: 'live' });
    expect(row?.revokedUntil).toBe(marks.begins);
  });

  it('that ended does not end again, and loses no members', async () => {
    await sessionRow({ state: 'ended', detachedAt: 1 });
    expect(await isDone(endSession(reach, tab, NOW / 1000, NOW / 1000))).toBe(false);
    expect(await dropMembers(reach, tab, ['c1'], NOW)).toBe(false);
    expect(await getSession(reach, tab)).toMatchObject({ state: 'ended', detachedAt: 1 });
  });

  it('with a connection does not end, however long ago another one left', async () => {
    await sessionRow({ conns: new Set(['c1']), detachedAt: 1 });
    expect(await isDone(endSession(reach, tab, NOW / 1000, NOW / 1000))).toBe(false);
  });

  it('that is no more is not made by leaving it', async () => {
    expect(await isDone(leaveSession(reach, tab, 'c1', NOW))).toBe(false);
    const notice = {
      code: 'delivery-failed',
      connectionId: 'c1',
      at: pending.connectedAt,
    } as const;
    expect(await isDone(leaveSession(reach, tab, 'c1', NOW, notice))).toBe(false);
    expect(await getSession(reach, tab)).toBeUndefined();
  });

  it('keeps a notice that is newer than the one that was told', async () => {
    const told = { code: 'delivery-failed', connectionId: 'c1', at: pending.connectedAt } as const;
    const newer = { ...told, connectionId: 'c2' };
    await sessionRow({ notice: newer });
    expect(await dropNotice(reach, tab, told)).toBe(false);
    expect((await getSession(reach, tab))?.notice).toEqual(newer);
    expect(await dropNotice(reach, { ...tab, sessionId: 'never' }, told)).toBe(false);
  });

  it('keeps its mark when it is an earlier life that was revived', async () => {
    await sessionRow({ life: 2, dormant: true });
    expect(await markRevived(reach, tab, 1)).toBe(false);
    expect((await getSession(reach, tab))?.dormant).toBe(true);
  });
});

describe('the audit log', () => {
  it('has no line written over', async () => {
    const act = { actor: 'ada', act: 'drop', target: 'connection#c1', requestId: 'r' };
    const line = auditLine(act, 'begun', { before: { status: 'CONNECTED' } }, NOW);
    await putAuditLine(reach, line);
    await putAuditLine(reach, line);
    for (const other of [{ actor: 'bob' }, { act: 'other' }, { target: 'user#default#sam' }]) {
      await expect(putAuditLine(reach, { ...line, ...other })).rejects.toThrow('conditional');
    }
    const { day, entry } = line;
    const TableName = reach.tables.audit.name;
    const { Item } = await reach.documents.send(new GetCommand({ TableName, Key: { day, entry } }));
    expect(Item).toEqual(line);
  });
});

describe('a player', () => {
  it('gets a session once, and loses it once: the version counts neither twice', async () => {
    await playerRow(new Set(['tab-1']));
    const asRead = { most: 50, revokedUntil: undefined };
    expect(await isDone(addToPlayer(reach, binding, asRead))).toBe(false);
    expect(await isDone(removeFromPlayer(reach, tab))).toBe(true);
    expect(await isDone(removeFromPlayer(reach, tab))).toBe(false);
    expect(await rowOf(PLAYER_ITEM)).toMatchObject({ version: 2 });
  });
});

describe('who is shut out', () => {
  const until = NOW / 1000;

  it('gets no session that does not know of it', async () => {
    await put('sessions', { player, item: PLAYER_ITEM, version: 1, revokedUntil: until });
    for (const [revokedUntil, done] of [
      [undefined, false],
      [until - 1, false],
      [until, true],
    ] as const) {
      expect(await isDone(addToPlayer(reach, binding, { most: 50, revokedUntil }))).toBe(done);
    }
  });

  it('stays so for the longest time that was said', async () => {
    await sessionRow({});
    for (const shut of [
      (at: number) => barSession(reach, tab, at),
      (at: number) => barPlayer(reach, tab, at),
    ]) {
      expect(await shut(until)).toBe(true);
      expect(await shut(until)).toBe(false);
      expect(await shut(until - 1)).toBe(false);
      expect(await shut(until + 1)).toBe(true);
    }
    expect(await getSession(reach, tab)).toMatchObject({ revokedUntil: until + 1 });
    expect(await rowOf(PLAYER_ITEM)).toMatchObject({ revokedUntil: until + 1, version: 0 });
  });

  it('of a session that nobody has begun is nobody', async () => {
    expect(await barSession(reach, tab, until)).toBe(false);
    expect(await getSession(reach, tab)).toBeUndefined();
  });
});

describe('subscriptions and topics', () => {
  const key = { topic: topicKey('default', 'Pet'), subscriber: subscriberKey('joe', 'tab-1') };
  const pet = { topic: 'Pet', shard: 0 };

  it('of a later life are neither made dormant nor revived by an earlier one', async () => {
    await put('subscriptions', { ...key, life: 3 });
    expect(await makeDormant(reach, tab, pet, 2, 1)).toBe(false);
    expect(await reviveSubscription(reach, tab, pet, 2)).toBe(false);
    expect(await putSubscription(reach, tab, pet, 2)).toBe(false);
    await put('sessions', { player, item: topicsItem('tab-1'), life: 3 });
    expect(await keepTopics(reach, tab, 2)).toBe(false);
    expect(await keepTopicsUntil(reach, tab, 2, 1)).toBe(false);
    expect(await rowOf(topicsItem('tab-1'))).toMatchObject({ life: 3 });
  });

  it('that are no more are not made by ending or reviving them', async () => {
    expect(await makeDormant(reach, tab, pet, 2, 1)).toBe(false);
    expect(await reviveSubscription(reach, tab, pet, 2)).toBe(false);
    expect(await keepTopicsUntil(reach, tab, 2, 1)).toBe(false);
    expect(await isDone(removeTopics(reach, tab, ['Pet'], new Map()))).toBe(false);
    expect(await rowOf(topicsItem('tab-1'))).toBeUndefined();
  });
});

describe('a message', () => {
  it('that is no more, or has no number, is not noted as told', async () => {
    const key = { topic: 'default#Pet', id: 'm1' };
    expect(await markTold(reach, key.topic, key.id)).toBe(false);
    expect(await getNotification(reach, key.topic, key.id)).toBeUndefined();
    await put('notifications', { ...key, payload: '1', at: '2026-01-01T12:00:00.000Z' });
    expect(await markTold(reach, key.topic, key.id)).toBe(false);
  });
});

describe('a broadcast', () => {
  const event = { type: 'day.begun', tournamentId: 't1', data: {} };
  const fresh = newBroadcast({ ...event, broadcastId: 'one' }, NOW);
  const second = { ...fresh, version: 2, delivered: 7 };

  it('begins once: what is noted of it already stays', async () => {
    expect(await beginBroadcast(reach, fresh)).toBe(true);
    expect(await advanceBroadcast(reach, fresh, second)).toBe(true);
    expect(await beginBroadcast(reach, fresh)).toBe(false);
    expect(await getBroadcast(reach, fresh.broadcast)).toEqual(second);
  });

  it('goes on from where it was read, or not at all', async () => {
    await beginBroadcast(reach, fresh);
    await advanceBroadcast(reach, fresh, second);
    expect(await advanceBroadcast(reach, fresh, { ...fresh, version: 2, gone: 1 })).toBe(false);
    expect(await getBroadcast(reach, fresh.broadcast)).toEqual(second);
  });
});

describe('a direct message', () => {
  const request = { to: { all: true }, message: 'hello' } as const;
  const fresh = newDirectMessage('m1', tab, request, NOW);
  const handed = handedOn(fresh, 1500, 2);
  const counts = { delivered: 900, gone: 90, failed: 10 };

  it('begins once: what became of it already stays', async () => {
    expect(await beginMessage(reach, fresh)).toBe(true);
    expect(await advanceMessage(reach, fresh, handed)).toBe(true);
    expect(await beginMessage(reach, fresh)).toBe(false);
    expect(await getMessage(reach, 'm1')).toEqual(handed);
  });

  it('goes on from where it was read, or not at all', async () => {
    await beginMessage(reach, fresh);
    await advanceMessage(reach, fresh, handed);
    expect(await advanceMessage(reach, fresh, { ...fresh, version: 9 })).toBe(false);
    expect(await leaveToPages(reach, fresh)).toBe(false);
    expect(await leaveToPages(reach, { ...fresh, message: 'never' })).toBe(false);
    expect(await getMessage(reach, 'm1')).toEqual(handed);
    expect(await getMessage(reach, 'never')).toBeUndefined();
  });

  it('counts each page once, and none that it does not wait for', async () => {
    await beginMessage(reach, handed);
    const [first = ''] = handed.waiting;
    expect(await countPage(reach, 'm1', first, counts)).toBe(true);
    expect(await countPage(reach, 'm1', first, counts)).toBe(false);
    expect(await countPage(reach, 'm1', '1-1', counts)).toBe(false);
    expect(await countPage(reach, 'never', first, counts)).toBe(false);
    expect(await getMessage(reach, 'm1')).toMatchObject(counts);
    expect(await getMessage(reach, 'never')).toBeUndefined();
  });
});
