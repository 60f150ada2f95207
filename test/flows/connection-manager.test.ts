import { PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CONNECTIONS_PER_PAGE_MOST } from '../../contract/limits.ts';
import type { AuditRow, ConnectionRow } from '../../contract/tables.ts';
import { authenticate } from '../../lambdas/flows/authenticate.ts';
import { depart } from '../../lambdas/flows/depart.ts';
import { type ManagerReach, manageConnections } from '../../lambdas/flows/manage-connections.ts';
import { openRoutes } from '../../lambdas/flows/routes.ts';
import { managerEdge } from '../../lambdas/platform/manager-edge.ts';
import { getConnection, putConnection } from '../../lambdas/stores/connections.ts';
import { getSession } from '../../lambdas/stores/sessions.ts';
import { newConnection } from '../../rules/connection.ts';
import { type Engine, type EveryReach, startEngine } from '../support/engine.ts';
import { identityOf } from '../support/identity.ts';
import { openTestJournal, type TestJournal } from '../support/journal.ts';
import { openPages } from '../support/pages.ts';
import { openTestParked } from '../support/parked.ts';
import { openTestSockets, type TestSockets } from '../support/sockets.ts';

let engine: Engine;
let reach: EveryReach & { sockets: TestSockets; journal: TestJournal } & ManagerReach;
const T0 = Date.parse('2026-01-01T12:00:00.000Z');
const later = (seconds: number) => T0 + seconds * 1000;
const joe = identityOf({ userId: 'joe', expiresAt: T0 / 1000 + 86_400 });
const desk = 'desk-0000000000=';
const phone = 'phone-000000000=';

beforeAll(async () => {
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
    journal: openTestJournal('2026-01-01T12:00:00.000Z'),
  };
});

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any shape.
type Answer = { statusCode: number; body: any };

/** As the function answers it, at that second of the test's day. */
const ask = (payload: unknown, at = 1, requestId = 'request-1'): Promise<Answer> =>
  managerEdge((given) => manageConnections(reach, given, { now: later(at), requestId }))(payload, {
    awsRequestId: requestId,
  });

async function bind(connectionId: string, sessionId: string, at = 0, who = joe): Promise<void> {
  reach.sockets.open(connectionId);
  await putConnection(reach, newConnection(connectionId, 'PENDING', later(at)));
  await authenticate(reach, who, { connectionId, sessionId, now: later(at) });
}

const put = (row: Partial<ConnectionRow>) =>
  reach.documents.send(
    new PutCommand({ TableName: reach.tables.connections.name, Item: { ...row } }),
  );

async function auditLines(): Promise<AuditRow[]> {
  const { Items = [] } = await reach.documents.send(
    new ScanCommand({ TableName: reach.tables.audit.name }),
  );
  return (Items as AuditRow[]).sort((a, b) => (a.entry < b.entry ? -1 : 1));
}

const listed = (connectionId: string, userId = 'joe') => ({
  connectionId,
  userId,
  status: 'CONNECTED',
  createdAt: '2026-01-01T12:00:00.000Z',
});
const byId = (a: { connectionId: string }, b: { connectionId: string }) =>
  a.connectionId < b.connectionId ? -1 : 1;

describe('get_user_connections', () => {
  it('[S2-01] [S2-10] lists the active connections of one user, on every device', async () => {
    await bind(desk, 'desk');
    await bind(phone, 'phone');
    await bind('sams-000000000=', 'tab', 0, { ...joe, userId: 'sam' });
    const { statusCode, body } = await ask({ action: 'get_user_connections', userId: 'joe' });
    expect(statusCode).toBe(200);
    expect(Object.keys(body)).toEqual(['connections', 'count']);
    expect(body.connections.sort(byId)).toEqual([listed(desk), listed(phone)]);
    expect(body.count).toBe(2);
  });

  it('[S2-01] is empty for a user who is not there', async () => {
    expect(await ask({ action: 'get_user_connections', userId: 'nobody' })).toEqual({
      statusCode: 200,
      body: { connections: [], count: 0 },
    });
  });

  it('[S2-01] knows neither tombstones, nor stale ones, nor rows past their time', async () => {
    await bind(desk, 'desk');
    await bind(phone, 'phone');
    await depart(reach, desk, later(1));
    await ask({ action: 'update_connection_status', connectionId: phone, status: 'STALE' });
    await put({ ...listed('expired-0000000='), status: 'CONNECTED', ttl: T0 / 1000 });
    expect((await ask({ action: 'get_user_connections', userId: 'joe' })).body.count).toBe(0);
  });
});

describe('get_all_connections', () => {
  it('[S2-02] lists every active connection of everybody, through all pages of the table', async () => {
    const ids = Array.from({ length: 3000 }, (_, at) => `c-${at}`.padEnd(15, '-').concat('='));
    const filler = 'x'.repeat(600); // 1.9 MB: DynamoDB answers 1 MB at a time
    await Promise.all(
      ids.map((id) =>
        put({ ...listed(id), status: 'CONNECTED', ttl: T0 / 1000 + 60, sessionId: filler }),
      ),
    );
    await put({ ...listed('gone-0000000000='), status: 'DISCONNECTED', ttl: T0 / 1000 + 60 });
    await put({ ...listed('pending-0000000='), status: 'PENDING', ttl: T0 / 1000 + 60 });
    await put({ ...listed('expired-0000000='), status: 'CONNECTED', ttl: T0 / 1000 + 1 });
    const { statusCode, body } = await ask({ action: 'get_all_connections' });
    expect(statusCode).toBe(200);
    expect(body.count).toBe(3000);
    expect(body.connections.map(({ connectionId }: ConnectionRow) => connectionId).sort()).toEqual(
      ids.sort(),
    );
    expect(body.connections[0]).toEqual(listed(body.connections[0].connectionId));

    const walked: string[] = [];
    let nextToken: string | undefined;
    do {
      const page = await ask({ action: 'get_all_connections', limit: 700, nextToken });
      expect(page.body.count).toBe(page.body.connections.length);
      expect(page.body.count).toBeLessThanOrEqual(700);
      walked.push(...page.body.connections.map((each: ConnectionRow) => each.connectionId));
      ({ nextToken } = page.body);
    } while (nextToken !== undefined);
    expect(walked.sort()).toEqual(ids);
  });

  it('[S2-02] a page that ends with the list has no next one', async () => {
    await bind(desk, 'desk');
    expect(await ask({ action: 'get_all_connections', limit: 1 })).toEqual({
      statusCode: 200,
      body: { connections: [listed(desk)], count: 1 },
    });
  });

  it('[S2-02] through the door none, they are nobody’s', async () => {
    await putConnection(reach, newConnection('anonymous', 'CONNECTED', T0));
    const { body } = await ask({ action: 'get_all_connections' });
    expect(body.connections).toEqual([
      { connectionId: 'anonymous', status: 'CONNECTED', createdAt: '2026-01-01T12:00:00.000Z' },
    ]);
  });

  it('[S2-02] is empty for an empty table', async () => {
    expect(await ask({ action: 'get_all_connections' })).toEqual({
      statusCode: 200,
      body: { connections: [], count: 0 },
    });
  });

  it('[S2-02] an answer beyond what an invocation carries is a 413 that says so, never a cut list', async () => {
    const wide = 'w'.repeat(300_000);
    for (let at = 0; at < 22; at += 1) {
      // Listed attributes are short; only a foreign writer makes an answer this large with few rows.
      await put({ ...listed(`wide-${at}`), createdAt: wide, ttl: T0 / 1000 + 60 } as ConnectionRow);
    }
    const { statusCode, body } = await ask({ action: 'get_all_connections' });
    expect(statusCode).toBe(413);
    expect(body).toEqual({
      code: 'answer-too-large',
      message: 'The whole answer is more than one invocation carries: ask for it in pages.',
    });
    expect((await ask({ action: 'get_all_connections', limit: 5 })).statusCode).toBe(200);
  });
});

describe('update_connection_status', () => {
  const update = (status: string, connectionId = desk, at = 1) =>
    ask({ action: 'update_connection_status', connectionId, status }, at);

  it('[S2-03] DISCONNECTED takes it out of its session, closes its socket and answers the row', async () => {
    await bind(desk, 'desk');
    const { statusCode, body } = await update('DISCONNECTED');
    expect(statusCode).toBe(200);
    expect(body).toMatchObject({ connectionId: desk, status: 'DISCONNECTED', sessionId: 'desk' });
    expect(body).toEqual(await getConnection(reach, desk));
    expect(reach.sockets.closed).toEqual([desk]);
    const session = await getSession(reach, { ...joe, sessionId: 'desk' });
    expect(session?.conns).toBeUndefined();
  });

  it('[S2-03] STALE and back again is the life that the flows know, and nothing else changes', async () => {
    await bind(desk, 'desk');
    const before = await getConnection(reach, desk);
    expect((await update('STALE')).body).toEqual({ ...before, status: 'STALE' });
    expect((await update('CONNECTED', desk, 5)).body).toMatchObject({
      status: 'CONNECTED',
      timestamp: '2026-01-01T12:00:05.000Z',
    });
  });

  it.each([
    { from: 'PENDING', to: 'CONNECTED' },
    { from: 'PENDING', to: 'STALE' },
    { from: 'CONNECTED', to: 'PENDING' },
    { from: 'STALE', to: 'PENDING' },
    { from: 'DISCONNECTED', to: 'CONNECTED' },
    { from: 'DISCONNECTED', to: 'STALE' },
    { from: 'DISCONNECTED', to: 'PENDING' },
  ] as const)(
    '[S2-03] from $from to $to is a 409, and nothing is written',
    async ({ from, to }) => {
      const row = { ...newConnection(desk, 'PENDING', T0), status: from };
      await put(row);
      const { statusCode, body } = await update(to);
      expect(statusCode).toBe(409);
      expect(body.code).toBe('transition-illegal');
      expect(body.message).toContain(`It is ${from}, and was to be ${to}.`);
      expect(await getConnection(reach, desk)).toEqual(row);
      expect(reach.sockets.closed).toEqual([]);
    },
  );

  it('[S2-03] to the status that it has is harmless', async () => {
    await bind(desk, 'desk');
    const before = await getConnection(reach, desk);
    expect(await update('CONNECTED')).toEqual({ statusCode: 200, body: before });
    const left = await update('DISCONNECTED');
    expect(await update('DISCONNECTED', desk, 9)).toEqual(left);
  });

  it('[S2-03] of a connection that nobody knows is a 404', async () => {
    const { statusCode, body } = await update('DISCONNECTED', 'unknown-000000=');
    expect([statusCode, body.code]).toEqual([404, 'not-found']);
    expect(await getConnection(reach, 'unknown-000000=')).toBeUndefined();
  });

  it('a socket that the gateway does not close is a 503, and the connection is stale', async () => {
    await bind(desk, 'desk');
    reach.sockets.delete = async () => 'failed';
    expect((await update('DISCONNECTED')).statusCode).toBe(503);
    expect((await getConnection(reach, desk))?.status).toBe('STALE');
  });
});

describe('cleanup_stale_connections', () => {
  const cleanUp = (at: number) => ask({ action: 'cleanup_stale_connections' }, at);
  const answer = (cleanedCount: number) => ({
    statusCode: 200,
    body: { message: 'Stale connections cleaned up', cleanedCount },
  });

  it('[S2-04] takes out the dead that nothing was heard of for an hour, and counts those alone', async () => {
    await bind('dead-0000000000=', 'a');
    await bind('alive-000000000=', 'b');
    await bind('fresh-000000000=', 'c', 3000);
    await bind('left-0000000000=', 'd');
    await reach.sockets.delete('dead-0000000000=');
    await reach.sockets.delete('fresh-000000000=');
    await depart(reach, 'left-0000000000=', later(60));
    const alive = await getConnection(reach, 'alive-000000000=');
    expect(await cleanUp(3600)).toEqual(answer(0));
    expect(await cleanUp(3601)).toEqual(answer(1));
    expect((await getConnection(reach, 'dead-0000000000='))?.status).toBe('DISCONNECTED');
    expect((await getConnection(reach, 'fresh-000000000='))?.status).toBe('CONNECTED');
    expect(await getConnection(reach, 'alive-000000000=')).toEqual(alive);
    expect(await cleanUp(3602)).toEqual(answer(0));
  });

  it('[S2-04] asks before it judges: a gateway that cannot answer condemns nobody', async () => {
    await bind(desk, 'desk');
    reach.sockets.planned.set(desk, ['failed']);
    expect(await cleanUp(7000)).toEqual(answer(0));
    expect((await getConnection(reach, desk))?.status).toBe('CONNECTED');
  });

  it('[S2-04] takes a stale one that answers for what it is: connected', async () => {
    await bind(desk, 'desk');
    await ask({ action: 'update_connection_status', connectionId: desk, status: 'STALE' });
    expect(await cleanUp(3700)).toEqual(answer(0));
    expect(await getConnection(reach, desk)).toMatchObject({
      status: 'CONNECTED',
      timestamp: '2026-01-01T13:01:40.000Z',
    });
  });

  it('[S2-04] an empty table is clean', async () => {
    expect(await cleanUp(0)).toEqual(answer(0));
  });
});

describe('drop_user', () => {
  const drop = (request: object = {}) => ask({ action: 'drop_user', userId: 'joe', ...request });

  it('[S2-10] closes every connection of a user on every device, and nobody else’s', async () => {
    await bind(desk, 'desk');
    await bind(phone, 'phone');
    await bind('tab-2-00000000=', 'phone');
    await bind('sams-000000000=', 'tab', 0, { ...joe, userId: 'sam' });
    await bind('acme-000000000=', 'tab', 0, { ...joe, tenant: 'acme' });
    expect(await drop()).toEqual({
      statusCode: 200,
      body: { userId: 'joe', tenant: 'default', droppedCount: 3 },
    });
    expect(reach.sockets.closed.sort()).toEqual([desk, phone, 'tab-2-00000000='].sort());
    for (const sessionId of ['desk', 'phone']) {
      expect((await getSession(reach, { ...joe, sessionId }))?.conns).toBeUndefined();
    }
    expect((await drop({ tenant: 'acme' })).body.droppedCount).toBe(1);
    expect((await getConnection(reach, 'sams-000000000='))?.status).toBe('CONNECTED');
  });

  it('is harmless when repeated, and for a user who is not there', async () => {
    await bind(desk, 'desk');
    await drop();
    expect((await drop()).body.droppedCount).toBe(0);
    expect((await drop({ userId: 'nobody' })).body.droppedCount).toBe(0);
  });

  it('says how many the gateway did not close, and goes on with them when asked again', async () => {
    await bind(desk, 'desk');
    await bind(phone, 'phone');
    const { delete: close } = reach.sockets;
    reach.sockets.delete = async (id) => (id === phone ? 'failed' : close(id));
    expect(await drop()).toEqual({
      statusCode: 503,
      body: {
        code: 'busy',
        message: 'Too much at once: try again in a moment. The gateway did not close 1 of them.',
      },
    });
    reach.sockets.delete = close;
    expect((await drop()).body.droppedCount).toBe(1);
  });

  it('[S2-07] stands in the audit log with everything that it was about', async () => {
    await bind(desk, 'desk');
    await drop({ actor: 'ada' });
    expect((await auditLines()).at(-1)).toMatchObject({
      actor: 'ada',
      act: 'drop_user',
      target: 'user#default#joe',
      outcome: 'done',
      before: { sessions: ['desk'], connectionIds: [desk] },
      after: { droppedCount: 1 },
    });
  });
});

describe('requests and faults', () => {
  it.each([
    [undefined, 'malformed'],
    [null, 'malformed'],
    ['cleanup', 'malformed'],
    [{}, 'malformed'],
    [{ action: 7 }, 'malformed'],
    [{ action: 'drop_table' }, 'unknown-action'],
    [{ action: '__proto__' }, 'unknown-action'],
    [{ action: 'get_user_connections' }, 'malformed'],
    [{ action: 'get_user_connections', userId: '' }, 'malformed'],
    [{ action: 'get_user_connections', userId: 'a#b' }, 'malformed'],
    [{ action: 'get_all_connections', limit: 0 }, 'malformed'],
    [{ action: 'get_all_connections', limit: CONNECTIONS_PER_PAGE_MOST + 1 }, 'malformed'],
    [{ action: 'get_all_connections', nextToken: 'a#b' }, 'malformed'],
    [{ action: 'update_connection_status', connectionId: desk }, 'malformed'],
    [{ action: 'update_connection_status', connectionId: desk, status: 'GONE' }, 'malformed'],
    [{ action: 'update_connection_status', status: 'STALE' }, 'malformed'],
    [{ action: 'cleanup_stale_connections', actor: '' }, 'malformed'],
    [{ action: 'drop_user' }, 'malformed'],
    [{ action: 'drop_user', userId: 'joe', tenant: 'A' }, 'malformed'],
  ])('[S2-06] %j is a 400: %s', async (payload, code) => {
    const { statusCode, body } = await ask(payload);
    expect([statusCode, body.code]).toEqual([400, code]);
    expect(typeof body.message).toBe('string');
  });

  it('[S2-06] a failure of DynamoDB is a 500 that tells nothing of the inside', async () => {
    const connections = { ...reach.tables.connections, name: 'nowhere' };
    reach = { ...reach, tables: { ...reach.tables, connections } };
    for (const payload of [
      { action: 'get_user_connections', userId: 'joe' },
      { action: 'get_all_connections' },
      { action: 'update_connection_status', connectionId: desk, status: 'STALE' },
      { action: 'cleanup_stale_connections' },
    ]) {
      expect(await ask(payload)).toEqual({
        statusCode: 500,
        body: { code: 'internal', message: 'Something failed here: the log says what.' },
      });
    }
  });

  it.each(['ProvisionedThroughputExceededException', 'ThrottlingException', 'InternalServerError'])(
    '[S2-06] %s of DynamoDB is a 503: ask again',
    async (name) => {
      const fail = managerEdge(async () => {
        throw Object.assign(new Error('inside'), { name });
      });
      expect(await fail({}, { awsRequestId: 'r' })).toEqual({
        statusCode: 503,
        body: { code: 'busy', message: 'Too much at once: try again in a moment.' },
      });
    },
  );
});

describe('the audit log', () => {
  it('[S2-07] has each act with actor, target, before and after, twice: begun and done', async () => {
    await bind(desk, 'desk');
    const before = await getConnection(reach, desk);
    const request = { action: 'update_connection_status', connectionId: desk };
    await ask({ ...request, status: 'DISCONNECTED', actor: 'ada' }, 1, 'request-7');
    const after = await getConnection(reach, desk);
    const [begun, done, ...more] = await auditLines();
    expect(more).toEqual([]);
    const act = {
      actor: 'ada',
      act: 'update_connection_status',
      target: `connection#${desk}`,
      requestId: 'request-7',
      before,
    };
    expect(begun).toMatchObject({ ...act, outcome: 'begun' });
    expect(begun).not.toHaveProperty('after');
    expect(done).toMatchObject({ ...act, outcome: 'done', after });
    expect(done?.entry).toBe(`${done?.at}#request-7#done`);
    expect(done?.day).toBe(done?.at.slice(0, 10));
    expect(done?.ttl).toBe(Math.floor(Date.parse(done?.at ?? '') / 1000) + 400 * 24 * 3600);
  });

  it('[S2-07] has what was refused and what failed, too', async () => {
    await ask({ action: 'update_connection_status', connectionId: desk, status: 'STALE' });
    expect(
      (await auditLines()).map(({ outcome, actor, after }) => [outcome, actor, after]),
    ).toEqual([
      ['begun', 'unnamed', undefined],
      ['refused', 'unnamed', { code: 'not-found' }],
    ]);
    await bind(desk, 'desk');
    reach.sockets.delete = async () => {
      throw new Error('inside');
    };
    await ask({ action: 'update_connection_status', connectionId: desk, status: 'DISCONNECTED' });
    const outcomes = (await auditLines()).map(({ outcome }) => outcome);
    expect(outcomes.filter((each) => each === 'failed')).toHaveLength(1);
  });

  it('[S2-07] what cannot be written down is not done', async () => {
    await bind(desk, 'desk');
    const before = await getConnection(reach, desk);
    reach = {
      ...reach,
      tables: { ...reach.tables, audit: { ...reach.tables.audit, name: 'nowhere' } },
    };
    const request = { action: 'update_connection_status', connectionId: desk, status: 'STALE' };
    expect((await ask(request)).statusCode).toBe(500);
    expect(await getConnection(reach, desk)).toEqual(before);
  });

  it('[S2-07] tells of a clean-up what it found and what came of it', async () => {
    await bind('dead-0000000000=', 'a');
    await bind('alive-000000000=', 'b');
    await reach.sockets.delete('dead-0000000000=');
    await ask({ action: 'cleanup_stale_connections' }, 3601);
    const [, done] = await auditLines();
    expect(done).toMatchObject({
      act: 'cleanup_stale_connections',
      target: 'connections',
      outcome: 'done',
      before: { stale: 2 },
      after: { left: 1, alive: 1, unknown: 0 },
    });
  });
});

it('[S2-11] the life of a connection, as administration sees it', async () => {
  const seen = async () => (await ask({ action: 'get_all_connections' })).body.count;
  reach.sockets.open(desk);
  await putConnection(reach, newConnection(desk, 'PENDING', T0));
  expect(await seen(), 'pending').toBe(0);
  await authenticate(reach, joe, { connectionId: desk, sessionId: 'desk', now: T0 });
  expect(await seen(), 'connected').toBe(1);
  const update = (status: string) =>
    ask({ action: 'update_connection_status', connectionId: desk, status });
  await update('STALE');
  expect(await seen(), 'stale').toBe(0);
  await update('CONNECTED');
  expect(await seen(), 'connected again').toBe(1);
  await update('DISCONNECTED');
  expect(await seen(), 'left').toBe(0);
  expect((await update('CONNECTED')).statusCode).toBe(409);
});
