import { GetCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { functions } from '../../contract/functions.ts';
import {
  SESSIONS_PER_USER,
  TRANSACTION_BACKOFF_MS,
  TRANSACTION_TRIES,
} from '../../contract/limits.ts';
import {
  PLAYER_ITEM,
  type PlayerRow,
  playerKey,
  sessionItem,
  topicKey,
} from '../../contract/tables.ts';
import { authenticate } from '../../lambdas/flows/authenticate.ts';
import { depart } from '../../lambdas/flows/depart.ts';
import { publish } from '../../lambdas/flows/publish.ts';
import { stampAll } from '../../lambdas/flows/stamp.ts';
import { transact } from '../../lambdas/platform/transact.ts';
import {
  bindConnection,
  countRefusal,
  getConnection,
  putConnection,
  putTombstone,
  touchConnection,
} from '../../lambdas/stores/connections.ts';
import { addToPlayer } from '../../lambdas/stores/players.ts';
import { dropMembers, getSession, markRevived } from '../../lambdas/stores/sessions.ts';
import { newConnection } from '../../rules/connection.ts';
import { type ConflictProxy, startConflictProxy } from '../support/conflict-proxy.ts';
import { type Engine, type EveryReach, startEngine } from '../support/engine.ts';
import { identityOf } from '../support/identity.ts';
import { notificationsOf } from '../support/notifications.ts';
import { openTestSockets, type TestSockets } from '../support/sockets.ts';

const NOW = Date.parse('2026-01-01T12:00:00.000Z');
const PET = topicKey('default', 'Pet');
const joe = identityOf({ userId: 'joe', expiresAt: NOW / 1000 + 3600 });
const tab = { tenant: 'default', userId: 'joe', sessionId: 'tab' };
/** A slow one. */
const REQUEST_MS = 300;
const playerRow = { player: playerKey('default', 'joe'), item: PLAYER_ITEM };
const sessionRow = { player: playerKey('default', 'joe'), item: sessionItem('tab') };

let engine: Engine;
let proxy: ConflictProxy;
let reach: EveryReach & { sockets: TestSockets; retentionSeconds: number };

beforeAll(async () => {
  engine = await startEngine();
});
afterAll(() => engine.stop());
beforeEach(async () => {
  proxy = await startConflictProxy(engine);
  const { tables, topics } = await engine.createTables();
  const { documents } = proxy;
  reach = { documents, tables, topics, sockets: openTestSockets(), retentionSeconds: 3600 };
});
afterEach(() => proxy.stop());

const many = <Result>(count: number, run: (at: number) => Promise<Result>) =>
  Promise.allSettled(Array.from({ length: count }, (_, at) => run(at)));

const failed = (outcomes: readonly PromiseSettledResult<unknown>[]) =>
  outcomes.filter((outcome) => outcome.status === 'rejected').map(({ reason }) => reason);

async function connect(connectionId: string): Promise<void> {
  await putConnection(reach, newConnection(connectionId, 'PENDING', NOW));
}

const limits = {
  sessionsPerUser: SESSIONS_PER_USER,
  connectionsPerSession: 50,
  retentionSeconds: 3600,
};
const bind = (connectionId: string, sessionId = 'tab') =>
  authenticate(reach, joe, { connectionId, sessionId, now: NOW, limits });

async function player(): Promise<PlayerRow | undefined> {
  const TableName = reach.tables.sessions.name;
  const { Item } = await reach.documents.send(new GetCommand({ TableName, Key: playerRow }));
  return Item as PlayerRow | undefined;
}

const tell = (what: string) => {
  const { transactions, conflicts } = proxy.tally;
  process.stdout.write(`${what}: ${transactions} tries, ${conflicts} conflicts\n`);
};

const unmarked = { most: SESSIONS_PER_USER, revokedUntil: undefined };

describe('where transactions conflict', () => {
  it('most of 50 parallel binds of one player fail at once without our retry', async () => {
    await many(SESSIONS_PER_USER, (at) => connect(`c${at}`));
    const outcomes = await many(SESSIONS_PER_USER, (at) => {
      const binding = { ...tab, sessionId: `tab-${at}`, connectionId: `c${at}`, now: NOW };
      const bound = {
        ...binding,
        authExpiresAt: joe.expiresAt,
        issuedAt: 0,
        scopes: [],
        accepts: [],
      };
      const TransactItems = [bindConnection(reach, bound), addToPlayer(reach, bound, unmarked)];
      return reach.documents.send(new TransactWriteCommand({ TransactItems }));
    });
    const faults = failed(outcomes);
    expect(faults.length).toBeGreaterThan(SESSIONS_PER_USER / 2);
    for (const fault of faults) {
      expect(fault).toMatchObject({
        name: 'TransactionCanceledException',
        CancellationReasons: [{ Code: 'None' }, { Code: 'TransactionConflict' }],
      });
    }
    expect((await player())?.version).toBe(SESSIONS_PER_USER - faults.length);
  });

  it('50 parallel binds of one player to 50 sessions all succeed, and its version has no gap', async () => {
    await many(SESSIONS_PER_USER, (at) => connect(`c${at}`));
    expect(failed(await many(SESSIONS_PER_USER, (at) => bind(`c${at}`, `tab-${at}`)))).toEqual([]);
    tell('50 binds of 50 sessions');
    expect(proxy.tally.conflicts).toBeGreaterThan(0);
    expect((await player())?.sessions?.size).toBe(SESSIONS_PER_USER);
    expect((await player())?.version).toBe(SESSIONS_PER_USER);
  });

  it('50 parallel binds to one session all succeed, and all 50 leave again', async () => {
    await many(50, (at) => connect(`c${at}`));
    expect(failed(await many(50, (at) => bind(`c${at}`)))).toEqual([]);
    tell('50 binds of one session');
    expect((await getSession(reach, tab))?.conns?.size).toBe(50);
    expect((await player())?.version).toBe(1);
    expect(failed(await many(50, (at) => depart(reach, `c${at}`, NOW)))).toEqual([]);
    tell('and their departures');
    expect((await getSession(reach, tab))?.conns).toBeUndefined();
  });

  it('20 parallel publishes and stamps on one topic all succeed, and number 1 to 20', async () => {
    const say = (at: number) =>
      publish(reach, { tenant: 'default', topics: ['Pet'], payload: at, now: NOW });
    const said = await many(20, async (at) => {
      const { notificationId } = await say(at);
      const rows = await notificationsOf(reach, PET);
      return stampAll(
        reach,
        PET,
        rows.filter(({ id }) => id === notificationId),
      );
    });
    expect(failed(said)).toEqual([]);
    tell('20 publishes and stamps');
    expect(proxy.tally.conflicts).toBeGreaterThan(0);
    const seqs = (await notificationsOf(reach, PET)).map(({ seq = 0 }) => seq);
    expect(seqs.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, at) => at + 1));
  });
});

describe('a transaction', () => {
  const holdPlayer = () => proxy.hold(reach.tables.sessions.name, playerRow);
  const binding = {
    ...tab,
    connectionId: 'c1',
    authExpiresAt: joe.expiresAt,
    issuedAt: 0,
    scopes: [],
    accepts: [],
    now: NOW,
  };

  it('takes a lost condition for its answer, also beside a conflict', async () => {
    holdPlayer();
    const items = [bindConnection(reach, binding), addToPlayer(reach, binding, unmarked)];
    expect(await transact(reach, items)).toEqual({
      isDone: false,
      lost: [{ row: undefined }, undefined],
    });
    expect(proxy.tally).toMatchObject({ transactions: 1, conflicts: 1 });
  });

  it('that conflicts on the session while another bind begins it joins it, and is not one session too many', async () => {
    await connect('c1');
    await connect('c2');
    const letGo = proxy.hold(reach.tables.sessions.name, sessionRow);
    const bound = bind('c2');
    await expect.poll(() => proxy.tally.conflicts).toBeGreaterThan(0);
    const beside = { ...reach, documents: engine.documents };
    await authenticate(beside, joe, { connectionId: 'c1', sessionId: 'tab', now: NOW });
    const conflicts = proxy.tally.conflicts;
    await expect.poll(() => proxy.tally.conflicts).toBeGreaterThan(conflicts + 1);
    letGo();
    expect(await bound).toEqual({ session: 'resumed' });
    expect((await player())?.version).toBe(1);
  });

  it('that is in the way of others for ever is given up as `busy`, after all its tries', async () => {
    await connect('c1');
    holdPlayer();
    await expect(bind('c1')).rejects.toMatchObject({ code: 'busy' });
    expect(proxy.tally).toMatchObject({ conflicts: TRANSACTION_TRIES });
    expect((await getConnection(reach, 'c1'))?.status).toBe('PENDING');
  });

  it('waits less than any function has time, even at its unluckiest', () => {
    const { least, most } = TRANSACTION_BACKOFF_MS;
    const waits = Array.from({ length: TRANSACTION_TRIES - 1 }, (_, at) =>
      Math.min(most, least * 2 ** (at + 1)),
    );
    const longest = waits.reduce((sum, wait) => sum + wait, 0);
    const writers = Object.values(functions).filter(
      ({ tables }) =>
        'sessions' in tables && (tables.sessions as readonly string[]).includes('update'),
    );
    const shortest = Math.min(...writers.map(({ timeoutSeconds }) => timeoutSeconds * 1000));
    expect(TRANSACTION_TRIES).toBeGreaterThanOrEqual(8);
    expect(longest + TRANSACTION_TRIES * REQUEST_MS).toBeLessThan(shortest);
  });

  it.each([0, 5])(
    'whose answer was lost counts as done, not as refused by its own rows (%i more in progress)',
    async (inProgress) => {
      proxy.loseNextAnswer(inProgress);
      const said = await publish(reach, {
        tenant: 'default',
        topics: ['Pet'],
        payload: 1,
        now: NOW,
      });
      expect(said.isDone).toBe(true);
      expect(await notificationsOf(reach, PET)).toHaveLength(1);
    },
  );
});

describe('a single write', () => {
  /** Runs it while a transaction is under way on its item, which then ends. */
  async function against<Result>(
    table: 'connections' | 'sessions',
    key: Record<string, string>,
    write: () => Promise<Result>,
  ): Promise<Result> {
    const { rejected } = proxy.tally;
    const letGo = proxy.hold(reach.tables[table].name, key);
    const written = write();
    written.catch(() => undefined);
    await expect.poll(() => proxy.tally.rejected).toBeGreaterThan(rejected);
    letGo();
    return written;
  }
  it('of a connection waits for a transaction on it', async () => {
    await connect('c1');
    const c1 = { connectionId: 'c1' };
    expect(await against('connections', c1, () => countRefusal(reach, 'c1'))).toBe(1);
    await bind('c1');
    expect(await against('connections', c1, () => touchConnection(reach, 'c1', NOW + 1))).toBe(
      true,
    );
    expect((await getConnection(reach, 'c1'))?.timestamp).toBe(new Date(NOW + 1).toISOString());
  });

  it('that begins or ends a connection waits for a transaction on it', async () => {
    const row = newConnection('c1', 'PENDING', NOW);
    const c1 = { connectionId: 'c1' };
    expect(await against('connections', c1, () => putConnection(reach, row))).toBe(true);
    expect(await against('connections', c1, () => putTombstone(reach, 'c1', NOW, row))).toBe(true);
  });

  it('of a session waits for a transaction on it', async () => {
    await connect('c1');
    await bind('c1');
    const life = (await getSession(reach, tab))?.life ?? 0;
    expect(await against('sessions', sessionRow, () => markRevived(reach, tab, life))).toBe(true);
    expect(await against('sessions', sessionRow, () => dropMembers(reach, tab, ['c1'], NOW))).toBe(
      true,
    );
    expect((await getSession(reach, tab))?.conns).toBeUndefined();
  });

  it('keeps its answer when its condition does not hold', async () => {
    await connect('c1');
    const row = newConnection('c1', 'PENDING', NOW);
    const c1 = { connectionId: 'c1' };
    expect(await against('connections', c1, () => putConnection(reach, row))).toBe(false);
  });
});
