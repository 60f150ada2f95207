import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type Criteria,
  DIRECT_MESSAGES_SCOPE,
  type DirectMessageReport,
} from '../../contract/direct-message.ts';
import { type DirectMessagePage, directMessagePage } from '../../contract/internal.ts';
import {
  DIRECT_MESSAGE_CLAIM_SECONDS,
  DIRECT_MESSAGE_KEPT_SECONDS,
  FRAME_BYTES,
  RECIPIENTS_PER_PAGE,
} from '../../contract/limits.ts';
import { authenticate } from '../../lambdas/flows/authenticate.ts';
import { depart } from '../../lambdas/flows/depart.ts';
import { postMessagePage } from '../../lambdas/flows/post-message-page.ts';
import { readMessage } from '../../lambdas/flows/read-message.ts';
import { type SendMessageReach, sendMessage } from '../../lambdas/flows/send-message.ts';
import { subscribe } from '../../lambdas/flows/subscribe.ts';
import { getConnection, markStale, putConnection } from '../../lambdas/stores/connections.ts';
import { getMessage } from '../../lambdas/stores/direct-messages.ts';
import { sessionsOf } from '../../lambdas/stores/sessions.ts';
import { makeDormant } from '../../lambdas/stores/subscriptions.ts';
import { newConnection } from '../../rules/connection.ts';
import { openCrowd } from '../support/crowd.ts';
import { type Engine, type EveryReach, startEngine } from '../support/engine.ts';
import { identityOf } from '../support/identity.ts';
import { listenToMetrics } from '../support/measured.ts';
import { openTestSockets, type TestSockets } from '../support/sockets.ts';

let engine: Engine;
let reach: EveryReach & SendMessageReach & { sockets: TestSockets };
let pages: DirectMessagePage[];
const T0 = Date.parse('2026-01-01T12:00:00.000Z');
const HOUR = 3600;
const later = (seconds: number) => T0 + seconds * 1000;

beforeAll(async () => {
  engine = await startEngine();
});
afterAll(() => engine.stop());
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});
beforeEach(async () => {
  pages = [];
  reach = {
    ...(await engine.createTables({ hasStreams: false })),
    sockets: openTestSockets(),
    queues: { send: async (_, page) => void pages.push(JSON.parse(JSON.stringify(page))) },
    recipientsPerPage: RECIPIENTS_PER_PAGE,
  };
});

interface Coming {
  readonly tenant?: string;
  readonly sessionId?: string;
  readonly topics?: readonly string[];
  /** Seconds. */
  readonly age?: number;
}

/** A connection of a user, called as the user, two minutes old unless said otherwise. */
async function come(
  userId: string,
  { tenant = 'default', sessionId = 'tab', topics, age = 120 }: Coming = {},
): Promise<string> {
  const connectionId = [userId, sessionId, tenant].join('-');
  reach.sockets.open(connectionId);
  await putConnection(reach, newConnection(connectionId, 'PENDING', T0 - age * 1000));
  const identity = identityOf({ tenant, userId, expiresAt: T0 / 1000 + HOUR });
  await authenticate(reach, identity, { connectionId, sessionId, now: T0 });
  if (topics) await subscribe(reach, { ...identity, sessionId }, connectionId, topics);
  return connectionId;
}

const crowd = (count: number) => openCrowd(reach, count, T0);
const ada = identityOf({ userId: 'ada', expiresAt: T0 / 1000 + HOUR });
const sender = { ...ada, scopes: [DIRECT_MESSAGES_SCOPE] };
const hello = { text: 'hello' };

interface Sending {
  readonly identity?: typeof sender;
  readonly message?: unknown;
  readonly idempotencyKey?: string;
  readonly now?: number;
  readonly from?: typeof reach;
}

const send = (
  to: Criteria,
  { identity = sender, message = hello, now = T0, from = reach, ...more }: Sending = {},
): Promise<DirectMessageReport> =>
  sendMessage(
    from,
    { identity, request: { to, message }, now, ...more },
    { now: () => now, until: now + 1 },
  );

/** What the queue brings to the function behind it. */
async function work(now = T0, from: typeof reach = reach): Promise<void> {
  for (const page of pages) {
    await postMessagePage(from, directMessagePage.parse(page), { now: () => now, until: now + 1 });
  }
}

const heard = (connectionId: string) =>
  (reach.sockets.sent.get(connectionId) ?? []).map((frame) => JSON.parse(frame));
const hearers = () => [...reach.sockets.sent].flatMap(([id, { length }]) => (length ? [id] : []));
const countHeard = (ids: readonly string[]) => {
  const counts = ids.map((id) => heard(id).length);
  return { least: Math.min(...counts), most: Math.max(...counts) };
};

/** The process dies when it is about to write a row of messages for this time, or hand a page on. */
function dyingAt({ write = 0, page = 0 }): typeof reach {
  let [writes, sent] = [0, 0];
  const { name } = reach.tables.messages;
  const dying = async (command: { readonly input?: { TableName?: string; Item?: object } }) => {
    const { TableName, ...input } = command.input ?? {};
    const isWrite = TableName === name && ('Item' in input || 'UpdateExpression' in input);
    if (isWrite && ++writes === write) throw new Error('died');
    return engine.documents.send(command as never);
  };
  return {
    ...reach,
    documents: Object.assign(Object.create(engine.documents), { send: dying }),
    queues: {
      send: async (...message) => {
        if (++sent === page) throw new Error('died');
        return reach.queues.send(...message);
      },
    },
  };
}

describe('a direct message', () => {
  beforeEach(async () => {
    await come('joe', { topics: ['Pet'] });
    await come('joe', { sessionId: 'phone', topics: ['Shop'] });
    await come('sam', { topics: ['Pet', 'Shop'] });
    await come('eve');
    // The same names, in another tenant.
    await come('joe', { tenant: 'acme', topics: ['Pet'] });
  });

  it('[S3-02] comes to each recipient as a frame of its own, and is counted', async () => {
    const report = await send({ userIds: ['sam'] });
    const counts = { recipients: 1, delivered: 1, gone: 0, failed: 0 };
    expect(report).toEqual({ id: report.id, state: 'done', ...counts });
    const at = '2026-01-01T12:00:00.000Z';
    expect(heard('sam-tab-default')).toEqual([
      { type: 'message', id: report.id, at, payload: hello },
    ]);
    expect(await readMessage(reach, ada, report.id, T0)).toEqual(report);
  });

  it.each<[Criteria, string[]]>([
    [{ all: true }, ['eve-tab', 'joe-phone', 'joe-tab', 'sam-tab']],
    [{ userIds: ['joe', 'nobody', 'joe'] }, ['joe-phone', 'joe-tab']],
    [{ userIds: ['joe', 'sam'], sessionIds: ['tab'] }, ['joe-tab', 'sam-tab']],
    [{ sessionIds: ['phone'] }, ['joe-phone']],
    [{ connectionIds: ['eve-tab-default', 'nobody-000', 'eve-tab-default'] }, ['eve-tab']],
    [{ connectionIds: ['eve-tab-default'], userIds: ['joe'] }, []],
    [{ topics: ['Pet'] }, ['joe-tab', 'sam-tab']],
    [{ topics: ['Pet', 'Shop', 'Shop'] }, ['joe-phone', 'joe-tab', 'sam-tab']],
    [{ topics: ['Pet'], userIds: ['joe', 'eve'] }, ['joe-tab']],
    [{ topics: ['Pet'], connectionIds: ['joe-phone-default', 'sam-tab-default'] }, ['sam-tab']],
    [{ topics: ['nothing'] }, []],
    [{ all: true, tenant: 'default', except: { userIds: ['joe'] } }, ['eve-tab', 'sam-tab']],
    [{ topics: ['Pet'], except: { sessionIds: ['tab'] } }, []],
    [{ userIds: ['joe'], except: { connectionIds: ['joe-tab-default'] } }, ['joe-phone']],
    // Known, but another tenant's.
    [{ connectionIds: ['joe-tab-acme'] }, []],
  ])('[S3-02] [S4-12] for %j goes to them, each once, and to nobody else', async (to, meant) => {
    const report = await send(to);
    expect(report).toMatchObject({ recipients: meant.length, delivered: meant.length });
    expect(hearers().sort()).toEqual(meant.map((id) => `${id}-default`));
    expect(countHeard(hearers()).most).toBeLessThanOrEqual(1);
  });

  it('[S3-02] goes to active connections, or to those of the state that is asked for', async () => {
    await markStale(reach, 'joe-tab-default');
    await depart(reach, 'sam-tab-default', T0);
    expect(await send({ all: true })).toMatchObject({ delivered: 2 });
    expect(await send({ userIds: ['joe', 'sam'] })).toMatchObject({ delivered: 1 });
    expect(await send({ topics: ['Pet'] })).toMatchObject({ recipients: 0 });
    expect(await send({ all: true, status: 'STALE' })).toMatchObject({ delivered: 1 });
    expect(await send({ topics: ['Pet'], status: 'STALE' })).toMatchObject({ delivered: 1 });
    expect(heard('joe-tab-default')).toHaveLength(2);
    expect(heard('sam-tab-default')).toEqual([]);
  });

  it('[S0-13] is nothing for a subscription that is dormant', async () => {
    const joe = { tenant: 'default', userId: 'joe', sessionId: 'tab' };
    await makeDormant(reach, joe, { topic: 'Pet', shard: 0 }, 1, T0 / 1000 + HOUR);
    expect(await send({ topics: ['Pet'] })).toMatchObject({ recipients: 1 });
    expect(hearers()).toEqual(['sam-tab-default']);
  });

  it('looks at nothing but sessions where users are named', async () => {
    const rows = await sessionsOf(reach, 'default', 'joe');
    expect(rows.map(({ item }) => item).sort()).toEqual(['session#phone', 'session#tab']);
  });

  it('[S3-10] is nothing for who is past their token', async () => {
    expect(await send({ all: true }, { now: later(HOUR - 1) })).toMatchObject({ delivered: 4 });
    expect(await send({ all: true }, { now: later(HOUR) })).toMatchObject({ recipients: 0 });
    expect(await send({ topics: ['Pet'] }, { now: later(HOUR) })).toMatchObject({ recipients: 0 });
  });

  it.each<[string, Criteria, Sending]>([
    ['scope-needed', { all: true }, { identity: { ...sender, scopes: ['switchboard'] } }],
    ['tenant-not-allowed', { all: true, tenant: 'acme' }, {}],
    ['topic-not-allowed', { topics: ['user/joe/inbox'] }, {}],
    ['topic-invalid', { topics: ['a#b'] }, {}],
    ['too-large', { all: true }, { message: 'x'.repeat(FRAME_BYTES) }],
    ['malformed', { all: true }, { message: () => {} }],
  ])(
    '[S3-10] [S1-13] is refused as %s, and nothing is posted or written',
    async (code, to, more) => {
      const call = { idempotencyKey: 'key', ...more };
      await expect(send(to, call)).rejects.toMatchObject({ code });
      expect(hearers()).toEqual([]);
      // Had anything been written under that key, it would be another message.
      expect(
        await send({ connectionIds: ['nobody-000'] }, { idempotencyKey: 'key' }),
      ).toMatchObject({
        state: 'done',
      });
    },
  );

  it('[S3-06] [S4-05] finds a socket that is gone: it leaves, and the others are reached', async () => {
    reach.sockets.closed.push('joe-tab-default');
    const counts = { recipients: 4, delivered: 3, gone: 1, failed: 0 };
    expect(await send({ all: true })).toMatchObject(counts);
    expect((await getConnection(reach, 'joe-tab-default'))?.status).toBe('DISCONNECTED');
  });

  it('[S4-05] asks again about one that is young', async () => {
    await come('new', { age: 5 });
    reach.sockets.planned.set('new-tab-default', ['gone']);
    expect(await send({ userIds: ['new'] })).toMatchObject({ delivered: 1, gone: 0 });
  });

  it('[S3-06] counts who could not be reached, and reaches the others', async () => {
    reach.sockets.planned.set('joe-tab-default', ['failed']);
    const counts = { recipients: 4, delivered: 3, gone: 0, failed: 1 };
    expect(await send({ all: true })).toMatchObject({ state: 'done', ...counts });
    expect((await getConnection(reach, 'joe-tab-default'))?.status).toBe('STALE');
  });

  it('[S3-09] measures whom it reached, whom not, and who had gone', async () => {
    const { valuesOf } = listenToMetrics();
    reach.sockets.planned.set('joe-tab-default', ['failed']);
    reach.sockets.closed.push('sam-tab-default');
    const { delivered } = await send({ all: true });
    expect(valuesOf('DirectDelivered')).toEqual([delivered]);
    expect([valuesOf('DirectFailed'), valuesOf('GonePosts')]).toEqual([[1], [1]]);
  });

  it('begins no post after its time', async () => {
    const call = { identity: sender, request: { to: { all: true as const }, message: 1 }, now: T0 };
    const report = await sendMessage(reach, call, { now: () => T0, until: T0 });
    expect(report).toMatchObject({ state: 'done', recipients: 4, delivered: 0, failed: 4 });
    expect(hearers()).toEqual([]);
    // Nobody tried, so that nobody is to be doubted.
    expect(await send({ all: true, status: 'STALE' })).toMatchObject({ recipients: 0 });
  });

  it('is known to its sender alone', async () => {
    const { id } = await send({ userIds: ['sam'] });
    const read = (who: object, messageId = id, now = T0) =>
      readMessage(reach, { ...ada, ...who }, messageId, now);
    expect(await read({})).toMatchObject({ id });
    await expect(read({ userId: 'sam' })).rejects.toMatchObject({ code: 'not-found' });
    await expect(read({ tenant: 'acme' })).rejects.toMatchObject({ code: 'not-found' });
    await expect(read({}, 'unknown')).rejects.toMatchObject({ code: 'not-found' });
    await expect(read({}, 'x'.repeat(5000))).rejects.toMatchObject({ code: 'not-found' });
    const over = later(DIRECT_MESSAGE_KEPT_SECONDS);
    await expect(read({}, id, over)).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('a direct message under a key', () => {
  const named = { idempotencyKey: 'key-1' };
  const to: Criteria = { userIds: ['sam'] };
  beforeEach(async () => void (await come('sam')));
  const counts = () => heard('sam-tab-default').length;

  it('is sent once, and told as it was', async () => {
    const first = await send(to, named);
    expect(await send(to, { ...named, now: later(60) })).toEqual(first);
    expect(counts()).toBe(1);
  });

  it('is another one under another key, or none', async () => {
    await send(to, named);
    await send(to, { idempotencyKey: 'key-2' });
    await send(to);
    await send(to);
    expect(counts()).toBe(4);
  });

  it('is another sender’s own under theirs, in whatever tenant', async () => {
    const { id } = await send(to, named);
    for (const other of [{ userId: 'bob' }, { tenant: 'acme' }]) {
      const theirs = await send(to, { ...named, identity: { ...sender, ...other } });
      expect(theirs.id).not.toBe(id);
    }
  });

  it('is refused where it names another one already', async () => {
    const first = await send(to, named);
    for (const other of [
      () => send({ all: true }, named),
      () => send(to, { ...named, message: 1 }),
    ]) {
      await expect(other()).rejects.toMatchObject({ code: 'id-taken' });
    }
    expect(await send(to, named)).toEqual(first);
    expect(counts()).toBe(1);
  });

  it('is new again when it is forgotten', async () => {
    await send(to, named);
    const now = later(DIRECT_MESSAGE_KEPT_SECONDS);
    expect(await send({ connectionIds: ['nobody-000'] }, { ...named, now })).toMatchObject({
      recipients: 0,
    });
  });

  it('is posted by one of many that send it at the same time', async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => send(to, named)));
    expect(counts()).toBe(1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason.code).toBe('still-sending');
      else expect(outcome.value).toMatchObject({ state: 'done', delivered: 1 });
    }
    expect(outcomes.some(({ status }) => status === 'fulfilled')).toBe(true);
  });

  it.each([
    { as: 'before it posted', at: { write: 1 } },
    { as: 'after it posted', at: { write: 2 } },
  ])('is taken over when its function died $as, once its claim has run out', async ({ at }) => {
    await expect(send(to, { ...named, from: dyingAt(at) })).rejects.toThrow('died');
    const wait = DIRECT_MESSAGE_CLAIM_SECONDS;
    if (at.write === 2) {
      const early = send(to, { ...named, now: later(wait - 5) });
      await expect(early).rejects.toMatchObject({ code: 'still-sending', retryAfter: 5 });
    }
    const again = await send(to, { ...named, now: later(wait) });
    expect(again).toMatchObject({ state: 'done', delivered: 1 });
    // The same message, byte for byte.
    expect(new Set(reach.sockets.sent.get('sam-tab-default')).size).toBe(1);
    expect(counts()).toBe(at.write);
  });

  it('tells who was too slow that another one has it, and keeps what that one wrote', async () => {
    const { post } = reach.sockets;
    reach.sockets.post = async (id, frame) => {
      reach.sockets.post = post;
      // Meanwhile the claim has run out, and somebody else comes.
      const other = await send(to, { ...named, now: later(DIRECT_MESSAGE_CLAIM_SECONDS) });
      expect(other.state).toBe('done');
      return post(id, frame);
    };
    await expect(send(to, named)).rejects.toMatchObject({ code: 'still-sending' });
    expect(await send(to, named)).toMatchObject({ state: 'done', delivered: 1 });
    expect(counts()).toBe(2);
  });
});

describe('a direct message to more than a page of recipients', () => {
  const everybody: Criteria = { all: true };
  const named = { idempotencyKey: 'key-1' };
  const read = (id: string) => readMessage(reach, ada, id, T0);

  it('[S3-02] with just a page of them is posted at once', async () => {
    const ids = await crowd(RECIPIENTS_PER_PAGE);
    const report = await send(everybody);
    expect(report).toMatchObject({ state: 'done', recipients: ids.length, delivered: ids.length });
    expect(pages).toEqual([]);
    expect(countHeard(ids)).toEqual({ least: 1, most: 1 });
  });

  it('[S3-02] with one more is handed on, and its progress can be read', async () => {
    const ids = await crowd(RECIPIENTS_PER_PAGE + 1);
    const report = await send(everybody);
    const { id } = report;
    const counts = { recipients: ids.length, delivered: 0, gone: 0, failed: 0 };
    expect(report).toEqual({ id, state: 'sending', ...counts });
    expect(hearers()).toEqual([]);
    expect(pages.map(({ recipients }) => recipients.length)).toEqual([RECIPIENTS_PER_PAGE, 1]);
    expect(await read(id)).toEqual(report);

    const [first, last] = pages;
    reach.sockets.closed.push(last?.recipients[0]?.connectionId ?? '');
    reach.sockets.planned.set(first?.recipients[0]?.connectionId ?? '', ['failed']);
    pages = first ? [first] : [];
    await work();
    const half = { ...counts, delivered: RECIPIENTS_PER_PAGE - 1, failed: 1 };
    expect(await read(id)).toEqual({ id, state: 'sending', ...half });
    pages = last ? [last] : [];
    await work();
    expect(await read(id)).toEqual({ id, state: 'done', ...half, gone: 1 });
  });

  describe('of which three make two pages', () => {
    beforeEach(async () => {
      reach = { ...reach, recipientsPerPage: 2 };
      for (const user of ['ann', 'ben', 'cem']) await come(user);
    });
    const three = ['ann-tab-default', 'ben-tab-default', 'cem-tab-default'];
    const done = { state: 'done', recipients: 3, delivered: 3, gone: 0, failed: 0 };

    it('is told as it stands when it is sent again under its key', async () => {
      const first = await send(everybody, named);
      const after = { ...named, now: later(2 * DIRECT_MESSAGE_CLAIM_SECONDS) };
      expect(await send(everybody, after)).toEqual(first);
      await work();
      expect(await send(everybody, after)).toEqual({ id: first.id, ...done });
      expect(countHeard(three)).toEqual({ least: 1, most: 1 });
    });

    it('a page that the queue brings again is neither posted nor counted twice', async () => {
      const { id } = await send(everybody);
      await work();
      await work();
      expect(await read(id)).toMatchObject(done);
      expect(countHeard(three)).toEqual({ least: 1, most: 1 });
    });

    it('a page whose function died before it counted is posted again, and counted once', async () => {
      const { id } = await send(everybody);
      await expect(work(T0, dyingAt({ write: 1 }))).rejects.toThrow('died');
      await work();
      expect(await read(id)).toMatchObject(done);
      expect(countHeard(three)).toEqual({ least: 1, most: 2 });
    });

    it.each([
      { as: 'before its first page', at: { page: 1 } },
      { as: 'before its last page', at: { page: 2 } },
      { as: 'after its last page', at: { write: 3 } },
    ])('whose function died $as is taken over, and counts its own pages alone', async (row) => {
      const from = dyingAt(row.at);
      await expect(send(everybody, { ...named, from })).rejects.toThrow('died');
      const now = later(DIRECT_MESSAGE_CLAIM_SECONDS);
      const { id, ...report } = await send(everybody, { ...named, now });
      expect(report).toEqual({ ...done, state: 'sending', delivered: 0 });
      await work();
      // The pages of the first try found that nobody waits for them, and posted nothing.
      expect(await read(id)).toEqual({ id, ...done });
      expect(countHeard(three)).toEqual({ least: 1, most: 1 });
    });

    it('whose function died while its pages were posted is told, and not sent again', async () => {
      await expect(send(everybody, { ...named, from: dyingAt({ write: 3 }) })).rejects.toThrow();
      await work();
      const now = later(DIRECT_MESSAGE_CLAIM_SECONDS);
      expect(await send(everybody, { ...named, now })).toMatchObject(done);
      expect(countHeard(three)).toEqual({ least: 1, most: 1 });
    });

    it('whose function was so slow that another one has it hands nothing on', async () => {
      let isSlow = true;
      const slow = async (command: object) => {
        if (command instanceof ScanCommand && isSlow) {
          isSlow = false;
          await send(everybody, { ...named, now: later(DIRECT_MESSAGE_CLAIM_SECONDS) });
        }
        return engine.documents.send(command as never);
      };
      const documents = Object.assign(Object.create(engine.documents), { send: slow });
      const late = send(everybody, { ...named, from: { ...reach, documents } });
      await expect(late).rejects.toMatchObject({ code: 'still-sending' });
      expect(pages).toHaveLength(2);
      await work();
      expect(await send(everybody, named)).toMatchObject(done);
    });

    it('[S3-10] a page that waited reaches nobody whose token is over, but who has a newer one', async () => {
      const { id } = await send(everybody);
      const renewed = { ...ada, userId: 'ben', expiresAt: T0 / 1000 + 2 * HOUR };
      const request = { connectionId: 'ben-tab-default', sessionId: 'tab', now: T0 };
      await authenticate(reach, renewed, request);
      await depart(reach, 'cem-tab-default', T0);
      await work(later(HOUR));
      expect(await read(id)).toMatchObject({ state: 'done', delivered: 1, gone: 2 });
      expect(hearers()).toEqual(['ben-tab-default']);
    });
  });

  it('leaves no claim behind', async () => {
    reach = { ...reach, recipientsPerPage: 1 };
    for (const user of ['ann', 'ben']) await come(user);
    const { id } = await send(everybody);
    expect(await getMessage(reach, id)).not.toHaveProperty('claimedUntil');
  });
});
