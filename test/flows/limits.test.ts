import { DeleteCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { THROTTLE_WINDOW_SECONDS, YOUNG_CONNECTION_SECONDS } from '../../contract/limits.ts';
import { PLAYER_ITEM, type SessionName } from '../../contract/tables.ts';
import { admitSocket } from '../../lambdas/flows/admit-socket.ts';
import { answer } from '../../lambdas/flows/answer.ts';
import { authenticate } from '../../lambdas/flows/authenticate.ts';
import { checkSession } from '../../lambdas/flows/check-session.ts';
import { depart } from '../../lambdas/flows/depart.ts';
import { subscribe } from '../../lambdas/flows/subscribe.ts';
import { getConnection, putConnection } from '../../lambdas/stores/connections.ts';
import { getPlayer } from '../../lambdas/stores/players.ts';
import { getSession } from '../../lambdas/stores/sessions.ts';
import { newConnection } from '../../rules/connection.ts';
import { readFrame } from '../../rules/message.ts';
import { type Engine, type EveryReach, startEngine } from '../support/engine.ts';
import { identityOf } from '../support/identity.ts';
import { openTestSockets, type TestSockets } from '../support/sockets.ts';

/** [S3-07] [S3-13] How much one user may have, and that what is dead takes nobody's place. */

let engine: Engine;
let reach: EveryReach & { sockets: TestSockets };
const T0 = Date.parse('2026-01-01T12:00:00.000Z');
const later = (seconds: number) => T0 + seconds * 1000;
const OLD = later(YOUNG_CONNECTION_SECONDS);
const identity = identityOf({ userId: 'joe', expiresAt: T0 / 1000 + 10 * 3600 });
const limits = { sessionsPerUser: 10, connectionsPerSession: 10, retentionSeconds: 3600 };
const nameOf = (sessionId: string): SessionName => ({
  tenant: 'default',
  userId: 'joe',
  sessionId,
});

beforeAll(async () => {
  engine = await startEngine();
});
afterAll(() => engine.stop());
beforeEach(async () => {
  reach = { ...(await engine.createTables()), sockets: openTestSockets() };
});

async function come(connectionId: string, sessionId: string, now = T0, more: object = {}) {
  reach.sockets.open(connectionId);
  await putConnection(reach, newConnection(connectionId, 'PENDING', now));
  return authenticate(reach, identity, { connectionId, sessionId, now, limits, ...more });
}
const sessions = async () => [...((await getPlayer(reach, identity))?.sessions ?? [])].sort();
const members = async (sessionId: string) =>
  [...((await getSession(reach, nameOf(sessionId)))?.conns ?? [])].sort();
/** Its socket ends, and nobody is told. */
const die = (...connectionIds: string[]) => void reach.sockets.closed.push(...connectionIds);
const numbers = (count: number) => Array.from({ length: count }, (_, at) => at);

async function outcomesOf(joins: readonly Promise<unknown>[]) {
  const outcomes = await Promise.allSettled(joins);
  const refused = outcomes.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
  return { admitted: outcomes.length - refused.length, refused };
}

describe('sessions of one user', () => {
  it('[S3-07] [S3-13] 60 that join side by side at a limit of 10 are admitted exactly 10 times', async () => {
    const { admitted, refused } = await outcomesOf(
      numbers(60).map((at) => come(`c${at}`, `tab-${at}`)),
    );
    expect(admitted).toBe(10);
    for (const refusal of refused) {
      expect(refusal).toMatchObject({
        code: 'too-many-sessions',
        detail: '10 at the most.',
        retryAfter: YOUNG_CONNECTION_SECONDS,
      });
    }
    const player = await getPlayer(reach, identity);
    expect([player?.sessions?.size, player?.version]).toEqual([10, 10]);
    for (const name of await sessions()) expect(await members(name)).toHaveLength(1);
  });

  it('[S3-07] that are all dead, with every $disconnect lost, keep nobody out', async () => {
    for (const at of numbers(10)) await come(`c${at}`, `tab-${at}`);
    die(...numbers(10).map((at) => `c${at}`));
    const { admitted } = await outcomesOf(
      numbers(10).map((at) => come(`new-${at}`, `new-${at}`, OLD)),
    );
    expect(admitted).toBe(10);
    expect(await sessions()).toEqual(numbers(10).map((at) => `new-${at}`));
    expect(await getConnection(reach, 'c0')).toMatchObject({ status: 'DISCONNECTED' });
    expect(await getSession(reach, nameOf('tab-0'))).toMatchObject({ state: 'ended' });
  });

  it('[S3-07] a dead one gives way to a new one, and the living stay', async () => {
    for (const at of numbers(10)) await come(`c${at}`, `tab-${at}`, later(at));
    die('c4');
    expect(await come('new', 'tab-new', later(300))).toEqual({ session: 'new' });
    expect(await sessions()).not.toContain('tab-4');
    await expect(come('more', 'tab-more', later(300))).rejects.toMatchObject({
      code: 'too-many-sessions',
    });
    expect(reach.sockets.closed).toEqual(['c4']);
    expect(await come('back', 'tab-3', later(301), { replaces: 'c3' })).toEqual({
      session: 'resumed',
    });
  });

  it('[S3-07] the oldest dead ones are found first, and where they make room the others are left to the sweep', async () => {
    const many = { limits: { ...limits, sessionsPerUser: 20 } };
    // The youngest first, by name and as they came.
    for (const at of numbers(20).reverse()) await come(`c${at}`, `tab-${99 - at}`, later(at), many);
    die('c0', 'c19');
    await come('new', 'tab-new', later(300), many);
    expect(await sessions()).not.toContain('tab-99');
    expect(await sessions()).toContain('tab-80');
  });

  it('[S3-07] one that the gateway may not know yet is not judged', async () => {
    for (const at of numbers(10)) await come(`c${at}`, `tab-${at}`);
    die('c4');
    const young = later(YOUNG_CONNECTION_SECONDS - 1);
    await expect(come('new', 'tab-new', young)).rejects.toMatchObject({ retryAfter: 60 });
    expect(await come('again', 'tab-new', OLD)).toEqual({ session: 'new' });
  });

  it('[S3-07] of those that nobody is connected to the longest left gives way, within its grace time too', async () => {
    for (const at of numbers(10)) await come(`c${at}`, `tab-${at}`);
    await subscribe(reach, nameOf('tab-7'), 'c7', ['Pet']);
    await depart(reach, 'c7', later(100));
    await depart(reach, 'c2', later(101));
    expect(await come('new', 'tab-new', later(102))).toEqual({ session: 'new' });
    expect(await sessions()).not.toContain('tab-7');
    expect(await sessions()).toContain('tab-2');
    // It gave way to somebody, and loses nothing else by it.
    expect(await come('back', 'tab-7', later(103))).toEqual({ session: 'resumed' });
  });

  it('[S3-07] room that somebody else makes meanwhile is room', async () => {
    const one = { ...limits, sessionsPerUser: 1 };
    await come('c1', 'tab-1', T0, { limits: one });
    reach.sockets.open('c2');
    await putConnection(reach, newConnection('c2', 'PENDING', later(10)));
    let isDue = true;
    const send = async (command: { readonly input: object }): Promise<unknown> => {
      if (isDue && JSON.stringify(command.input).includes(`"item":"${PLAYER_ITEM}"}`)) {
        if (command.constructor.name === 'GetCommand') {
          isDue = false;
          await depart(reach, 'c1', later(5));
          await checkSession(reach, nameOf('tab-1'), {
            graceSeconds: 0,
            retentionSeconds: 60,
            now: later(10),
          });
        }
      }
      return reach.documents.send(command as never);
    };
    const raced = { ...reach, documents: Object.assign(Object.create(reach.documents), { send }) };
    const request = { connectionId: 'c2', sessionId: 'tab-2', now: later(10), limits: one };
    expect(await authenticate(raced, identity, request)).toEqual({ session: 'new' });
    expect(isDue).toBe(false);
  });

  it('[S3-07] whoever does not answer is taken for alive', async () => {
    for (const at of numbers(10)) await come(`c${at}`, `tab-${at}`);
    die('c4');
    reach.sockets.planned.set('c4', ['failed']);
    await expect(come('new', 'tab-new', OLD)).rejects.toMatchObject({ code: 'too-many-sessions' });
    expect(await sessions()).toContain('tab-4');
  });
});

describe('connections of one session', () => {
  it('[S3-07] [S3-13] 60 that join side by side at a limit of 10 are admitted exactly 10 times', async () => {
    const { admitted, refused } = await outcomesOf(numbers(60).map((at) => come(`c${at}`, 'tab')));
    expect(admitted).toBe(10);
    for (const refusal of refused) {
      expect(refusal).toMatchObject({
        code: 'too-many-connections',
        detail: '10 at the most.',
        retryAfter: YOUNG_CONNECTION_SECONDS,
      });
    }
    expect(await members('tab')).toHaveLength(10);
    const bound = await Promise.all(numbers(60).map((at) => getConnection(reach, `c${at}`)));
    expect(bound.filter((row) => row?.status === 'CONNECTED')).toHaveLength(10);
  });

  it('[S3-07] that are all dead, with every $disconnect lost, keep nobody out', async () => {
    for (const at of numbers(10)) await come(`c${at}`, 'tab');
    die(...numbers(10).map((at) => `c${at}`));
    expect(await come('new', 'tab', OLD)).toEqual({ session: 'resumed' });
    expect(await members('tab')).toEqual(['new']);
    expect((await getPlayer(reach, identity))?.version).toBe(1);
  });

  it('[S3-07] whose row has gone without them leave as well', async () => {
    for (const at of numbers(10)) await come(`c${at}`, 'tab');
    const TableName = reach.tables.connections.name;
    await reach.documents.send(new DeleteCommand({ TableName, Key: { connectionId: 'c0' } }));
    die('c0');
    expect(await come('new', 'tab')).toEqual({ session: 'resumed' });
    expect(await members('tab')).not.toContain('c0');
  });

  it('[S3-07] one that takes the place of another needs no room of its own, nor one that is in it', async () => {
    for (const at of numbers(10)) await come(`c${at}`, 'tab');
    expect(await come('new', 'tab', later(5), { replaces: 'c0' })).toEqual({ session: 'resumed' });
    expect(await members('tab')).toHaveLength(10);
    expect(await members('tab')).not.toContain('c0');
    const again = { connectionId: 'new', sessionId: 'tab', now: later(6), limits };
    expect(await authenticate(reach, identity, again)).toEqual({ session: 'resumed' });
    await expect(come('more', 'tab', later(7), { replaces: 'elsewhere' })).rejects.toMatchObject({
      code: 'too-many-connections',
    });
  });

  it('[S3-07] that all replace the same one are one more at the most', async () => {
    const two = { limits: { ...limits, connectionsPerSession: 2 } };
    await come('a', 'tab', T0, two);
    await come('b', 'tab', T0, two);
    const { admitted } = await outcomesOf(
      numbers(8).map((at) => come(`n${at}`, 'tab', T0, { ...two, replaces: 'a' })),
    );
    expect(admitted).toBe(1);
    expect(await members('tab')).toHaveLength(2);
  });
});

describe('what a client reads', () => {
  it('[S3-07] says the limit, and after how many seconds to try again; the third time closes the socket', async () => {
    const one = { ...limits, sessionsPerUser: 1 };
    await come('first', 'tab-1', T0, { limits: one });
    reach.sockets.open('second');
    await putConnection(reach, newConnection('second', 'PENDING', T0));
    const through = {
      ...reach,
      verify: async () => identity,
      limits: one,
      door: 'message' as const,
    };
    const ask = () =>
      answer(
        through,
        readFrame('{"action":"authenticate","id":"7","token":"t","sessionId":"tab-2"}'),
        { connectionId: 'second', now: later(1) },
      );
    const refused = {
      type: 'refused',
      id: '7',
      action: 'authenticate',
      code: 'too-many-sessions',
      status: 429,
      message: 'This user has as many sessions as are allowed. 1 at the most.',
      retryAfterSeconds: 60,
    };
    expect(JSON.parse((await ask()) ?? '')).toEqual(refused);
    expect(JSON.parse((await ask()) ?? '')).toEqual(refused);
    expect(await ask()).toBeUndefined();
    expect(JSON.parse(reach.sockets.sent.get('second')?.[0] ?? '')).toEqual(refused);
    expect(reach.sockets.closed).toEqual(['second']);
  });
});

describe('messages', () => {
  const WINDOW = THROTTLE_WINDOW_SECONDS;
  const speaking = (messageLimits: object, door: 'message' | 'none' = 'message') => {
    const through = {
      ...reach,
      verify: async () => identity,
      messageLimits: { perConnection: 0, perUser: 0, ...messageLimits },
      door,
    };
    return async (connectionId: string, frame: object | string, now = T0) => {
      const text = typeof frame === 'string' ? frame : JSON.stringify(frame);
      return JSON.parse((await answer(through, readFrame(text), { connectionId, now })) ?? '');
    };
  };
  const subscribing = { action: 'subscribe', topics: ['Pet'] };

  it('[S3-07] of one connection are as many as the operator chose in a minute, and pings are free', async () => {
    await come('c1', 'tab-1');
    await come('c2', 'tab-2');
    const say = speaking({ perConnection: 3 });
    const other = { type: 'other' };
    for (const frame of [
      subscribing,
      other,
      { action: 'authenticate', token: 't', sessionId: 'tab-1' },
    ]) {
      expect((await say('c1', frame)).type).not.toBe('refused');
    }
    const refused = {
      type: 'refused',
      code: 'too-many-messages',
      status: 429,
      message: 'Too many messages: wait a moment. 3 a minute at the most.',
    };
    expect(await say('c1', subscribing, later(WINDOW - 1))).toEqual({
      ...refused,
      action: 'subscribe',
      retryAfterSeconds: 1,
    });
    expect(await say('c1', other)).toEqual({ ...refused, retryAfterSeconds: WINDOW });
    expect(await say('c1', { type: 'ping' })).toMatchObject({ type: 'pong' });
    expect(await say('c2', subscribing)).toMatchObject({ type: 'subscribed' });
    expect(await say('c1', subscribing, later(WINDOW))).toMatchObject({ type: 'subscribed' });
  });

  it('[S3-07] of one user count together, over all of their connections, and nobody else’s with them', async () => {
    await come('c1', 'tab-1');
    await come('c2', 'tab-2');
    const say = speaking({ perUser: 2 });
    expect(await say('c1', subscribing)).toMatchObject({ type: 'subscribed' });
    expect(await say('c2', '"anything"')).toMatchObject({ type: 'ack' });
    expect(await say('c1', subscribing)).toMatchObject({ code: 'too-many-messages' });
    expect(await say('c2', 'no JSON')).toMatchObject({ code: 'too-many-messages' });
    const again = { action: 'authenticate', token: 't', sessionId: 'tab-2' };
    expect(await say('c2', again)).toMatchObject({ code: 'too-many-messages' });
    reach.sockets.open('sam');
    await putConnection(reach, newConnection('sam', 'PENDING', T0));
    const sam = { ...identity, userId: 'sam' };
    await authenticate(reach, sam, { connectionId: 'sam', sessionId: 'tab', now: T0 });
    expect(await say('sam', subscribing)).toMatchObject({ type: 'subscribed' });
  });

  it('[S3-07] are counted where nobody is anybody, too', async () => {
    await putConnection(reach, newConnection('c1', 'CONNECTED', T0));
    const say = speaking({ perConnection: 1, perUser: 1 }, 'none');
    expect(await say('c1', 'hello')).toMatchObject({ type: 'ack' });
    expect(await say('c1', 'hello')).toMatchObject({ code: 'too-many-messages' });
  });

  it('[S3-07] 60 side by side at a limit of 10 are taken exactly 10 times', async () => {
    await come('c1', 'tab-1');
    const say = speaking({ perConnection: 10 });
    const answers = await Promise.all(numbers(60).map(() => say('c1', 'hello')));
    expect(answers.filter(({ type }) => type === 'ack')).toHaveLength(10);
  });

  it('[S3-07] nothing is counted, nor written, where no limit is chosen', async () => {
    await come('c1', 'tab-1');
    expect(await speaking({})('c1', 'hello')).toMatchObject({ type: 'ack' });
    const TableName = reach.tables.throttles.name;
    expect((await reach.documents.send(new ScanCommand({ TableName }))).Items).toEqual([]);
  });
});

describe('connects from one address', () => {
  const connect = (address: string, connectsPerAddress: number, now = T0) =>
    admitSocket(
      { ...reach, demandCaller: () => {}, connectsPerAddress },
      { address, origin: undefined },
      now,
    );

  it('[S3-07] 60 side by side at a limit of 10 are admitted exactly 10 times', async () => {
    const { admitted, refused } = await outcomesOf(numbers(60).map(() => connect('192.0.2.1', 10)));
    expect(admitted).toBe(10);
    for (const refusal of refused) {
      expect(refusal).toMatchObject({
        code: 'too-many-tries',
        detail: '10 a minute at the most.',
        retryAfter: THROTTLE_WINDOW_SECONDS,
      });
    }
  });

  it('[S3-07] another address has its own, of IPv6 another network, and the next minute begins anew', async () => {
    await connect('2001:db8::1', 1);
    await expect(connect('2001:db8::ffff', 1)).rejects.toMatchObject({ code: 'too-many-tries' });
    await connect('2001:db8:0:1::1', 1);
    await connect('192.0.2.2', 1);
    await connect('2001:db8::1', 1, later(THROTTLE_WINDOW_SECONDS));
  });

  it('[S3-07] are not counted where no limit is chosen', async () => {
    for (const _ of numbers(3)) await connect('192.0.2.3', 0);
    const TableName = reach.tables.throttles.name;
    expect((await reach.documents.send(new ScanCommand({ TableName }))).Items).toEqual([]);
  });
});
