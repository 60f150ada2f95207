import { BatchWriteCommand, DeleteCommand, GetCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BATCH_WRITE_ITEMS, PROBES_PER_SWEEP, SOCKET_MOST_SECONDS } from '../../contract/limits.ts';
import {
  type ConnectionRow,
  PLAYER_ITEM,
  type PlayerRow,
  playerKey,
} from '../../contract/tables.ts';
import { authenticate } from '../../lambdas/flows/authenticate.ts';
import { depart } from '../../lambdas/flows/depart.ts';
import { evict } from '../../lambdas/flows/evict.ts';
import { sweep } from '../../lambdas/flows/sweep.ts';
import { inParallel, inPieces } from '../../lambdas/platform/parallel.ts';
import { getConnection, putConnection, scanConnections } from '../../lambdas/stores/connections.ts';
import { newConnection } from '../../rules/connection.ts';
import { type Engine, type EveryReach, startEngine } from '../support/engine.ts';
import { identityOf } from '../support/identity.ts';
import { openTestSockets, type TestSockets } from '../support/sockets.ts';

let engine: Engine;
let reach: EveryReach & { sockets: TestSockets };
const T0 = Date.parse('2026-01-01T12:00:00.000Z');
const later = (seconds: number) => T0 + seconds * 1000;
const joe = identityOf({ userId: 'joe', expiresAt: T0 / 1000 + 3600 });
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

describe('sweep', () => {
  const sweepAt = (seconds: number) => sweep(reach, { ...grace, now: later(seconds) });

  it('[S3-04] [S4-05] asks about all that are older than a minute, keeps the living and takes the dead out', async () => {
    for (const id of ['dead', 'alive', 'fresh']) {
      const since = id === 'fresh' ? later(41) : T0;
      await connect(id, since);
      await bind(id, joe, { sessionId: id, now: since });
    }
    await reach.sockets.delete('dead');
    await reach.sockets.delete('fresh');
    const before = await getConnection(reach, 'alive');
    expect(await sweepAt(100)).toMatchObject({
      probed: 2,
      drift: { rowsWithoutSocket: 1, socketsWithoutRow: 0 },
    });
    expect((await getConnection(reach, 'dead'))?.status).toBe('DISCONNECTED');
    expect((await getConnection(reach, 'fresh'))?.status, 'too young to judge').toBe('CONNECTED');
    expect(await getConnection(reach, 'alive'), 'and nothing to write down').toEqual(before);
    expect(await sweepAt(101)).toMatchObject({ drift: { rowsWithoutSocket: 1 } });
  });

  it('[S3-04] with 30 % of all $disconnects lost, drift is 0 after one sweep', async () => {
    const clients = Array.from({ length: 100 }, (_, at) => ({
      id: `client-${at}`,
      user: { ...joe, userId: `user-${at % 35}` },
    }));
    await inParallel(clients, 8, async ({ id, user }) => {
      await connect(id);
      await bind(id, user, { sessionId: id });
    });
    const closing = clients.filter((_, at) => at % 2 === 0);
    await inParallel(closing, 8, async ({ id }) => {
      await reach.sockets.delete(id);
      const isLost = closing.findIndex((each) => each.id === id) % 10 < 3;
      if (!isLost) await depart(reach, id, later(30));
    });
    const drift = async () => {
      const open = clients.filter(({ id }) => !reach.sockets.closed.includes(id));
      const rows: ConnectionRow[] = [];
      for await (const page of scanConnections(reach)) rows.push(...page);
      const alive = rows.filter(({ status }) => status !== 'DISCONNECTED');
      const ids = (all: { id: string }[]) => all.map(({ id }) => id).sort();
      return [ids(alive.map(({ connectionId: id }) => ({ id }))), ids(open)];
    };
    const [rowsBefore = [], socketsBefore = []] = await drift();
    expect(rowsBefore.length - socketsBefore.length).toBe(15);
    expect((await sweepAt(90)).drift).toEqual({ rowsWithoutSocket: 15, socketsWithoutRow: 0 });
    const [rows, sockets] = await drift();
    expect(rows).toEqual(sockets);
    expect((await sweepAt(91)).drift).toEqual({ rowsWithoutSocket: 0, socketsWithoutRow: 0 });
  });

  it('[S3-10] closes what outlives its token, at the last sweep before the minute after it', async () => {
    for (const [id, lasts] of [
      ['short', 100],
      ['long', 106],
    ] as const) {
      await connect(id);
      const who = { ...joe, expiresAt: T0 / 1000 + lasts };
      await bind(id, who, { sessionId: id });
    }
    expect(await sweepAt(94)).toMatchObject({ expired: 0 });
    expect(await sweepAt(95)).toMatchObject({ expired: 1, drift: { rowsWithoutSocket: 0 } });
    expect(reach.sockets.closed).toEqual(['short']);
    expect((await getConnection(reach, 'short'))?.status).toBe('DISCONNECTED');
    expect((await getConnection(reach, 'long'))?.status).toBe('CONNECTED');
  });

  it('[S3-10] leaves alone whoever has no token: where nobody authenticates, nobody’s ends', async () => {
    reach.sockets.open('anybody');
    await putConnection(reach, newConnection('anybody', 'CONNECTED', T0));
    expect(await sweepAt(90)).toMatchObject({ expired: 0 });
    expect(reach.sockets.closed).toEqual([]);
  });

  it('[S3-04] a socket without a row is closed, and counted', async () => {
    await connect('stray');
    await bind('stray');
    await reach.documents.send(
      new DeleteCommand({
        TableName: reach.tables.connections.name,
        Key: { connectionId: 'stray' },
      }),
    );
    expect((await sweepAt(90)).drift).toEqual({ rowsWithoutSocket: 0, socketsWithoutRow: 1 });
    expect(reach.sockets.closed).toEqual(['stray']);
    expect((await sweepAt(91)).drift).toEqual({ rowsWithoutSocket: 0, socketsWithoutRow: 0 });
  });

  it('[S3-04] asks no more than its budget at once, and each has its turn', async () => {
    const ids = Array.from({ length: PROBES_PER_SWEEP + 100 }, (_, at) => `unbound-${at}`);
    await inParallel(inPieces(ids, BATCH_WRITE_ITEMS), 8, (piece) => {
      const rows = piece.map((id) => newConnection(id, 'CONNECTED', T0 - 60_000));
      const requests = rows.map((Item) => ({ PutRequest: { Item } }));
      return reach.documents.send(
        new BatchWriteCommand({ RequestItems: { [reach.tables.connections.name]: requests } }),
      );
    });
    const asked: string[] = [];
    reach.sockets.get = async (id) => {
      asked.push(id);
      return 'done';
    };
    // Both come late, the second by so much that it falls into the turn after its own.
    for (const [due, late] of [
      [0, 50],
      [60, 65],
    ] as const) {
      const times = { ...grace, now: later(due + late), scheduled: later(due) };
      expect((await sweep(reach, times)).probed).toBeLessThanOrEqual(PROBES_PER_SWEEP);
    }
    expect(asked.sort()).toEqual(ids.sort());
  });

  it('[S3-04] [S3-06] what could be neither served nor closed is stale, is asked about first, and comes back', async () => {
    await connect('c1');
    await bind('c1');
    const { delete: close } = reach.sockets;
    reach.sockets.delete = async () => 'failed';
    expect(await evict(reach, 'c1', later(1))).toBe('stays');
    expect((await getConnection(reach, 'c1'))?.status).toBe('STALE');
    reach.sockets.delete = close;
    expect(await sweepAt(90)).toMatchObject({ probed: 1, drift: { rowsWithoutSocket: 0 } });
    expect(await getConnection(reach, 'c1')).toMatchObject({
      status: 'CONNECTED',
      timestamp: '2026-01-01T12:01:30.000Z',
    });
  });

  it('moves the ttl on before a socket that nobody bound could outlive it', async () => {
    reach.sockets.open('unbound');
    await putConnection(reach, newConnection('unbound', 'CONNECTED', T0));
    for (let minute = 40; minute < 60; minute += 1) await sweepAt(60 * minute);
    const ttl = (await getConnection(reach, 'unbound'))?.ttl ?? 0;
    expect(ttl).toBeGreaterThan(later(SOCKET_MOST_SECONDS) / 1000);
  });

  it('ends a session whose check was lost, and drops members whose row is gone', async () => {
    await connect('c1');
    await bind('c1');
    await reach.documents.send(
      new DeleteCommand({
        TableName: reach.tables.connections.name,
        Key: { connectionId: 'c1' },
      }),
    );
    expect(await sweepAt(100)).toMatchObject({ healedSessions: 1, endedSessions: 0 });
    expect(await sweepAt(131)).toMatchObject({ healedSessions: 0, endedSessions: 1 });
    expect((await player())?.sessions).toBeUndefined();
  });

  it('reaps what no reaper came for', async () => {
    await connect('forgotten');
    expect(await sweepAt(30)).toMatchObject({ reaped: 0 });
    expect(await sweepAt(90)).toMatchObject({ reaped: 1 });
    expect(reach.sockets.closed).toEqual(['forgotten']);
  });
});
