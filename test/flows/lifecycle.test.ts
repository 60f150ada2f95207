import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LifecycleDetail, LifecycleType } from '../../contract/events.ts';
import { PLAYER_ITEM, type PlayerRow, playerKey } from '../../contract/tables.ts';
import { authenticate } from '../../lambdas/flows/authenticate.ts';
import { checkSession } from '../../lambdas/flows/check-session.ts';
import { depart } from '../../lambdas/flows/depart.ts';
import { dropConnection } from '../../lambdas/flows/drop-connection.ts';
import { probeSession } from '../../lambdas/flows/probe-session.ts';
import { putConnection } from '../../lambdas/stores/connections.ts';
import type { handler as SessionStream } from '../../lambdas/streams/session-stream.ts';
import { streamSources } from '../../lib/constructs/stream-sources.ts';
import { matches } from '../../local/events/patterns.ts';
import { newConnection } from '../../rules/connection.ts';
import { type Engine, type EveryReach, startEngine } from '../support/engine.ts';
import { type EventEndpoint, startEventEndpoint } from '../support/event-endpoint.ts';
import { identityOf } from '../support/identity.ts';
import { openTestSockets, type TestSockets } from '../support/sockets.ts';
import { readStream, type StreamRecord } from '../support/table-stream.ts';

/** `LIFECYCLE_SEED=n npx vitest run test/flows/lifecycle.test.ts` plays the same schedules again. */
const SEED = Number(process.env.LIFECYCLE_SEED ?? Math.floor(Math.random() * 2 ** 31));
const PLAYERS = 24;
const ROUNDS = 24;
const GRACE_SECONDS = 30;
const T0 = Date.parse('2026-01-01T12:00:00.000Z');

interface Told {
  readonly type: LifecycleType;
  readonly detail: LifecycleDetail;
}

let engine: Engine;
let endpoint: EventEndpoint;
let reach: EveryReach & { sockets: TestSockets };
let records: StreamRecord[];
/** By player, each event once, in the order of versions. */
let events: ReadonlyMap<string, readonly Told[]>;

beforeAll(async () => {
  console.log(`Schedules from seed ${SEED}.`);
  engine = await startEngine();
  endpoint = await startEventEndpoint();
  reach = { ...(await engine.createTables()), sockets: openTestSockets() };
  const players = Array.from({ length: PLAYERS }, (_, at) => `player-${at}`);
  await Promise.all(players.map((player, at) => play(player, randomFrom(SEED + at))));
  records = await readStream(engine, reach.tables.sessions.name);
  endpoint.setEnvironment();
  const { handler } = await import('../../lambdas/streams/session-stream.ts');
  await deliverTwice(handler, randomFrom(SEED));
  events = byPlayer(
    endpoint.taken.map(({ type, detail }) => ({
      type: type as LifecycleType,
      detail: JSON.parse(detail),
    })),
  );
}, 60_000);
afterAll(() => Promise.all([engine.stop(), endpoint.stop()]));

type Random = (below: number) => number;

/** mulberry32 */
function randomFrom(seed: number): Random {
  let state = seed | 0;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** One user with three devices, who comes, goes, is dropped and checked on, much of it side by side. */
async function play(userId: string, random: Random): Promise<void> {
  let now = T0;
  const opened: string[] = [];
  const identity = identityOf({ userId, expiresAt: T0 / 1000 + 7200 });
  const tabs = ['tab-0', 'tab-1', 'tab-2'];
  const anySession = () => `tab-${random(tabs.length)}`;
  /** One of the newest: some have left already, some are only just coming. */
  const anyConnection = () => opened.at(-1 - random(5)) ?? `${userId}-0`;
  const nameOf = (sessionId: string) => ({ tenant: 'default', userId, sessionId });
  const times = () => ({ graceSeconds: GRACE_SECONDS, retentionSeconds: 3600, now });

  const come = async (sessionId: string): Promise<void> => {
    const connectionId = `${userId}-${opened.length}`;
    opened.push(connectionId);
    reach.sockets.open(connectionId);
    await putConnection(reach, newConnection(connectionId, 'PENDING', now));
    await authenticate(reach, identity, { connectionId, sessionId, now }).catch((fault) => {
      // Dropped between its row and its binding.
      if (fault.code !== 'connection-gone') throw fault;
    });
  };
  const step = (): Promise<unknown> => {
    const choice = random(10);
    if (choice < 3) return come(anySession());
    if (choice < 6) return depart(reach, anyConnection(), now);
    if (choice < 7) return dropConnection(reach, anyConnection(), now);
    if (choice < 9)
      return Promise.all(tabs.map((tab) => checkSession(reach, nameOf(tab), times())));
    return probeSession(reach, nameOf(anySession()), times());
  };

  for (let round = 0; round < ROUNDS; round += 1) {
    await Promise.all(Array.from({ length: 1 + random(4) }, step));
    // Now and then the whole network goes.
    if (random(4) === 0) await Promise.all(opened.slice(-8).map((id) => depart(reach, id, now)));
    now += random(2 * GRACE_SECONDS) * 1000;
  }
}

/** As Lambda does: what no filter admits is left out; and each batch comes twice, as it may. */
async function deliverTwice(handler: typeof SessionStream, random: Random): Promise<void> {
  const admitted = records.filter((record) =>
    streamSources['session-stream'].filters.some((filter) => matches(filter, record)),
  );
  for (let at = 0; at < admitted.length; ) {
    const batch = { Records: admitted.slice(at, at + 1 + random(60)) };
    for (let delivery = 0; delivery < 2; delivery += 1) {
      expect(await handler(batch)).toEqual({ batchItemFailures: [] });
    }
    at += batch.Records.length;
  }
}

function byPlayer(told: readonly Told[]): ReadonlyMap<string, readonly Told[]> {
  const once = new Map(told.map((event) => [event.detail.eventId, event]));
  const order: readonly LifecycleType[] = [
    'Player Connect',
    'Session Connect',
    'Session Disconnect',
    'Player Disconnect',
  ];
  const sorted = [...once.values()].sort(
    (a, b) => a.detail.version - b.detail.version || order.indexOf(a.type) - order.indexOf(b.type),
  );
  return Map.groupBy(sorted, ({ detail }) => detail.player);
}

const ofType = (all: readonly Told[], kind: 'Player' | 'Session') =>
  all.filter(({ type }) => type.startsWith(kind));

async function playerRow(userId: string): Promise<PlayerRow> {
  const { Item } = await reach.documents.send(
    new GetCommand({
      TableName: reach.tables.sessions.name,
      Key: { player: playerKey('default', userId), item: PLAYER_ITEM },
    }),
  );
  return Item as PlayerRow;
}

describe(`lifecycle events of random schedules (seed ${SEED})`, () => {
  it('there is something to judge: players who came and went several times', () => {
    expect(events.size).toBeGreaterThan(PLAYERS / 2);
    const all = [...events.values()].flat();
    const count = (wanted: LifecycleType) => all.filter(({ type }) => type === wanted).length;
    expect(count('Player Disconnect')).toBeGreaterThan(PLAYERS / 2);
    expect(count('Session Connect')).toBeGreaterThan(count('Player Connect'));
  });

  it('[S0-09] each transition is told once: every version has one session event, without a gap', () => {
    for (const [player, told] of events) {
      const versions = ofType(told, 'Session').map(({ detail }) => detail.version);
      expect(versions, player).toEqual(versions.map((_, at) => at + 1));
    }
  });

  it('[S0-08] Player Connect and Player Disconnect strictly alternate, beginning with Connect', () => {
    for (const [player, told] of events) {
      const types = ofType(told, 'Player').map(({ type }) => type);
      const alternating = types.map((_, at) => (at % 2 ? 'Player Disconnect' : 'Player Connect'));
      expect(types, player).toEqual(alternating);
    }
  });

  it('[S0-08] one Session Connect and one Session Disconnect for each life of a session', () => {
    for (const [player, told] of events) {
      const bySession = Map.groupBy(ofType(told, 'Session'), ({ detail }) => detail.sessionId);
      for (const [sessionId, own] of bySession) {
        const types = own.map(({ type }) => type);
        const lives = types.map((_, at) => (at % 2 ? 'Session Disconnect' : 'Session Connect'));
        expect(types, `${player} ${sessionId}`).toEqual(lives);
      }
    }
  });

  it('[S0-09] what was told adds up to the rows: same sessions, same version', async () => {
    for (const [player, told] of events) {
      const row = await playerRow(player);
      const present = new Set<string>();
      for (const { type, detail } of ofType(told, 'Session')) {
        if (type === 'Session Connect') present.add(detail.sessionId);
        else present.delete(detail.sessionId);
      }
      expect(present, player).toEqual(row.sessions ?? new Set());
      expect(told.at(-1)?.detail.version, player).toBe(row.version);
    }
  });

  it('[S0-09] a batch that is delivered again tells the very same events', () => {
    const deliveries = Map.groupBy(endpoint.taken, ({ detail }) => JSON.parse(detail).eventId);
    for (const copies of deliveries.values()) {
      expect(copies.length % 2).toBe(0);
      expect(new Set(copies.map((copy) => JSON.stringify(copy))).size).toBe(1);
    }
  });

  it('[S0-07] the same records ask for a check of each session that was left, after the grace time', () => {
    const checks = endpoint.messages.filter(({ queue }) => queue === 'session-check');
    expect(checks.length).toBeGreaterThan(PLAYERS);
    for (const { body, delay } of checks) {
      expect(body).toEqual({
        tenant: 'default',
        userId: expect.stringMatching(/^player-\d+$/),
        sessionId: expect.stringMatching(/^tab-\d$/),
      });
      expect(delay).toBe(GRACE_SECONDS);
    }
  });
});
