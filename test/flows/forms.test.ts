import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FRAME_BYTES, MESSAGE_BYTES } from '../../contract/limits.ts';
import type { Accepted } from '../../contract/protocol.ts';
import { topicKey } from '../../contract/tables.ts';
import { authenticate } from '../../lambdas/flows/authenticate.ts';
import { type DeliverReach, deliver } from '../../lambdas/flows/deliver.ts';
import { publish } from '../../lambdas/flows/publish.ts';
import { readMissed } from '../../lambdas/flows/read-missed.ts';
import { openRoutes } from '../../lambdas/flows/routes.ts';
import { stampAll } from '../../lambdas/flows/stamp.ts';
import { subscribe } from '../../lambdas/flows/subscribe.ts';
import { putConnection } from '../../lambdas/stores/connections.ts';
import { newConnection } from '../../rules/connection.ts';
import { type Engine, type EveryReach, startEngine } from '../support/engine.ts';
import { identityOf } from '../support/identity.ts';
import { notificationsOf } from '../support/notifications.ts';
import { openPages } from '../support/pages.ts';
import { openTestSockets, type TestSockets } from '../support/sockets.ts';

/** The forms in which messages travel: whole, by reference, packed; to each client what it understands. */

let engine: Engine;
let reach: EveryReach & DeliverReach & { sockets: TestSockets; retentionSeconds: number };
const T0 = Date.parse('2026-01-01T12:00:00.000Z');
const PET = topicKey('default', 'Pet');
const LARGE = 'x'.repeat(FRAME_BYTES);
const HUGE = 'x'.repeat(MESSAGE_BYTES);

beforeAll(async () => {
  process.env.EPOCH = '';
  process.env.HTTP_URL = 'https://http.test';
  engine = await startEngine();
});
afterAll(() => engine.stop());
beforeEach(async () => {
  const tables = await engine.createTables();
  reach = {
    ...tables,
    sockets: openTestSockets(),
    routes: openRoutes(),
    ...openPages(),
    retentionSeconds: 3600,
  };
});

async function join(userId: string, accepts: readonly Accepted[] = [], more: object = {}) {
  const session = { tenant: 'default', userId, sessionId: 'tab' };
  const { connectionId = userId, ...rest } = more as { connectionId?: string };
  reach.sockets.open(connectionId);
  await putConnection(reach, newConnection(connectionId, 'PENDING', T0 - 120_000));
  await authenticate(reach, identityOf({ userId, expiresAt: T0 / 1000 + 3600 }), {
    connectionId,
    sessionId: 'tab',
    accepts,
    now: T0,
    ...rest,
  });
  await subscribe(reach, session, connectionId, ['Pet']);
}

let said = 0;
async function say(...payloads: readonly unknown[]): Promise<void> {
  for (const payload of payloads) {
    said += 1;
    const id = `m${said}`;
    await publish(reach, { tenant: 'default', topics: ['Pet'], payload, id, now: T0 + said });
  }
  const rows = (await notificationsOf(reach, PET)).filter(({ seq }) => seq === undefined);
  rows.sort((a, b) => a.at.localeCompare(b.at));
  await deliver(reach, PET, await stampAll(reach, PET, rows), T0);
}

const sent = (connectionId: string) => reach.sockets.sent.get(connectionId) ?? [];
const frames = (connectionId: string) => sent(connectionId).map((text) => JSON.parse(text));
const reference = (payload: string) => ({
  reference: {
    href: `https://http.test/payload?topic=Pet&id=m${said}`,
    bytes: payload.length + 2,
  },
});

describe('a message that no frame holds', () => {
  it('is stored whole, once for all its topics, apart from what is stamped and streamed', async () => {
    await publish(reach, { tenant: 'default', topics: ['Pet', 'Cat'], payload: LARGE, now: T0 });
    for (const topic of [PET, topicKey('default', 'Cat')]) {
      const [row] = await notificationsOf(reach, topic);
      expect(row).toMatchObject({ bytes: LARGE.length + 2 });
      expect(row).not.toHaveProperty('payload');
    }
  });

  it('comes as a reference to those who follow them, and whole to the others', async () => {
    await join('joe', ['references']);
    await join('sam');
    await say(LARGE);
    expect(frames('joe')).toMatchObject([{ seq: 1, ...reference(LARGE) }]);
    expect(frames('joe')[0]).not.toHaveProperty('payload');
    expect(frames('sam')).toMatchObject([{ seq: 1, payload: LARGE }]);
  });

  it('and no message either comes as a reference to everybody', async () => {
    await join('sam');
    await say(HUGE);
    expect(frames('sam')).toMatchObject([{ seq: 1, ...reference(HUGE) }]);
  });

  it('keeps its place among others', async () => {
    await join('sam');
    await join('joe', ['references', 'packs']);
    await say('a', LARGE, 'b');
    expect(frames('sam').map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(frames('joe')).toMatchObject([
      { type: 'pack', frames: [{ payload: 'a' }, { seq: 2 }, { payload: 'b' }] },
    ]);
  });

  it('is a reference in what was missed', async () => {
    await say('a', LARGE);
    const cursors = [{ topic: 'Pet', epoch: null, seq: 0 }];
    expect(await readMissed(reach, { tenant: 'default', cursors, now: T0 })).toMatchObject([
      {
        recovered: true,
        messages: [
          { seq: 1, carried: { payload: '"a"' } },
          { seq: 2, carried: reference(LARGE) },
        ],
      },
    ]);
  });

  it('fits at the last byte of a frame, and is a reference one byte later', async () => {
    await join('joe', ['references']);
    await say('');
    const [row] = await notificationsOf(reach, PET);
    let low = 0;
    for (let high = FRAME_BYTES; high - low > 1; ) {
      const middle = Math.floor((low + high) / 2);
      await say('x'.repeat(middle));
      if ('payload' in frames('joe').at(-1)) low = middle;
      else high = middle;
    }
    expect(row).toBeDefined();
    await say('x'.repeat(low));
    const bytes = Buffer.byteLength(sent('joe').at(-1) ?? '');
    expect(bytes).toBeLessThanOrEqual(FRAME_BYTES);
    // What is left is room for longer numbers and epochs.
    expect(bytes).toBeGreaterThan(FRAME_BYTES - 150);
  });
});

describe('messages that are ready together', () => {
  it('[S3-08] are one frame for those who unpack, and several for the others', async () => {
    await join('joe', ['packs']);
    await join('sam');
    await say('a', 'b', 'c');
    expect(frames('joe')).toEqual([{ type: 'pack', frames: frames('sam') }]);
    expect(frames('sam').map(({ payload }) => payload)).toEqual(['a', 'b', 'c']);
  });

  it('are packed without what the session itself caused', async () => {
    await join('joe', ['packs']);
    const origin = { userId: 'joe', sessionId: 'tab' };
    const publication = { tenant: 'default', topics: ['Pet'], now: T0 };
    await publish(reach, { ...publication, payload: 'mine', origin });
    await say('a', 'b');
    expect(frames('joe')).toMatchObject([
      {
        frames: [
          { payload: 'a', seq: 2, after: 0 },
          { payload: 'b', seq: 3 },
        ],
      },
    ]);
  });

  it('come unpacked as soon as one connection of the session does not unpack', async () => {
    await join('joe', ['packs']);
    await say('a', 'b');
    await join('joe', [], { connectionId: 'joe-2' });
    await say('c', 'd');
    expect(frames('joe')).toMatchObject([{ type: 'pack' }, { seq: 3 }, { seq: 4 }]);
    expect(frames('joe-2')).toMatchObject([{ seq: 3 }, { seq: 4 }]);
  });

  it('come unpacked to an older client that took the place of a newer one', async () => {
    await join('joe', ['packs']);
    await say('a', 'b');
    await join('joe', [], { connectionId: 'joe-2', replaces: 'joe' });
    await say('c', 'd');
    expect(frames('joe-2')).toMatchObject([{ seq: 3 }, { seq: 4 }]);
  });

  it('come packed from the moment when the connection says that it unpacks', async () => {
    await join('joe');
    await say('a', 'b');
    await authenticate(reach, identityOf({ userId: 'joe', expiresAt: T0 / 1000 + 3600 }), {
      connectionId: 'joe',
      sessionId: 'tab',
      accepts: ['packs'],
      now: T0,
    });
    await say('c', 'd');
    expect(frames('joe')).toMatchObject([{ seq: 1 }, { seq: 2 }, { type: 'pack' }]);
  });
});
