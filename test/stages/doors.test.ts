import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { httpOperations, type Ticket } from '../../contract/http.ts';
import { SUB_PROTOCOL } from '../../contract/names.ts';
import type { ConnectionRow } from '../../contract/tables.ts';
import { newPerson, operatorDocuments, operatorOptions, type Person } from '../support/people.ts';
import type { Place } from '../support/place.ts';
import { type PresignOptions, presign } from '../support/presign.ts';
import { startTestStage } from '../support/stage.ts';
import { callStore, newPet } from '../support/store.ts';
import { until } from '../support/until.ts';

let place: Place;
let stop: () => Promise<void>;

const startAt = (door: string) => async () => {
  ({ place, stop } = await startTestStage({ settings: { 'switchboard:door': door } }));
};

/** A socket as the platform opens it, or the status of the handshake that was refused. */
function handshake(query: string, protocols: string[] = []): Promise<WebSocket | number> {
  const socket = new WebSocket(`${place.outputs.WebSocketUrl}${query}`, protocols);
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(socket));
    socket.once('unexpected-response', (_, { statusCode }) => resolve(statusCode ?? 0));
    socket.once('error', reject);
  });
}

async function enter(query: string, protocols?: string[]): Promise<WebSocket> {
  const socket = await handshake(query, protocols);
  if (typeof socket === 'number') throw new Error(`It was refused with ${socket}.`);
  return socket;
}

const next = (socket: WebSocket): Promise<Record<string, unknown>> =>
  new Promise((resolve) => socket.once('message', (data) => resolve(JSON.parse(String(data)))));

const ask = (socket: WebSocket, frame: object) => {
  const answer = next(socket);
  socket.send(JSON.stringify(frame));
  return answer;
};

async function connectionsOf({ userId }: Person): Promise<ConnectionRow[]> {
  const TableName = place.outputs.ConnectionsTableName;
  const { Items } = await operatorDocuments(place).send(
    new ScanCommand({ TableName, ConsistentRead: true }),
  );
  return (Items as ConnectionRow[]).filter((row) => row.userId === userId);
}

/** Subscribes and hears, without ever having said who it is. */
async function hears(socket: WebSocket, person: Person, tenant: string): Promise<void> {
  expect(await ask(socket, { action: 'subscribe', topics: ['Pet'] })).toMatchObject({
    type: 'subscribed',
  });
  const pet = await newPet(place, tenant);
  const heard = next(socket);
  const body = { version: 1, price: 7 };
  expect((await callStore(place, person, 'PUT', `/pets/${pet.petId}`, { body })).status).toBe(200);
  expect(await heard).toMatchObject({ type: 'notification', payload: { price: 7 } });
}

describe('the door `ticket`', () => {
  beforeAll(startAt('ticket'));
  afterAll(() => stop());

  const ticketFor = async (person: Person | undefined, body: object = { sessionId: 'tab' }) =>
    callStore(place, person, 'POST', httpOperations.ticket.path, { body });
  const giveTicket = async (person: Person, body?: object) =>
    (await ticketFor(person, body)).body as unknown as Ticket;

  it('[S3-01] stores the row with its user before the socket is open, and the session hears', async () => {
    const joe = await newPerson(place, 'acme');
    const { ticket } = await giveTicket(joe);
    const socket = await enter(`?ticket=${ticket}`);
    expect(await connectionsOf(joe)).toMatchObject([
      { status: 'CONNECTED', sessionId: 'tab', tenant: 'acme' },
    ]);
    await hears(socket, joe, 'acme');
    expect(
      await ask(socket, { action: 'authenticate', token: joe.token, sessionId: 'tab' }),
      'a token in place',
    ).toMatchObject({ type: 'authenticated', session: 'resumed' });
    socket.close();
    await until(async () => {
      const { Items } = await operatorDocuments(place).send(
        new ScanCommand({ TableName: place.outputs.ConnectionsTableName, ConsistentRead: true }),
      );
      return Items?.some(({ formerUserId }) => formerUserId === joe.userId) || undefined;
    }, 'the tombstone');
  });

  it('lets in one of ten who bring the same ticket', async () => {
    const joe = await newPerson(place);
    const { ticket } = await giveTicket(joe);
    const met = await Promise.all(Array.from({ length: 10 }, () => handshake(`?ticket=${ticket}`)));
    expect(met.filter((each) => typeof each === 'number')).toEqual(Array(9).fill(401));
    for (const each of met) if (typeof each !== 'number') each.close();
  });

  it('[S3-05] answers 401 to whoever brings none, or one that was never given', async () => {
    expect(await handshake('')).toBe(401);
    expect(await handshake('?ticket=')).toBe(401);
    expect(await handshake(`?ticket=${'A'.repeat(43)}`)).toBe(401);
  });

  it('takes the place of the connection that the ticket names', async () => {
    const joe = await newPerson(place);
    const first = await enter(`?ticket=${(await giveTicket(joe)).ticket}`);
    const closed = new Promise((resolve) => first.once('close', resolve));
    const [row] = await connectionsOf(joe);
    const { ticket } = await giveTicket(joe, { sessionId: 'tab', replaces: row?.connectionId });
    const second = await enter(`?ticket=${ticket}`);
    await closed;
    expect(await ask(second, { type: 'ping' })).toMatchObject({ type: 'pong' });
    second.close();
  });

  it('gives tickets to signed-in users only, for sessions that are some', async () => {
    expect((await ticketFor(undefined)).status).toBe(401);
    const joe = await newPerson(place);
    expect(await ticketFor(joe, {})).toMatchObject({ status: 400, body: { code: 'malformed' } });
    expect(await ticketFor(joe, { sessionId: 'a#b' })).toMatchObject({
      body: { code: 'session-id-invalid' },
    });
  });
});

describe('the door `sub-protocol`', () => {
  beforeAll(startAt('sub-protocol'));
  afterAll(() => stop());

  const offer = (said: object) => [
    SUB_PROTOCOL,
    Buffer.from(JSON.stringify(said)).toString('base64url'),
  ];

  it('[S3-01] [S3-11] lets in a token beside the name of the protocol, and echoes the name alone', async () => {
    const joe = await newPerson(place, 'acme');
    const socket = await enter('', offer({ token: joe.token, sessionId: 'tab' }));
    expect(socket.protocol).toBe(SUB_PROTOCOL);
    await hears(socket, joe, 'acme');
    socket.close();
  });

  it('reads the header however a client spells it, as Node’s own does in lower case', async () => {
    const joe = await newPerson(place, 'acme');
    const url = place.outputs.WebSocketUrl ?? '';
    const said = { token: joe.token, sessionId: 'lower-case' };
    const socket = new globalThis.WebSocket(url, offer(said));
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve);
      socket.addEventListener('error', reject);
    });
    expect(socket.protocol).toBe(SUB_PROTOCOL);
    socket.close();
  });

  it('[S3-05] answers 401 to everything else', async () => {
    const joe = await newPerson(place);
    const good = { token: joe.token, sessionId: 'tab' };
    for (const protocols of [
      [],
      [SUB_PROTOCOL],
      ['graphql-ws'],
      [...offer(good), 'graphql-ws'],
      offer({ ...good, token: joe.idToken }),
      offer({ ...good, token: 'none' }),
      offer({ ...good, sessionId: 'a#b' }),
      offer({ ...good, tenant: 'elsewhere' }),
      offer({ token: joe.token }),
    ]) {
      expect(await handshake('', protocols), protocols.join()).toBe(401);
    }
  });
});

describe('the door `iam`', () => {
  beforeAll(startAt('iam'));
  afterAll(() => stop());

  const signed = async (query: string, more: Partial<PresignOptions> = {}) => {
    const { region, credentials } = operatorOptions(place);
    const url = `${place.outputs.WebSocketUrl}${query}`;
    return new URL(await presign(url, { region, credentials, ...more })).search;
  };
  const operatorsConnections = async () => {
    const { Items } = await operatorDocuments(place).send(
      new ScanCommand({ TableName: place.outputs.ConnectionsTableName, ConsistentRead: true }),
    );
    return (Items as ConnectionRow[]).filter(({ status }) => status === 'CONNECTED');
  };

  it('[S3-01] [S3-11] ends in the same session model: bound before the socket is open, subscribes and hears', async () => {
    const socket = await enter(await signed('?session=worker'));
    const [row] = await operatorsConnections();
    expect(row).toMatchObject({ sessionId: 'worker', tenant: 'default' });
    expect(row?.userId).toMatch(/^AIDA/);
    const socketsTime = 2 * 3600;
    expect((row?.authExpiresAt ?? 0) - Date.parse(row?.connectedAt ?? '') / 1000).toBeCloseTo(
      socketsTime,
      -1,
    );
    await hears(socket, await newPerson(place), 'default');

    const closed = new Promise((resolve) => socket.once('close', resolve));
    const replaces = encodeURIComponent(row?.connectionId ?? '');
    const second = await enter(await signed(`?session=worker&replaces=${replaces}`));
    await closed;
    expect(await ask(second, { action: 'subscribe', topics: ['Pet'] })).toMatchObject({
      type: 'subscribed',
    });
    const joe = await newPerson(place);
    expect(
      await ask(second, { action: 'authenticate', token: joe.token, sessionId: 'worker' }),
    ).toMatchObject({ code: 'already-authenticated' });
    second.close();
  });

  it('[S3-05] [S3-11] answers 403 to whoever has not signed, and 400 to whoever names no session', async () => {
    expect(await handshake('')).toBe(403);
    expect(await handshake('?session=worker')).toBe(403);
    const late = await signed('?session=worker', { signingDate: new Date(Date.now() - 120_000) });
    expect(await handshake(late)).toBe(403);
    const other = (await signed('?session=worker')).replace('session=worker', 'session=other');
    expect(await handshake(other)).toBe(403);
    expect(await handshake(await signed(''))).toBe(400);
    expect(await handshake(await signed('?session=a%23b'))).toBe(400);
    expect(await handshake(await signed('?session=worker&replaces=x'))).toBe(400);
  });
});
