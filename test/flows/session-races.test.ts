import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  playerKey,
  type SessionName,
  type SubscriptionRow,
  subscriberKey,
  type TopicsRow,
  topicKey,
  topicsItem,
} from '../../contract/tables.ts';
import { authenticate } from '../../lambdas/flows/authenticate.ts';
import { checkSession } from '../../lambdas/flows/check-session.ts';
import { depart } from '../../lambdas/flows/depart.ts';
import { subscribe } from '../../lambdas/flows/subscribe.ts';
import { sweep } from '../../lambdas/flows/sweep.ts';
import { unsubscribe } from '../../lambdas/flows/unsubscribe.ts';
import { putConnection } from '../../lambdas/stores/connections.ts';
import { getSession } from '../../lambdas/stores/sessions.ts';
import { newConnection } from '../../rules/connection.ts';
import { type Engine, type EveryReach, startEngine } from '../support/engine.ts';
import { identityOf } from '../support/identity.ts';
import { openTestSockets, type TestSockets } from '../support/sockets.ts';

/** Races and crashes that the schedule explorer found, each by its name. */

type TestReach = EveryReach & { sockets: TestSockets };
let engine: Engine;
let reach: TestReach;
const T0 = Date.parse('2026-01-01T12:00:00.000Z');
const later = (seconds: number) => T0 + seconds * 1000;
const joe = identityOf({ userId: 'joe', expiresAt: T0 / 1000 + 10 * 3600 });
const tab: SessionName = { tenant: 'default', userId: 'joe', sessionId: 'tab-1' };
const grace = { graceSeconds: 30, retentionSeconds: 3600 };

beforeAll(async () => {
  engine = await startEngine();
});
afterAll(() => engine.stop());
beforeEach(async () => {
  reach = { ...(await engine.createTables()), sockets: openTestSockets() };
});

/** The same reach, but just before the first command that says this, something else happens. */
function justBefore(text: string, happens: () => Promise<unknown>): TestReach {
  let isDue = true;
  const send = async (command: { readonly input: object }): Promise<unknown> => {
    const isIt =
      isDue && `${command.constructor.name} ${JSON.stringify(command.input)}`.includes(text);
    if (isIt) isDue = false;
    if (isIt) await happens();
    return reach.documents.send(command as never);
  };
  return { ...reach, documents: Object.assign(Object.create(reach.documents), { send }) };
}

const SUBSCRIPTIONS = '"TableName":"subscriptions';
const crash = async () => {
  throw new Error('crash');
};

async function come(connectionId: string, now = T0, through = reach, more: object = {}) {
  reach.sockets.open(connectionId);
  await putConnection(reach, newConnection(connectionId, 'PENDING', now));
  return authenticate(through, joe, { connectionId, sessionId: tab.sessionId, now, ...more });
}
const leave = (connectionId: string, now: number) => depart(reach, connectionId, now);
const end = (now: number, through = reach) => checkSession(through, tab, { ...grace, now });

async function read(table: 'sessions' | 'subscriptions', Key: object) {
  const TableName = reach.tables[table].name;
  const { Item } = await reach.documents.send(new GetCommand({ TableName, Key: { ...Key } }));
  return Item;
}
const subscription = async (topic: string) =>
  (await read('subscriptions', {
    topic: topicKey('default', topic),
    subscriber: subscriberKey('joe', 'tab-1'),
  })) as SubscriptionRow | undefined;
const topics = async () =>
  (await read('sessions', { player: playerKey('default', 'joe'), item: topicsItem('tab-1') })) as
    | TopicsRow
    | undefined;

/** One life with a subscription, ended at 40 s. */
async function pastLife(topic: string): Promise<void> {
  await come('past');
  await subscribe(reach, tab, 'past', [topic]);
  await leave('past', later(10));
  await end(later(40));
}

describe('subscribe', () => {
  it('beside an unsubscribe of the same topic leaves both its rows, or none', async () => {
    await come('c1');
    const raced = justBefore(SUBSCRIPTIONS, () => unsubscribe(reach, tab, ['Pet']));
    await subscribe(raced, tab, 'c1', ['Pet']);
    expect(await subscription('Pet')).toBeDefined();
    expect((await topics())?.topics).toEqual(new Set(['Pet']));
  });
});

describe('unsubscribe', () => {
  it('takes a topic and its subscription away at once: a crash leaves both', async () => {
    await come('c1');
    await subscribe(reach, tab, 'c1', ['Pet']);
    const crashing = justBefore('DELETE #topics', crash);
    await expect(unsubscribe(crashing, tab, ['Pet'])).rejects.toThrow('crash');
    expect(await subscription('Pet')).toBeDefined();
    expect((await topics())?.topics).toEqual(new Set(['Pet']));
  });
});

describe('a replaced connection', () => {
  it('is shut before it is taken out, so that no crash leaves an open socket without a row', async () => {
    await come('old');
    const crashing = justBefore('SET #detachedAt', crash);
    await expect(come('new', later(2), crashing, { replaces: 'old' })).rejects.toThrow('crash');
    expect(reach.sockets.closed).toEqual(['old']);
  });
});

describe('the late end of a life', () => {
  it('gives no ttl to the topics that the next life has taken over', async () => {
    await come('c1');
    await subscribe(reach, tab, 'c1', ['Pet']);
    await leave('c1', later(10));
    await end(
      later(40),
      justBefore(SUBSCRIPTIONS, () => come('c2', later(41))),
    );
    expect((await subscription('Pet'))?.ttl).toBeUndefined();
    expect(await topics()).toEqual(expect.objectContaining({ topics: new Set(['Pet']), life: 2 }));
    expect((await topics())?.ttl).toBeUndefined();
  });

  it('that died half way is finished by the sweep', async () => {
    await come('c1');
    await subscribe(reach, tab, 'c1', ['Pet']);
    await leave('c1', later(10));
    await expect(end(later(40), justBefore(SUBSCRIPTIONS, crash))).rejects.toThrow('crash');
    await sweep(reach, { ...grace, now: later(100) });
    expect((await subscription('Pet'))?.ttl).toBeDefined();
    expect((await topics())?.ttl).toBeDefined();
  });
});

describe('a revival', () => {
  it('beside an unsubscribe does not bring the subscription back', async () => {
    await pastLife('Pet');
    await come(
      'c2',
      later(60),
      justBefore(SUBSCRIPTIONS, () => unsubscribe(reach, tab, ['Pet'])),
    );
    expect(await subscription('Pet')).toBeUndefined();
    expect((await topics())?.topics).toBeUndefined();
  });

  it('that died half way leaves nothing active when its session ends', async () => {
    await come('c1');
    await subscribe(reach, tab, 'c1', ['Pet']);
    await leave('c1', later(10));
    await expect(end(later(40), justBefore(SUBSCRIPTIONS, crash))).rejects.toThrow('crash');
    await expect(come('c2', later(60), justBefore(SUBSCRIPTIONS, crash))).rejects.toThrow('crash');
    await leave('c2', later(70));
    await end(later(100));
    expect((await subscription('Pet'))?.ttl).toBeDefined();
  });

  it('that outlasts its session leaves the mark for the next life', async () => {
    await pastLife('Pet');
    const over = async () => {
      await leave('c2', later(70));
      await end(later(100));
    };
    await come('c2', later(60), justBefore('REMOVE #dormant', over));
    expect((await getSession(reach, tab))?.dormant).toBe(true);
    expect(await come('c3', later(120))).toEqual({ session: 'resumed' });
    expect((await subscription('Pet'))?.ttl).toBeUndefined();
  });

  it('after the retention time is told as a new session: rows of it may be gone', async () => {
    await pastLife('Pet');
    expect(await come('c2', later(40 + grace.retentionSeconds))).toEqual({ session: 'new' });
  });
});
