import { randomUUID } from 'node:crypto';
import { GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, inject, it } from 'vitest';
import { AUTHENTICATE_WITHIN_SECONDS, CONNECTION_TTL_SECONDS } from '../../contract/limits.ts';
import {
  type ConnectionRow,
  PLAYER_ITEM,
  playerKey,
  sessionItem,
  subscriberKey,
  topicKey,
  USER_ID_INDEX,
} from '../../contract/tables.ts';
import { newPerson, operatorDocuments, type Person } from '../support/people.ts';
import { openSocket, refusedHandshake, type TestSocket } from '../support/socket.ts';
import { until } from '../support/until.ts';

const place = inject('place');
const { outputs } = place;
const url = outputs.WebSocketUrl ?? '';
const documents = operatorDocuments(place);

const authenticate = (socket: TestSocket, person: Person, sessionId: string, more: object = {}) =>
  socket.ask({ action: 'authenticate', token: person.token, sessionId, ...more });

async function row(table: string, Key: Record<string, unknown>) {
  const { Item } = await documents.send(
    new GetCommand({ TableName: outputs[`${table}TableName`], Key, ConsistentRead: true }),
  );
  return Item;
}

const connectionRow = (connectionId: unknown) =>
  row('Connections', { connectionId }) as Promise<ConnectionRow | undefined>;

describe('the socket', () => {
  it('[S1-01] [S1-02] [S4-01] the first reply tells the connection id, and its row has session and times', async () => {
    const socket = await openSocket(url);
    const joe = await newPerson(place);
    const reply = await authenticate(socket, joe, 'tab');
    expect(reply).toMatchObject({
      type: 'authenticated',
      v: 1,
      session: 'new',
      sessionId: 'tab',
      userId: joe.userId,
      tenant: 'default',
    });
    const found = await connectionRow(reply.connectionId);
    expect(found).toMatchObject({ status: 'CONNECTED', userId: joe.userId, sessionId: 'tab' });
    expect(found?.connectedAt).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    expect(found?.createdAt).toBe(found?.connectedAt);
    const connectedAt = Date.parse(found?.connectedAt ?? '') / 1000;
    expect(found?.ttl).toBeGreaterThanOrEqual(Math.floor(connectedAt) + CONNECTION_TTL_SECONDS);
    const { Items } = await documents.send(
      new QueryCommand({
        TableName: outputs.ConnectionsTableName,
        IndexName: USER_ID_INDEX,
        KeyConditionExpression: 'userId = :u AND #status = :s',
        ExpressionAttributeNames: { '#status': 'status' },
        ExpressionAttributeValues: { ':u': joe.userId, ':s': 'CONNECTED' },
      }),
    );
    expect(Items).toMatchObject([{ connectionId: reply.connectionId }]);
    await socket.close();
  });

  it('[S1-03] subscribe is recorded, and refused before authenticate', async () => {
    const socket = await openSocket(url);
    const topic = `topic/${randomUUID()}`;
    expect(await socket.ask({ action: 'subscribe', topics: [topic] })).toMatchObject({
      type: 'refused',
      action: 'subscribe',
      code: 'not-authenticated',
      status: 401,
    });
    const joe = await newPerson(place);
    await authenticate(socket, joe, 'tab');
    expect(await socket.ask({ action: 'subscribe', topics: [topic] })).toMatchObject({
      type: 'subscribed',
      topics: [{ topic, epoch: null, head: 0 }],
    });
    const key = {
      topic: topicKey('default', topic),
      subscriber: subscriberKey(joe.userId, 'tab'),
    };
    expect(await row('Subscriptions', key)).toMatchObject(key);
    expect(await socket.ask({ action: 'unsubscribe', topics: [topic] })).toMatchObject({
      type: 'unsubscribed',
      topics: [topic],
    });
    expect(await row('Subscriptions', key)).toBeUndefined();
    await socket.close();
  });

  it('[S1-05] who does not authenticate is closed within 6 s, and can do nothing until then', async () => {
    const opened = Date.now();
    const socket = await openSocket(url);
    for (const action of ['subscribe', 'unsubscribe'] as const) {
      expect(await socket.ask({ action, topics: ['x'] })).toMatchObject({
        code: 'not-authenticated',
      });
    }
    const cursors = [{ topic: 'x', epoch: null, seq: 0 }];
    expect(await socket.ask({ action: 'readNotifications', cursors })).toMatchObject({
      code: 'not-authenticated',
    });
    socket.send({ anything: 'else' });
    expect(
      await socket.next(({ code, action }) => code !== undefined && action === undefined),
    ).toMatchObject({
      code: 'not-authenticated',
    });
    expect((await socket.closed).code).toBe(1000);
    const took = (Date.now() - opened) / 1000;
    expect(took).toBeGreaterThan(AUTHENTICATE_WITHIN_SECONDS - 0.5);
    expect(took).toBeLessThan(6.5);
  });

  it('[S1-05] who does authenticate is spared', async () => {
    const socket = await openSocket(url);
    await authenticate(socket, await newPerson(place), 'tab');
    const stillOpen = await Promise.race([
      socket.closed.then(() => false),
      until(
        async () => (socket.frames.length > 100 ? true : undefined),
        'nothing',
        (AUTHENTICATE_WITHIN_SECONDS + 2) * 1000,
      ).catch(() => true),
    ]);
    expect(stillOpen).toBe(true);
    await socket.close();
  });

  it('[S4-02] ping is answered by pong with a time, anything else by ack', async () => {
    const socket = await openSocket(url);
    socket.send({ type: 'ping' });
    const pong = await socket.next(({ type }) => type === 'pong');
    expect(pong).toEqual({ type: 'pong', timestamp: expect.stringMatching(/^\d{4}-.*Z$/) });
    await authenticate(socket, await newPerson(place), 'tab');
    for (const other of ['hello', '{"type":"other"}', '[1]']) {
      const before = socket.frames.length;
      socket.send(other);
      await until(() => (socket.frames.length > before ? true : undefined), 'an answer');
      expect(socket.frames.at(-1)).toEqual({ type: 'ack', message: 'Message received' });
    }
    await socket.close();
  });

  it('[S4-06] answers on the stage `prod` only', async () => {
    expect(url).toMatch(/\/prod$/);
    expect(await refusedHandshake(url.replace(/prod$/, 'other'))).toBe(403);
  });

  it('[S3-03] a closed socket leaves at once; after the grace time its session ends', async () => {
    const socket = await openSocket(url);
    const joe = await newPerson(place);
    const { connectionId } = await authenticate(socket, joe, 'tab');
    await socket.close();
    await until(
      async () =>
        (await connectionRow(connectionId))?.status === 'DISCONNECTED' ? true : undefined,
      'the tombstone',
    );
    const player = playerKey('default', joe.userId);
    const session = await until(async () => {
      const found = await row('Sessions', { player, item: sessionItem('tab') });
      return found?.state === 'ended' ? found : undefined;
    }, 'the end of the session');
    expect(session.conns).toBeUndefined();
    expect(session.ttl).toBeGreaterThan(Date.now() / 1000);
    expect(await row('Sessions', { player, item: PLAYER_ITEM })).toMatchObject({ version: 2 });
  });

  it('[S0-10] back within the grace time: the session never ended', async () => {
    const joe = await newPerson(place);
    const first = await openSocket(url);
    await authenticate(first, joe, 'tab');
    await first.close();
    const second = await openSocket(url);
    expect(await authenticate(second, joe, 'tab')).toMatchObject({ session: 'resumed' });
    const player = { player: playerKey('default', joe.userId), item: PLAYER_ITEM };
    expect(await row('Sessions', player)).toMatchObject({ version: 1 });
    await second.close();
  });

  it('a connection that is replaced is closed before the reply', async () => {
    const joe = await newPerson(place);
    const old = await openSocket(url);
    const { connectionId } = await authenticate(old, joe, 'tab');
    const fresh = await openSocket(url);
    await authenticate(fresh, joe, 'tab', { replaces: connectionId });
    expect((await old.closed).code).toBe(1000);
    expect((await connectionRow(connectionId))?.status).toBe('DISCONNECTED');
    await fresh.close();
  });

  it('[S1-09] the same session on a new connection gets its messages without subscribing again', async () => {
    const joe = await newPerson(place, 'default-tests');
    const topic = 'Pet';
    const first = await openSocket(url);
    await authenticate(first, joe, 'tab');
    await first.ask({ action: 'subscribe', topics: [topic] });
    await first.close();
    const second = await openSocket(url);
    await authenticate(second, joe, 'tab');
    const key = {
      topic: topicKey('default-tests', topic),
      subscriber: subscriberKey(joe.userId, 'tab'),
    };
    expect((await row('Subscriptions', key))?.ttl).toBeUndefined();
    await second.close();
  });

  it('[S3-05] [S3-10] tokens that are none, foreign or of the wrong use are refused; the third closes the socket', async () => {
    const joe = await newPerson(place);
    const socket = await openSocket(url);
    const [head, body, signature] = joe.token.split('.');
    const forged = [head, body, signature?.replace(/^./, (c) => (c === 'A' ? 'B' : 'A'))].join('.');
    expect(await authenticate(socket, { ...joe, token: joe.idToken }, 'tab')).toMatchObject({
      code: 'token-invalid',
      status: 401,
    });
    expect(await authenticate(socket, { ...joe, token: forged }, 'tab')).toMatchObject({
      code: 'token-invalid',
    });
    expect(await authenticate(socket, { ...joe, token: 'nonsense' }, 'tab')).toMatchObject({
      code: 'token-invalid',
    });
    expect((await socket.closed).code).toBe(1000);
  });
});
