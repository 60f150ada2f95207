import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type AuditRow,
  playerKey,
  type SubscriptionRow,
  subscriberKey,
  topicKey,
} from '../../contract/tables.ts';
import { authenticate } from '../../lambdas/flows/authenticate.ts';
import { checkSession } from '../../lambdas/flows/check-session.ts';
import { depart } from '../../lambdas/flows/depart.ts';
import { type RevokeReach, revoke } from '../../lambdas/flows/revoke.ts';
import { demandStanding } from '../../lambdas/flows/standing.ts';
import { subscribe } from '../../lambdas/flows/subscribe.ts';
import { getConnection, putConnection } from '../../lambdas/stores/connections.ts';
import { getPlayer } from '../../lambdas/stores/players.ts';
import { getSession } from '../../lambdas/stores/sessions.ts';
import { subscribersOf } from '../../lambdas/stores/subscriptions.ts';
import { newConnection } from '../../rules/connection.ts';
import { type Engine, type EveryReach, startEngine } from '../support/engine.ts';
import { identityOf } from '../support/identity.ts';
import { openTestSockets, type TestSockets } from '../support/sockets.ts';

let engine: Engine;
let reach: EveryReach & RevokeReach & { sockets: TestSockets };
/** Everybody whom the pool was told to sign out, and what happens just then. */
let signedOut: string[];
let atSignOut: () => Promise<unknown>;
const T0 = Date.parse('2026-01-01T12:00:00.000Z');
const later = (seconds: number) => T0 + seconds * 1000;
const joe = { tenant: 'default', userId: 'joe' };
const session = (sessionId: string) => ({ ...joe, sessionId });

beforeAll(async () => {
  engine = await startEngine();
});
afterAll(() => engine.stop());
beforeEach(async () => {
  signedOut = [];
  atSignOut = async () => {};
  const users = {
    signOutEverywhere: async (userId: string) => {
      signedOut.push(userId);
      await atSignOut();
    },
  };
  const tables = await engine.createTables();
  reach = { ...tables, sockets: openTestSockets(), users, retentionSeconds: 3600 };
});

/** With a token that was issued then. */
async function come(
  connectionId: string,
  { sessionId = 'tab', issued = 0, userId = 'joe', now = T0 } = {},
  through: EveryReach & { sockets: TestSockets } = reach,
) {
  reach.sockets.open(connectionId);
  await putConnection(reach, newConnection(connectionId, 'PENDING', now));
  const who = identityOf({ userId, expiresAt: T0 / 1000 + 7200, issuedAt: T0 / 1000 + issued });
  return authenticate(through, who, { connectionId, sessionId, now });
}

const act = (target: string) => ({ actor: 'ops', act: 'revoke', target, requestId: 'r1' });
const shutOut = (sessionId?: string, seconds = 10) =>
  revoke(reach, { userId: 'joe', ...(sessionId !== undefined && { sessionId }) }, { act }, () =>
    later(seconds),
  );

async function audit(): Promise<AuditRow[]> {
  const { Items } = await reach.documents.send(
    new QueryCommand({
      TableName: reach.tables.audit.name,
      KeyConditionExpression: '#day = :day',
      ExpressionAttributeNames: { '#day': 'day' },
      ExpressionAttributeValues: { ':day': new Date().toISOString().slice(0, 10) },
    }),
  );
  return (Items ?? []) as AuditRow[];
}

async function subscription(topic: string): Promise<SubscriptionRow | undefined> {
  for await (const { rows } of subscribersOf(reach, topicKey('default', topic))) {
    const own = rows.find(({ subscriber }) => subscriber === subscriberKey('joe', 'tab'));
    if (own) return own;
  }
  return undefined;
}

describe('a user who is revoked', () => {
  it('[S3-05] is out at once, everywhere: sessions, sockets, subscriptions, and what the pool mints', async () => {
    await come('c1');
    await come('c2', { sessionId: 'phone' });
    await come('other', { userId: 'sam' });
    await subscribe(reach, session('tab'), 'c1', ['Pet']);
    const { endedSessions, closed, stillOpen } = await shutOut();
    expect([...endedSessions].sort()).toEqual(['phone', 'tab']);
    expect([...closed].sort()).toEqual(['c1', 'c2']);
    expect(stillOpen).toEqual([]);
    expect([...reach.sockets.closed].sort()).toEqual(['c1', 'c2']);
    expect(signedOut).toEqual(['joe']);
    for (const id of ['c1', 'c2']) {
      expect((await getConnection(reach, id))?.status).toBe('DISCONNECTED');
    }
    expect(await getSession(reach, session('tab'))).toMatchObject({ state: 'ended' });
    expect((await subscription('Pet'))?.ttl, 'dormant').toBeGreaterThan(0);
    const player = await getPlayer(reach, joe);
    expect(player).toMatchObject({ version: 4 });
    expect(player?.sessions).toBeUndefined();
    expect((await getConnection(reach, 'other'))?.status).toBe('CONNECTED');
  });

  it('[S3-05] comes in by no token from before, whatever session it names, and by a newer one', async () => {
    await come('c1');
    await shutOut();
    for (const sessionId of ['tab', 'another']) {
      for (const issued of [0, 10]) {
        const late = come(`${sessionId}-${issued}`, { sessionId, issued, now: later(20) });
        await expect(late).rejects.toMatchObject({ code: 'access-revoked' });
      }
    }
    expect(await come('new', { issued: 11, now: later(20) })).toMatchObject({ session: 'resumed' });
  });

  it('[S3-05] comes by no token from before into a session that a newer one began', async () => {
    await shutOut();
    await come('c1', { issued: 11, now: later(20) });
    for (const sessionId of ['tab', 'phone']) {
      const late = come(`late-${sessionId}`, { sessionId, issued: 10, now: later(21) });
      await expect(late).rejects.toMatchObject({ code: 'access-revoked' });
    }
    expect(await come('c2', { issued: 11, now: later(22) })).toMatchObject({ session: 'resumed' });
  });

  it('[S3-05] who never came does not come by a token from before', async () => {
    expect(await shutOut()).toEqual({ endedSessions: [], closed: [], stillOpen: [] });
    await expect(come('c1')).rejects.toMatchObject({ code: 'access-revoked' });
    expect(await getPlayer(reach, joe)).toEqual({
      player: playerKey('default', 'joe'),
      item: 'player',
      version: 0,
      revokedUntil: T0 / 1000 + 10,
    });
  });

  it('[S3-05] is out although a token was minted, and used, while the pool was being told', async () => {
    let seconds = 10;
    atSignOut = async () => {
      await come('meanwhile', { sessionId: 'phone', issued: 11, now: later(12) });
      seconds = 13;
    };
    const { closed } = await revoke(reach, { userId: 'joe' }, { act }, () => later(seconds));
    expect(closed).toEqual(['meanwhile']);
    await expect(come('late', { issued: 12 })).rejects.toMatchObject({ code: 'access-revoked' });
  });

  it('[S3-05] who is just binding is refused, and leaves nothing behind', async () => {
    await come('c1');
    for (const sessionId of ['tab', 'fresh']) {
      let isDue = true;
      const send = async (command: { readonly input: object }): Promise<unknown> => {
        const isBind = isDue && command.constructor.name === 'TransactWriteCommand';
        if (isBind) {
          isDue = false;
          await shutOut();
        }
        return reach.documents.send(command as never);
      };
      const documents = Object.assign(Object.create(reach.documents), { send });
      const binding = come(`late-${sessionId}`, { sessionId }, { ...reach, documents });
      await expect(binding).rejects.toMatchObject({ code: 'access-revoked' });
      expect((await getConnection(reach, `late-${sessionId}`))?.status).toBe('PENDING');
    }
    expect((await getPlayer(reach, joe))?.sessions).toBeUndefined();
  });

  it('hears nothing more on a socket that the gateway does not close, and is told about it', async () => {
    await come('c1');
    await subscribe(reach, session('tab'), 'c1', ['Pet']);
    reach.sockets.delete = async () => 'failed';
    expect(await shutOut()).toMatchObject({ endedSessions: ['tab'], stillOpen: ['c1'] });
    expect((await getConnection(reach, 'c1'))?.status).toBe('DISCONNECTED');
    expect((await subscription('Pet'))?.ttl).toBeGreaterThan(0);
  });

  it('is refused over HTTP too', async () => {
    const who = (issuedAt: number) => identityOf({ userId: 'joe', expiresAt: 1, issuedAt });
    await demandStanding(reach, who(0));
    await shutOut();
    const asks = (issued: number) => demandStanding(reach, who(T0 / 1000 + issued));
    await expect(asks(10)).rejects.toMatchObject({ code: 'access-revoked' });
    await asks(11);
  });

  it('[S2-07] stands in the audit log, with what became of them; again changes nothing', async () => {
    await come('c1');
    await shutOut();
    expect(await shutOut()).toEqual({ endedSessions: [], closed: [], stillOpen: [] });
    const lines = await audit();
    expect(lines.map(({ outcome, target }) => `${outcome} ${target}`).sort()).toEqual([
      'begun user#default#joe',
      'begun user#default#joe',
      'done user#default#joe',
      'done user#default#joe',
    ]);
    expect(lines.map(({ after }) => after?.closed)).toContainEqual(['c1']);
  });
});

describe('a session that is revoked', () => {
  it('[S3-05] ends alone, and opens again to a newer token only', async () => {
    await come('c1');
    await come('c2', { sessionId: 'phone' });
    expect(await shutOut('tab')).toEqual({
      endedSessions: ['tab'],
      closed: ['c1'],
      stillOpen: [],
    });
    expect(signedOut).toEqual([]);
    expect((await getConnection(reach, 'c2'))?.status).toBe('CONNECTED');
    expect((await getPlayer(reach, joe))?.sessions).toEqual(new Set(['phone']));
    await expect(come('c3', { issued: 10 })).rejects.toMatchObject({ code: 'access-revoked' });
    await come('c4', { issued: 11 });
    await expect(come('c5', { issued: 10 })).rejects.toMatchObject({ code: 'access-revoked' });
  });

  it.each(['live', 'ended'])(
    '[S3-05] that is begun just beside it, and is %s by then, is shut to its token all the same',
    async (state) => {
      const whole = reach;
      let isDue = true;
      const send = async (command: { readonly input: object }): Promise<unknown> => {
        const isLook = isDue && command.constructor.name === 'GetCommand';
        if (isLook) {
          isDue = false;
          await come('c1', {}, whole);
          if (state === 'ended') {
            await depart(whole, 'c1', T0);
            await checkSession(whole, session('tab'), { graceSeconds: 0, ...whole, now: later(1) });
          }
        }
        return whole.documents.send(command as never);
      };
      reach = { ...reach, documents: Object.assign(Object.create(whole.documents), { send }) };
      const { closed } = await shutOut('tab');
      expect(closed).toEqual(state === 'live' ? ['c1'] : []);
      expect(await getSession(whole, session('tab'))).toMatchObject({ state: 'ended' });
      const late = come('c2', { issued: 10, now: later(20) }, whole);
      await expect(late).rejects.toMatchObject({ code: 'access-revoked' });
    },
  );

  it('that nobody has begun is nothing to revoke', async () => {
    expect(await shutOut('never')).toEqual({ endedSessions: [], closed: [], stillOpen: [] });
    expect(await getSession(reach, session('never'))).toBeUndefined();
  });
});
