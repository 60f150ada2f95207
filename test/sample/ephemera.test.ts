import { DeleteCommand, PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LifecycleEvent } from '../../contract/events.ts';
import {
  type NotificationRow,
  PLAYER_ITEM,
  type PlayerRow,
  playerKey,
  topicKey,
} from '../../contract/tables.ts';
import { lifecycleEvents } from '../../rules/lifecycle.ts';
import type { handler as FollowPresence } from '../../sample/ephemera/follow-presence.ts';
import type { handler as HealOnline } from '../../sample/ephemera/heal-online.ts';
import { corrections } from '../../sample/ephemera/healing.ts';
import type { handler as ListOnline } from '../../sample/ephemera/list-online.ts';
import type { OnlineAnswer } from '../../sample/ephemera/operations.ts';
import { onlineRow } from '../../sample/ephemera/rows.ts';
import { type Engine, type EveryReach, startEngine } from '../support/engine.ts';
import { createSampleTable } from '../support/sample-table.ts';

let engine: Engine;
let reach: EveryReach;
let followPresence: typeof FollowPresence;
let listOnline: typeof ListOnline;
let healOnline: typeof HealOnline;
const T0 = Date.parse('2026-01-01T12:00:00.000Z');
const ONLINE = `online-${process.pid}`;

beforeAll(async () => {
  engine = await startEngine();
  reach = await engine.createTables();
  await createSampleTable(engine, ONLINE, 'tenant', 'who');
  Object.assign(process.env, {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_DYNAMODB: engine.endpoint,
    ONLINE_TABLE_NAME: ONLINE,
    SESSIONS_TABLE_NAME: reach.tables.sessions.name,
    NOTIFICATIONS_TABLE_NAME: reach.tables.notifications.name,
    RETENTION_SECONDS: '3600',
    EXPRESS: 'off',
  });
  ({ handler: followPresence } = await import('../../sample/ephemera/follow-presence.ts'));
  ({ handler: listOnline } = await import('../../sample/ephemera/list-online.ts'));
  ({ handler: healOnline } = await import('../../sample/ephemera/heal-online.ts'));
});
afterAll(() => engine.stop());

let tenants = 0;
/** Each test has a tenant of its own. */
const newTenant = () => `tenant-${++tenants}`;

const player = (
  tenant: string,
  userId: string,
  sessions: readonly string[],
  version: number,
): PlayerRow => ({
  player: playerKey(tenant, userId),
  item: PLAYER_ITEM,
  version,
  ...(sessions.length > 0 && { sessions: new Set(sessions) }),
});

/** The events of a user whose set of sessions was each of these in turn. */
function history(tenant: string, userId: string, sets: readonly (readonly string[])[]) {
  const images = sets.map((sessions, at) => player(tenant, userId, sessions, at + 1));
  return images.flatMap((after, at) =>
    lifecycleEvents(images[at - 1], after, new Date(T0 + at * 1000).toISOString()),
  );
}

const deliver = (events: readonly LifecycleEvent[]) =>
  followPresence({
    Records: events.map(({ type, detail }, at) => ({
      messageId: String(at),
      body: JSON.stringify({
        version: '0',
        'detail-type': type,
        source: 'mtw.connections',
        detail,
      }),
    })),
  });

async function online(tenant: string): Promise<OnlineAnswer['players']> {
  const claims = {
    sub: 'sam',
    exp: 4e9,
    token_use: 'access',
    'cognito:groups': `[tenant:${tenant}]`,
  };
  const { statusCode, body } = await listOnline({
    headers: {},
    requestContext: { timeEpoch: T0, http: { method: 'GET' }, authorizer: { jwt: { claims } } },
  } as unknown as Parameters<typeof listOnline>[0]);
  expect(statusCode).toBe(200);
  return (JSON.parse(body) as OnlineAnswer).players;
}

/** As text, for comparing: who, and with which sessions. */
const shortly = (players: OnlineAnswer['players']) =>
  Object.fromEntries(
    players.map(({ player, sessions }) => [player, sessions.map((each) => each.sessionId).sort()]),
  );

async function published(tenant: string): Promise<NotificationRow[]> {
  const { Items } = await reach.documents.send(
    new ScanCommand({ TableName: reach.tables.notifications.name }),
  );
  return (Items as NotificationRow[]).filter(({ topic }) => topic === topicKey(tenant, 'Online'));
}

const publishRow = (row: PlayerRow) =>
  reach.documents.send(new PutCommand({ TableName: reach.tables.sessions.name, Item: row }));

describe('who is online', () => {
  it('[S0-08] [S2-10] is listed with each of their sessions, in the order in which they came', async () => {
    const tenant = newTenant();
    await deliver(history(tenant, 'joe', [['phone'], ['phone', 'desk']]));
    await deliver(history(tenant, 'sam', [['tab'], []]));
    expect(await online(tenant)).toEqual([
      {
        player: 'joe',
        since: '2026-01-01T12:00:00.000Z',
        sessions: [
          { sessionId: 'phone', since: '2026-01-01T12:00:00.000Z' },
          { sessionId: 'desk', since: '2026-01-01T12:00:01.000Z' },
        ],
      },
    ]);
  });

  it('[S1-13] is told to their own tenant alone', async () => {
    const tenant = newTenant();
    await deliver(history(tenant, 'joe', [['phone']]));
    expect(await online(newTenant())).toEqual([]);
  });

  it('[S0-09] comes out right from events in any order, some of them twice', async () => {
    const sets = fc.array(fc.uniqueArray(fc.constantFrom('a', 'b', 'c')), {
      minLength: 1,
      maxLength: 6,
    });
    const scrambled = sets.chain((all) => {
      const events = history('t', 'joe', all);
      const copies = fc.array(fc.nat(Math.max(0, events.length - 1)), { maxLength: 4 });
      return copies.chain((again) => {
        const order = [...events.keys(), ...(events.length > 0 ? again : [])];
        return fc
          .shuffledSubarray(order, { minLength: order.length })
          .map((shuffled) => ({ all, shuffled }));
      });
    });
    await fc.assert(
      fc.asyncProperty(scrambled, async ({ all, shuffled }) => {
        const tenant = newTenant();
        const events = history(tenant, 'joe', all);
        for (const at of shuffled) {
          const event = events[at];
          if (event) await deliver([event]);
        }
        const sessions = all.at(-1) ?? [];
        expect(shortly(await online(tenant))).toEqual(
          sessions.length > 0 ? { joe: [...sessions].sort() } : {},
        );
      }),
      { numRuns: 30 },
    );
  });

  it('tells the pages that listen of each change once, however often the event comes', async () => {
    const tenant = newTenant();
    const events = history(tenant, 'joe', [['phone'], []]);
    for (const event of [...events, ...events]) await deliver([event]);
    const payloads = (await published(tenant)).map(({ payload }) => JSON.parse(payload ?? ''));
    expect(payloads).toHaveLength(4);
    expect(payloads).toContainEqual({
      player: 'joe',
      sessionId: 'phone',
      isOnline: false,
      since: '2026-01-01T12:00:01.000Z',
    });
  });

  it('what is no event of ours comes again, and then lies with the dead letters', async () => {
    const Records = [{ messageId: 'm', body: '{"detail-type":"Player Connect","detail":{}}' }];
    expect(await followPresence({ Records })).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm' }],
    });
  });
});

describe('healing', () => {
  it('[S0-12] sets right what lost events left wrong, and then finds nothing more to do', async () => {
    const tenant = newTenant();
    // Joe's phone left and his desk came unheard of; Sam left; Eve was there before anybody listened.
    await deliver(history(tenant, 'joe', [['phone']]));
    await deliver(history(tenant, 'sam', [['tab']]));
    const rows = [
      player(tenant, 'joe', ['desk'], 3),
      player(tenant, 'sam', [], 2),
      player(tenant, 'eve', ['a', 'b'], 7),
    ];
    for (const row of rows) await publishRow(row);

    expect(await healOnline()).toMatchObject({ healed: 7 });
    expect(shortly(await online(tenant))).toEqual({ joe: ['desk'], eve: ['a', 'b'] });
    expect(await healOnline()).toMatchObject({ healed: 0 });
    for (const { player: key, item } of rows) {
      const TableName = reach.tables.sessions.name;
      await reach.documents.send(new DeleteCommand({ TableName, Key: { player: key, item } }));
    }
  });

  it('[S0-09] stands in for the events up to the row: earlier ones change nothing, later ones do', async () => {
    const tenant = newTenant();
    const events = history(tenant, 'joe', [['a'], ['a', 'b'], ['b'], []]);
    await publishRow(player(tenant, 'joe', ['b'], 3));
    await healOnline();
    await deliver(events.filter(({ detail }) => detail.version <= 3));
    expect(shortly(await online(tenant))).toEqual({ joe: ['b'] });
    await deliver(events.filter(({ detail }) => detail.version > 3));
    expect(await online(tenant)).toEqual([]);
  });

  it('is quiet about what is known already', () => {
    const row = player('t', 'joe', ['a'], 5);
    const about = { tenant: 't', player: 'joe', version: 2, since: '' };
    const known = [
      onlineRow({ ...about, isOnline: true }),
      onlineRow({ ...about, sessionId: 'a', isOnline: true }),
      onlineRow({ ...about, sessionId: 'gone', isOnline: false }),
    ];
    expect(corrections(row, known, T0)).toEqual([]);
    const missed = onlineRow({ ...about, sessionId: 'b', isOnline: true });
    expect(corrections(row, [...known, missed], T0)).toMatchObject([
      { who: 'joe#b', isOnline: false, version: 5 },
    ]);
  });
});
