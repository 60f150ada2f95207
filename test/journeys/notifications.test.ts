import { randomUUID } from 'node:crypto';
import { BatchWriteCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, inject, it } from 'vitest';
import {
  BATCH_WRITE_ITEMS,
  RECIPIENTS_PER_PAGE,
  RETENTION_SECONDS,
} from '../../contract/limits.ts';
import {
  HEAD_ID,
  type NotificationRow,
  playerKey,
  sessionItem,
  subscriberKey,
  topicKey,
} from '../../contract/tables.ts';
import { publish } from '../../lambdas/flows/publish.ts';
import { inPieces } from '../../lambdas/platform/parallel.ts';
import { newPerson, operatorDocuments, type Person } from '../support/people.ts';
import { type Frame, openSocket, type TestSocket } from '../support/socket.ts';
import { callStore, newPet } from '../support/store.ts';
import { until } from '../support/until.ts';

const place = inject('place');
const url = place.outputs.WebSocketUrl ?? '';
const documents = operatorDocuments(place);
const publisher = {
  documents,
  tables: {
    notifications: { name: place.outputs.NotificationsTableName ?? '', rights: { put: true } },
  },
  retentionSeconds: RETENTION_SECONDS,
} as const;

/** A tenant of its own keeps each test's topic `Pet` apart. */
const newTenant = () => `t-${randomUUID()}`;

interface Listener {
  readonly person: Person;
  readonly socket: TestSocket;
  readonly sessionId: string;
  readonly position: Frame;
}

async function listen(person: Person, sessionId: string): Promise<Listener> {
  const socket = await openSocket(url);
  await socket.ask({ action: 'authenticate', token: person.token, sessionId });
  const reply = await socket.ask({ action: 'subscribe', topics: ['Pet'] });
  const [position] = reply.topics as Frame[];
  return { person, socket, sessionId, position: position ?? {} };
}

const isMessage = (seq: number) => (frame: Frame) =>
  frame.type === 'notification' && frame.seq === seq;

const update = (person: Person, petId: string, version: number, more: object = {}) =>
  callStore(place, person, 'PUT', `/pets/${petId}`, { body: { version, price: version }, ...more });

async function notificationRows(tenant: string): Promise<NotificationRow[]> {
  const { Items } = await documents.send(
    new QueryCommand({
      TableName: place.outputs.NotificationsTableName,
      ConsistentRead: true,
      KeyConditionExpression: 'topic = :t',
      ExpressionAttributeValues: { ':t': topicKey(tenant, 'Pet') },
    }),
  );
  return (Items as NotificationRow[]).filter(({ id }) => id !== HEAD_ID);
}

/** So many sessions whose sockets are gone without a word, before everybody else in order; gives what removes them. */
async function crowdIn(tenant: string, topic: string, size: number): Promise<() => Promise<void>> {
  const { SessionsTableName = '', SubscriptionsTableName = '' } = place.outputs;
  const crowd = Array.from({ length: size }, (_, at) => ({ userId: `0-${at}`, sessionId: 'tab' }));
  const keys = crowd.flatMap(({ userId, sessionId }) => [
    [SessionsTableName, { player: playerKey(tenant, userId), item: sessionItem(sessionId) }],
    [
      SubscriptionsTableName,
      { topic: topicKey(tenant, topic), subscriber: subscriberKey(userId, sessionId) },
    ],
  ]) as [string, object][];
  const row = {
    state: 'live',
    life: 1,
    connectedAt: new Date().toISOString(),
    authExpiresAt: Math.floor(Date.now() / 1000) + 3600,
    conns: new Set(['gone-without-a-word']),
  };
  const write = async (request: (key: object) => object) => {
    for (const piece of inPieces(keys, BATCH_WRITE_ITEMS)) {
      const RequestItems = Object.fromEntries(
        [...Map.groupBy(piece, ([table]) => table)].map(([table, some]) => [
          table,
          some.map(([, key]) => request(key)),
        ]),
      );
      await documents.send(new BatchWriteCommand({ RequestItems }));
    }
  };
  await write((key) => ({
    PutRequest: { Item: { ...('player' in key ? row : { life: 1 }), ...key } },
  }));
  return () => write((Key) => ({ DeleteRequest: { Key } }));
}

describe('notifications', () => {
  it('[S1-06] [S1-07] [S1-08] [S1-11] [S1-14] an update reaches who listens, not its own session', async () => {
    const tenant = newTenant();
    const pet = await newPet(place, tenant);
    const joe = await listen(await newPerson(place, tenant), 'joes-tab');
    const sam = await listen(await newPerson(place, tenant), 'sams-tab');
    const { sessionId } = joe;

    expect(await update(joe.person, pet.petId, 1, { sessionId })).toMatchObject({
      status: 200,
      body: { petId: pet.petId, price: 1, version: 2 },
    });
    expect(await sam.socket.next(isMessage(1))).toMatchObject({
      topic: 'Pet',
      payload: { petId: pet.petId, price: 1, version: 2 },
    });
    const [row] = await notificationRows(tenant);
    expect(row).toMatchObject({
      topics: ['Pet'],
      origin: { userId: joe.person.userId, sessionId },
      seq: 1,
    });
    expect(row?.ttl).toBe(Math.floor(Date.parse(row?.at ?? '') / 1000) + RETENTION_SECONDS);

    // Without the header, and with somebody else's session id, everyone gets it.
    await update(joe.person, pet.petId, 2);
    await update(joe.person, pet.petId, 3, { sessionId: 'sams-tab' });
    for (const { socket } of [joe, sam]) await socket.next(isMessage(3));
    expect(joe.socket.frames.filter(({ type }) => type === 'notification')).toMatchObject([
      { seq: 2, after: 0 },
      { seq: 3 },
    ]);
    expect(sam.socket.frames.filter(({ type }) => type === 'notification')).toHaveLength(3);
  });

  it('[S1-09] [S1-10] who was away reads what was missed and goes on without subscribing again', async () => {
    const tenant = newTenant();
    const pet = await newPet(place, tenant);
    const joe = await newPerson(place, tenant);
    const sam = await listen(await newPerson(place, tenant), 'sams-tab');
    await update(joe, pet.petId, 1);
    const { epoch } = await sam.socket.next(isMessage(1));
    sam.socket.raw.terminate();
    for (const version of [2, 3]) await update(joe, pet.petId, version);

    const back = await openSocket(url);
    const { token } = sam.person;
    await back.ask({ action: 'authenticate', token, sessionId: 'sams-tab' });
    await update(joe, pet.petId, 4);
    await back.next(isMessage(4));
    const missed = await back.ask({
      action: 'readNotifications',
      cursors: [{ topic: 'Pet', epoch, seq: 1 }],
    });
    expect(missed).toMatchObject({
      type: 'notifications',
      topics: [{ recovered: true, head: 4, next: 4, more: false }],
    });
    const [fill] = missed.topics as { messages: Frame[] }[];
    expect(fill?.messages.map(({ seq }) => seq)).toEqual([2, 3, 4]);

    // [S1-04] The same over HTTP, for who sends nothing but connect, authenticate and subscribe.
    const overHttp = await callStore(place, sam.person, 'POST', '/readNotifications', {
      body: { cursors: [{ topic: 'Pet', epoch, seq: 1 }] },
    });
    expect(overHttp).toEqual({
      status: 200,
      body: { type: 'notifications', topics: missed.topics },
    });
  });

  it('[S1-04] what was missed can be read over HTTP, own messages as ranges, refusals as statuses', async () => {
    const tenant = newTenant();
    const pet = await newPet(place, tenant);
    const joe = await newPerson(place, tenant);
    await update(joe, pet.petId, 1, { sessionId: 'tab' });
    await until(async () => (await notificationRows(tenant))[0]?.seq, 'its number');
    const read = (body: unknown) =>
      callStore(place, joe, 'POST', '/readNotifications', { body, sessionId: 'tab' });
    expect(await read({ cursors: [{ topic: 'Pet', epoch: null, seq: 0 }] })).toMatchObject({
      status: 200,
      body: { topics: [{ recovered: true, messages: [{ own: true, from: 1, to: 1 }] }] },
    });
    expect(await read({ cursors: 1 })).toMatchObject({ status: 400, body: { code: 'malformed' } });
    expect(await read('{')).toMatchObject({ status: 400, body: { code: 'malformed' } });
    const foreign = { cursors: [{ topic: 'user/somebody/x', epoch: null, seq: 0 }] };
    expect(await read(foreign)).toMatchObject({ status: 403, body: { code: 'topic-not-allowed' } });
    expect(
      await callStore(place, undefined, 'POST', '/readNotifications', { body: {} }),
    ).toMatchObject({
      status: 401,
    });
  });

  it('a topic of more recipients than one function posts to reaches the last of them', async () => {
    const tenant = newTenant();
    const person = await newPerson(place, tenant);
    const leave = await crowdIn(tenant, 'Crowd', RECIPIENTS_PER_PAGE);
    const socket = await openSocket(url);
    await socket.ask({ action: 'authenticate', token: person.token, sessionId: 'tab' });
    await socket.ask({ action: 'subscribe', topics: ['Crowd'] });
    const publication = { tenant, topics: ['Crowd'], payload: 'to everybody', now: Date.now() };
    await publish(publisher, publication);
    expect(await socket.next(isMessage(1))).toMatchObject({ payload: 'to everybody' });
    await leave();
  });

  it('[S4-05] a socket that died without a word leaves when a message finds it gone', async () => {
    const tenant = newTenant();
    const pet = await newPet(place, tenant);
    const joe = await newPerson(place, tenant);
    const alive = await listen(await newPerson(place, tenant), 'alive');
    const dead = await listen(await newPerson(place, tenant), 'dead');
    dead.socket.raw.terminate();
    await update(joe, pet.petId, 1);
    await alive.socket.next(isMessage(1));
  });

  it('[S1-13] one tenant reaches nothing of another: pets, topics, sessions', async () => {
    const [uptown, downtown] = [newTenant(), newTenant()];
    const pet = await newPet(place, uptown);
    const insider = await listen(await newPerson(place, uptown), 'tab');
    const outsider = await listen(await newPerson(place, downtown), 'tab');

    const list = await callStore(place, outsider.person, 'GET', '/pets');
    expect(list).toEqual({ status: 200, body: { pets: [] } });
    expect(await callStore(place, outsider.person, 'GET', `/pets/${pet.petId}`)).toMatchObject({
      status: 404,
      body: { code: 'not-found' },
    });
    expect(await update(outsider.person, pet.petId, 1)).toMatchObject({ status: 404 });
    const posing = { headers: { 'X-Tenant': uptown } };
    expect(await callStore(place, outsider.person, 'GET', '/pets', posing)).toMatchObject({
      status: 403,
      body: { code: 'tenant-not-allowed' },
    });
    const { token } = outsider.person;
    const socket = await openSocket(url);
    const asked = { action: 'authenticate', token, sessionId: 'tab', tenant: uptown };
    expect(await socket.ask(asked)).toMatchObject({ code: 'tenant-not-allowed', status: 403 });

    await update(insider.person, pet.petId, 1);
    await insider.socket.next(isMessage(1));
    // Something that does come to the outsider afterwards: nothing can still be under way then.
    const own = await newPet(place, downtown);
    await update(outsider.person, own.petId, 1);
    expect(await outsider.socket.next(isMessage(1))).toMatchObject({
      payload: { petId: own.petId },
    });
    expect(outsider.socket.frames.filter(({ type }) => type === 'notification')).toHaveLength(1);
  });

  it('a user of several tenants names the one that is meant', async () => {
    const [a, b] = [newTenant(), newTenant()];
    const person = await newPerson(place, a, b);
    expect(await callStore(place, person, 'GET', '/pets')).toMatchObject({
      status: 400,
      body: { code: 'tenant-needed' },
    });
    const named = { headers: { 'X-Tenant': b } };
    expect(await callStore(place, person, 'GET', '/pets', named)).toMatchObject({ status: 200 });
    const socket = await openSocket(url);
    const asked = { action: 'authenticate', token: person.token, sessionId: 'tab' };
    expect(await socket.ask(asked)).toMatchObject({ code: 'tenant-needed' });
    expect(await socket.ask({ ...asked, tenant: b })).toMatchObject({ tenant: b });
    await socket.close();
  });

  it('[S0-15] a session id of another user is simply my own session: their messages go on', async () => {
    const tenant = newTenant();
    const pet = await newPet(place, tenant);
    const sam = await listen(await newPerson(place, tenant), 'tab');
    const thief = await newPerson(place, tenant);
    const socket = await openSocket(url);
    const { connectionId: _, ...reply } = await socket.ask({
      action: 'authenticate',
      token: thief.token,
      sessionId: 'tab',
    });
    expect(reply).toMatchObject({ session: 'new', userId: thief.userId });
    await update(thief, pet.petId, 1, { sessionId: 'tab' });
    await sam.socket.next(isMessage(1));
    expect(socket.frames.some(({ type }) => type === 'notification')).toBe(false);
  });
});
