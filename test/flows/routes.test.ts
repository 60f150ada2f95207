import { BatchGetCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SOCKET_MOST_SECONDS } from '../../contract/limits.ts';
import { type NotificationRow, topicKey } from '../../contract/tables.ts';
import { authenticate } from '../../lambdas/flows/authenticate.ts';
import { checkSession } from '../../lambdas/flows/check-session.ts';
import { type DeliverReach, deliver } from '../../lambdas/flows/deliver.ts';
import { depart } from '../../lambdas/flows/depart.ts';
import { openRoutes } from '../../lambdas/flows/routes.ts';
import { subscribe } from '../../lambdas/flows/subscribe.ts';
import { getConnection, putConnection } from '../../lambdas/stores/connections.ts';
import { getSession } from '../../lambdas/stores/sessions.ts';
import { putSubscription } from '../../lambdas/stores/subscriptions.ts';
import { newConnection } from '../../rules/connection.ts';
import { compileTopics } from '../../rules/topic-policy.ts';
import { type Engine, type EveryReach, startEngine } from '../support/engine.ts';
import { identityOf } from '../support/identity.ts';
import { openPages } from '../support/pages.ts';
import { openTestSockets, type TestSockets } from '../support/sockets.ts';

/** What a process remembers of sessions never costs anybody a message, however they come and go. */

let engine: Engine;
let reach: EveryReach & DeliverReach & { sockets: TestSockets };
const T0 = Date.parse('2026-01-01T12:00:00.000Z');
const later = (seconds: number) => T0 + seconds * 1000;
const PET = topicKey('default', 'Pet');
const HOUR = 3600;
const tab = { tenant: 'default', userId: 'sam', sessionId: 'tab' };

beforeAll(async () => {
  process.env.EPOCH = '';
  engine = await startEngine();
});
afterAll(() => engine.stop());
beforeEach(async () => {
  const tables = await engine.createTables();
  reach = { ...tables, sockets: openTestSockets(), routes: openRoutes(), ...openPages() };
});

interface Coming {
  readonly replaces?: string;
  readonly lasts?: number;
  readonly sessionId?: string;
}

/** A connection of Sam's, a minute old and more. */
async function come(
  connectionId: string,
  { replaces, lasts = HOUR, sessionId = 'tab' }: Coming = {},
) {
  reach.sockets.open(connectionId);
  await putConnection(reach, newConnection(connectionId, 'PENDING', T0 - 120_000));
  return renew(connectionId, lasts, { sessionId, ...(replaces !== undefined && { replaces }) });
}

const renew = (connectionId: string, lasts: number, more: object = {}) =>
  authenticate(reach, identityOf({ userId: 'sam', expiresAt: T0 / 1000 + lasts }), {
    connectionId,
    sessionId: 'tab',
    now: T0,
    ...more,
  });

const listen = (connectionId: string, topic = 'Pet') =>
  subscribe(reach, tab, connectionId, [topic]);

let said = 0;
async function say(now = T0, topic = PET): Promise<void> {
  said += 1;
  const id = `m${said}`;
  const message: NotificationRow = { topic, id, payload: '1', at: '', ttl: 1, topics: ['Pet'] };
  await deliver(reach, topic, [{ ...message, seq: said, epoch: 'e' }], now);
}

const heard = (connectionId: string) => reach.sockets.sent.get(connectionId)?.length ?? 0;

/** How many sessions' rows are read while something is done. */
async function reads(work: () => Promise<unknown>): Promise<number> {
  const { documents } = reach;
  let count = 0;
  const send = (command: object) => {
    if (command instanceof BatchGetCommand) count += 1;
    return documents.send(command as never);
  };
  reach = { ...reach, documents: Object.assign(Object.create(documents), { send }) };
  await work();
  reach = { ...reach, documents };
  return count;
}

describe('a route that is remembered', () => {
  it('spares reading the session for every message', async () => {
    await come('a');
    await listen('a');
    expect(await reads(() => say())).toBe(1);
    expect(await reads(() => say())).toBe(0);
    expect(heard('a')).toBe(2);
  });

  it('is nobody’s of another tenant, though user and session have the same names', async () => {
    await come('a');
    await listen('a');
    const other = { ...tab, tenant: 'acme' };
    reach.sockets.open('b');
    await putConnection(reach, newConnection('b', 'PENDING', T0 - 120_000));
    const identity = identityOf({ ...other, expiresAt: T0 / 1000 + HOUR });
    await authenticate(reach, identity, { connectionId: 'b', sessionId: 'tab', now: T0 });
    await subscribe(reach, other, 'b', ['Pet']);
    for (const topic of [PET, topicKey('acme', 'Pet'), PET, PET]) await say(T0, topic);
    expect([heard('a'), heard('b')]).toEqual([3, 1]);
  });

  it('is learnt again after a clean close, and whoever came back gets the message once', async () => {
    await come('a');
    await listen('a');
    await say();
    await reach.sockets.delete('a');
    await depart(reach, 'a', T0);
    await come('b');
    const left = await getConnection(reach, 'a');
    await say();
    await say();
    expect([heard('a'), heard('b')]).toEqual([1, 2]);
    expect(await getConnection(reach, 'a'), 'its tombstone stays as it was').toEqual(left);
  });

  it('with two sockets, both closed since, finds the new one once', async () => {
    await come('a');
    await come('b');
    await listen('b');
    await say();
    for (const id of ['a', 'b']) {
      await reach.sockets.delete(id);
      await depart(reach, id, T0);
    }
    await come('c');
    await say();
    expect([heard('a'), heard('b'), heard('c')]).toEqual([1, 1, 1]);
  });

  it('to a half-dead socket, which swallows posts, does not stand in the way of a new one', async () => {
    await come('half-dead');
    await listen('half-dead');
    await say();
    await come('new');
    await say();
    expect(heard('new')).toBe(1);
  });

  it('to a replaced socket finds it closed', async () => {
    await come('old');
    await listen('old');
    await say();
    await come('new', { replaces: 'old' });
    expect((await getSession(reach, tab))?.life, 'nothing is rewritten').toBe(1);
    await say();
    expect([heard('old'), heard('new')]).toEqual([1, 1]);
  });

  it('to a replaced socket that the gateway does not close is good no more', async () => {
    await come('old');
    await listen('old');
    await say();
    const close = reach.sockets.delete;
    reach.sockets.delete = async () => 'failed';
    await come('new', { replaces: 'old' });
    reach.sockets.delete = close;
    await say();
    expect(heard('new')).toBe(1);
    expect((await getSession(reach, tab))?.conns).toEqual(new Set(['old', 'new']));
  });

  it('to a socket that its own gateway wrongly called gone is good no more: it is closed', async () => {
    await come('a');
    await listen('a');
    await say();
    reach.sockets.planned.set('a', ['gone']);
    await say();
    expect(reach.sockets.closed).toEqual(['a']);
    await come('b');
    await say();
    expect(heard('b')).toBe(1);
  });

  it('brings nothing after its token’s expiry, and goes on when a newer one has come', async () => {
    await come('a', { lasts: 600 });
    await listen('a');
    await say();
    await say(later(600));
    expect(heard('a')).toBe(1);
    await renew('a', HOUR);
    await say(later(600));
    expect(heard('a')).toBe(2);
  });

  it('[S3-10] brings nothing to a connection after its own token’s expiry, whatever the others have', async () => {
    await come('a', { lasts: 600 });
    await come('b');
    await listen('b');
    await say();
    await say(later(600));
    expect([heard('a'), heard('b')]).toEqual([1, 2]);
    await renew('a', HOUR);
    await say(later(600));
    expect([heard('a'), heard('b')]).toEqual([2, 3]);
  });

  it('[S3-13] brings nothing of a topic that was closed since, and does when it is opened again', async () => {
    await come('a');
    await listen('a');
    await say();
    const { topics } = reach;
    reach = { ...reach, topics: compileTopics([]) };
    await say();
    expect(heard('a')).toBe(1);
    reach = { ...reach, topics };
    await say();
    expect(heard('a')).toBe(2);
  });

  it('[S3-13] knows when a newer token has lost, or got, the scope that a topic asks for', async () => {
    reach = { ...reach, topics: compileTopics([{ topics: 'Pet', scope: 'staff' }]) };
    const renewed = (...scopes: string[]) => {
      const who = identityOf({ userId: 'sam', expiresAt: T0 / 1000 + HOUR, scopes });
      return authenticate(reach, who, { connectionId: 'a', sessionId: 'tab', now: T0 });
    };
    await come('a');
    await renewed('other', 'staff');
    await listen('a');
    await say();
    expect(heard('a')).toBe(1);
    await renewed('other');
    await say();
    expect(heard('a')).toBe(1);
    await renewed('staff');
    await say();
    expect(heard('a')).toBe(2);
  });

  it('knows of a token that expires earlier than the last one', async () => {
    await come('a', { lasts: HOUR });
    await listen('a');
    await say();
    await renew('a', 600);
    await say(later(600));
    expect(heard('a')).toBe(1);
  });

  it('is not taken for good again by a subscription that is written late', async () => {
    await come('old');
    await listen('old');
    await say();
    await come('new');
    expect(await putSubscription(reach, tab, { topic: 'Pet', shard: 0 }, 1)).toBe(false);
    await say();
    expect(heard('new')).toBe(1);
  });

  it('leads nowhere once its session has ended, and to its next life', async () => {
    await come('a');
    await listen('a');
    await say();
    await reach.sockets.delete('a');
    await depart(reach, 'a', T0);
    const times = { graceSeconds: 0, retentionSeconds: HOUR, now: T0 };
    expect(await checkSession(reach, tab, times)).toEqual({ is: 'ended' });
    expect(await reads(() => say())).toBe(0);
    await come('b');
    await say();
    expect(heard('b')).toBe(1);
  });

  it('is forgotten when no socket of its time can be open any more', async () => {
    await come('a', { lasts: 10 * HOUR });
    await listen('a');
    await say();
    expect(await reads(() => say(later(SOCKET_MOST_SECONDS - 1)))).toBe(0);
    expect(await reads(() => say(later(SOCKET_MOST_SECONDS)))).toBe(1);
  });

  it('makes room for others: the one that was learnt first goes first', async () => {
    reach = { ...reach, routes: openRoutes(1) };
    await come('a');
    await listen('a');
    await say();
    await come('b', { sessionId: 'desk' });
    await subscribe(reach, { ...tab, sessionId: 'desk' }, 'b', ['Toy']);
    await say(T0, topicKey('default', 'Toy'));
    expect(await reads(() => say())).toBe(1);
  });
});

describe('a session whose number rises', () => {
  it('has every subscription under it before its connection gets a reply', async () => {
    await come('a');
    await subscribe(reach, tab, 'a', ['Pet', 'Toy']);
    await say();
    await come('b');
    const session = await getSession(reach, tab);
    expect(session).toMatchObject({ life: 2, conns: new Set(['a', 'b']) });
    expect(session?.dormant).toBeUndefined();
    await say();
    await say(T0, topicKey('default', 'Toy'));
    expect([heard('a'), heard('b')]).toEqual([3, 2]);
  });

  it('does not rise again when one of its connections renews its token', async () => {
    await come('a');
    await come('b');
    await renew('a', 2 * HOUR);
    expect((await getSession(reach, tab))?.life).toBe(2);
  });
});
