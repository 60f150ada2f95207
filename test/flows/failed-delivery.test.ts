import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Notice } from '../../contract/protocol.ts';
import { type NotificationRow, topicKey } from '../../contract/tables.ts';
import { answer } from '../../lambdas/flows/answer.ts';
import { authenticate } from '../../lambdas/flows/authenticate.ts';
import { checkSession } from '../../lambdas/flows/check-session.ts';
import { type DeliverReach, deliver } from '../../lambdas/flows/deliver.ts';
import { depart } from '../../lambdas/flows/depart.ts';
import { pong } from '../../lambdas/flows/pong.ts';
import { openRoutes } from '../../lambdas/flows/routes.ts';
import { speakerOf } from '../../lambdas/flows/speaker.ts';
import { stampAll } from '../../lambdas/flows/stamp.ts';
import { subscribe } from '../../lambdas/flows/subscribe.ts';
import { sweep } from '../../lambdas/flows/sweep.ts';
import { transact } from '../../lambdas/platform/transact.ts';
import { getConnection, markStale, putConnection } from '../../lambdas/stores/connections.ts';
import { putNotification } from '../../lambdas/stores/notifications.ts';
import { getSession } from '../../lambdas/stores/sessions.ts';
import { newConnection } from '../../rules/connection.ts';
import { type Engine, type EveryReach, startEngine } from '../support/engine.ts';
import { identityOf } from '../support/identity.ts';
import { openPages } from '../support/pages.ts';
import { openTestSockets, type TestSockets } from '../support/sockets.ts';

/** [S3-06] What becomes of a connection that nothing reaches, and who hears of it. */

let engine: Engine;
let reach: EveryReach & DeliverReach & { sockets: TestSockets };
const T0 = Date.parse('2026-01-01T12:00:00.000Z');
const later = (seconds: number) => T0 + seconds * 1000;
const PET = topicKey('default', 'Pet');
const times = { graceSeconds: 30, retentionSeconds: 3600 };

beforeAll(async () => {
  process.env.EPOCH = '';
  engine = await startEngine();
});
afterAll(() => engine.stop());
beforeEach(async () => {
  const tables = await engine.createTables({ hasStreams: false });
  reach = { ...tables, sockets: openTestSockets(), routes: openRoutes(), ...openPages() };
});

interface Coming {
  readonly sessionId?: string;
  readonly now?: number;
  readonly lasts?: number;
}

/** A connection of that name comes to a user's session, two minutes old. */
async function come(
  connectionId: string,
  userId = 'joe',
  { sessionId = 'tab', now = T0, lasts = 3600 }: Coming = {},
) {
  reach.sockets.open(connectionId);
  await putConnection(reach, newConnection(connectionId, 'PENDING', now - 120_000));
  const identity = identityOf({ userId, expiresAt: now / 1000 + lasts });
  const message = { action: 'authenticate', token: '', sessionId } as const;
  const through = { ...reach, verify: async () => identity, door: 'message' } as const;
  const incoming = { kind: 'action', message } as const;
  const reply = await answer(through, incoming, { connectionId, now });
  const { session, notice } = JSON.parse(reply ?? '{}');
  return { session, ...(notice && { notice }) };
}

async function listen(connectionId: string, userId = 'joe', sessionId = 'tab'): Promise<void> {
  await subscribe(reach, { tenant: 'default', userId, sessionId }, connectionId, ['Pet']);
}

async function tell(now = T0): Promise<void> {
  const row: NotificationRow = {
    topic: PET,
    id: `m${now}`,
    payload: '1',
    at: new Date(now).toISOString(),
    ttl: now / 1000 + 3600,
    topics: ['Pet'],
  };
  await transact(reach, [putNotification(reach, row)]);
  await deliver(reach, PET, await stampAll(reach, PET, [row]), now);
}

const frames = (connectionId: string) =>
  (reach.sockets.sent.get(connectionId) ?? []).map((text) => JSON.parse(text));
const notices = (connectionId: string) =>
  frames(connectionId).filter(({ type }) => type === 'notice');
const statusOf = async (connectionId: string) => (await getConnection(reach, connectionId))?.status;
const notice: Notice = {
  code: 'delivery-failed',
  connectionId: 'joes-tab',
  at: '2026-01-01T12:00:00.000Z',
};

describe('a connection that a notification does not reach, whatever is tried', () => {
  beforeEach(async () => {
    await come('joes-tab');
    await listen('joes-tab');
    reach.sockets.planned.set('joes-tab', ['failed']);
  });

  it('[S3-06] is taken out, and its user told at once on each other connection, and nobody else', async () => {
    await come('joes-phone', 'joe', { sessionId: 'phone' });
    await come('joes-other');
    await come('joes-late', 'joe', { sessionId: 'late', lasts: 0 });
    await come('sams-tab', 'sam');
    await listen('sams-tab', 'sam');
    await tell();
    expect(await statusOf('joes-tab')).toBe('DISCONNECTED');
    expect(reach.sockets.closed).toEqual(['joes-tab']);
    for (const id of ['joes-phone', 'joes-other']) {
      expect(notices(id), id).toEqual([{ type: 'notice', ...notice }]);
    }
    for (const id of ['joes-tab', 'joes-late', 'sams-tab']) expect(notices(id), id).toEqual([]);
  });

  it('[S3-06] is told of by the reply to the session’s next connection, once', async () => {
    await tell();
    expect(await come('joes-next')).toEqual({ session: 'resumed', notice });
    expect(await come('joes-more')).toEqual({ session: 'resumed' });
    expect(await come('joes-phone', 'joe', { sessionId: 'phone' })).toEqual({ session: 'new' });
  });

  it('[S3-06] is told of also when the session has ended meanwhile, and once then too', async () => {
    await tell();
    const session = { tenant: 'default', userId: 'joe', sessionId: 'tab' };
    await checkSession(reach, session, { ...times, now: later(60) });
    expect((await getSession(reach, session))?.state).toBe('ended');
    expect(await come('joes-next', 'joe', { now: later(90) })).toEqual({
      session: 'resumed',
      notice,
    });
    expect((await getSession(reach, session))?.notice).toBeUndefined();
  });

  it('[S3-06] is told of to a newer connection of the session, which begins a new number of it', async () => {
    await come('joes-other');
    await tell();
    expect(await come('joes-next')).toEqual({ session: 'resumed', notice });
    expect(await come('joes-more')).toEqual({ session: 'resumed' });
  });

  it('[S3-06] is still to be told of where a connection comes without a reply', async () => {
    await tell();
    reach.sockets.open('joes-entry');
    await putConnection(reach, newConnection('joes-entry', 'PENDING', T0));
    const identity = identityOf({ userId: 'joe', expiresAt: T0 / 1000 + 3600 });
    await authenticate(reach, identity, { connectionId: 'joes-entry', sessionId: 'tab', now: T0 });
    expect(await come('joes-next')).toEqual({ session: 'resumed', notice });
  });

  it('[S3-06] is no news when it has left by itself meanwhile', async () => {
    await come('joes-phone', 'joe', { sessionId: 'phone' });
    const { delete: close } = reach.sockets;
    reach.sockets.delete = async (id) => {
      await depart(reach, id, T0);
      return close(id);
    };
    await tell();
    expect(notices('joes-phone')).toEqual([]);
    expect(await come('joes-next')).toEqual({ session: 'resumed' });
  });

  it('[S3-06] is stale when nobody can even close it', async () => {
    await come('joes-phone', 'joe', { sessionId: 'phone' });
    reach.sockets.delete = async () => 'failed';
    await tell();
    expect(await statusOf('joes-tab')).toBe('STALE');
    expect(notices('joes-phone')).toEqual([]);
  });

  it('[S3-06] troubles nobody when a notice of it does not arrive either', async () => {
    await come('joes-phone', 'joe', { sessionId: 'phone' });
    reach.sockets.planned.set('joes-phone', ['failed']);
    await tell();
    expect(await statusOf('joes-phone')).toBe('CONNECTED');
    expect(await come('joes-next')).toMatchObject({ notice });
  });
});

it('[S3-06] a connection that was not found leaves without a word: its socket is known to be closed', async () => {
  await come('joes-tab');
  await listen('joes-tab');
  await come('joes-phone', 'joe', { sessionId: 'phone' });
  await reach.sockets.delete('joes-tab');
  await tell();
  expect(await statusOf('joes-tab')).toBe('DISCONNECTED');
  expect(notices('joes-phone')).toEqual([]);
  expect(await come('joes-next')).toEqual({ session: 'resumed' });
});

describe('a stale connection', () => {
  beforeEach(async () => {
    await come('joes-tab');
    await markStale(reach, 'joes-tab');
  });

  it('[S3-04] is connected again by its next ping, and by its next message', async () => {
    await pong(reach, { type: 'ping' }, { connectionId: 'joes-tab', now: later(1) });
    expect(await statusOf('joes-tab')).toBe('CONNECTED');
    await markStale(reach, 'joes-tab');
    await speakerOf(reach, { connectionId: 'joes-tab', now: later(2) });
    expect(await statusOf('joes-tab')).toBe('CONNECTED');
  });

  it('[S3-04] is asked about by the next sweep: connected again, or out', async () => {
    await come('sams-tab', 'sam');
    await markStale(reach, 'sams-tab');
    await reach.sockets.delete('sams-tab');
    expect(await sweep(reach, { ...times, now: later(1) })).toMatchObject({
      probed: 2,
      drift: { rowsWithoutSocket: 1 },
    });
    expect(await statusOf('joes-tab')).toBe('CONNECTED');
    expect(await statusOf('sams-tab')).toBe('DISCONNECTED');
  });
});
