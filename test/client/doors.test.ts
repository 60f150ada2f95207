import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient } from '../../client/client.ts';
import type { SocketClass } from '../../client/connection.ts';
import { throughSubProtocol, throughTicket } from '../../client/doors.ts';
import { newPerson, type Person } from '../support/people.ts';
import type { Place } from '../support/place.ts';
import { startTestStage } from '../support/stage.ts';
import { callStore, newPet } from '../support/store.ts';
import { until } from '../support/until.ts';

/** The client library behind the doors that know who comes before the socket is open; on stages of their own. */

let place: Place;
let stop: () => Promise<void>;
const startAt = (door: string) => async () => {
  ({ place, stop } = await startTestStage({
    settings: { 'switchboard:door': door, 'switchboard:samples': 'pet-store' },
  }));
};

type Whose = { readonly getToken: () => string; readonly sessionId: string };

const clientOf = (whose: Whose, WebSocket: SocketClass) =>
  createClient<{ Pet: { price: number } }>({
    url: place.outputs.WebSocketUrl ?? '',
    ...whose,
    WebSocket,
  });

/** It hears of a change, and of the next one after its cable was pulled. */
async function hears(person: Person, socketFor: (whose: Whose) => SocketClass): Promise<void> {
  const whose = { getToken: () => person.token, sessionId: crypto.randomUUID() };
  const client = clientOf(whose, socketFor(whose));
  const prices: number[] = [];
  const subscribed = new Promise((resolve) => client.on('subscribed', resolve));
  client.subscribe('Pet', ({ price }) => prices.push(price));
  const pet = await newPet(place, 'acme');
  const change = async (version: number, price: number) => {
    const body = { version, price };
    const answer = await callStore(place, person, 'PUT', `/pets/${pet.petId}`, { body });
    expect(answer.status).toBe(200);
    await until(() => (prices.includes(price) ? true : undefined), `the price ${price}`);
  };
  client.connect();
  await subscribed;
  await change(1, 7);
  const { state } = client;
  await drop(state.name === 'connected' ? state.connectionId : '');
  await change(2, 8);
  client.disconnect();
  expect(prices).toEqual([7, 8]);
}

/** The cable is pulled. */
async function drop(connectionId: string): Promise<void> {
  const { console: origin } = place.urls;
  const answer = await fetch(`${origin}/stage/drop`, {
    method: 'POST',
    headers: { origin, 'content-type': 'application/json' },
    body: JSON.stringify({ connectionId, how: 'tcp' }),
  });
  expect(answer.status).toBe(200);
}

describe('through a ticket', () => {
  beforeAll(startAt('ticket'));
  afterAll(() => stop());
  const httpUrl = () => place.outputs.HttpUrl ?? '';

  it('each socket fetches one of its own', async () => {
    const joe = await newPerson(place, 'acme');
    await hears(joe, (whose) => throughTicket({ ...whose, httpUrl: httpUrl() }));
  });

  it('of a user of several tenants comes into the one that is named', async () => {
    const joe = await newPerson(place, 'acme', 'other');
    const whose = { getToken: () => joe.token, sessionId: 'tab' };
    const socket = throughTicket({ ...whose, tenant: 'other', httpUrl: httpUrl() });
    const client = createClient({
      ...{ url: place.outputs.WebSocketUrl ?? '', ...whose },
      tenant: 'other',
      WebSocket: socket,
    });
    const connected = new Promise((resolve) =>
      client.on('state', (state) => state.name === 'connected' && resolve(state.tenant)),
    );
    client.connect();
    expect(await connected).toBe('other');
    client.disconnect();
  });

  it('that nobody gives is a lost socket, with its status, and tried again', async () => {
    const whose = { getToken: () => 'no token', sessionId: 'tab' };
    const client = clientOf(whose, throughTicket({ ...whose, httpUrl: httpUrl() }));
    const lost = new Promise((resolve) =>
      client.on('state', (state) => state.name === 'reconnecting' && resolve(state)),
    );
    client.connect();
    expect(await lost).toMatchObject({
      code: 'socket-lost',
      reason: 'No ticket was given (401).',
      attempt: 1,
    });
    client.disconnect();
  });

  it('is not opened any more by a client that was told to disconnect meanwhile', async () => {
    const joe = await newPerson(place, 'acme');
    const whose = { getToken: () => joe.token, sessionId: 'tab' };
    const opened: string[] = [];
    class Watched extends WebSocket {
      constructor(url: string, protocols?: string[]) {
        super(url, protocols);
        opened.push(url);
      }
    }
    let asked = () => {};
    const isAsked = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const tickets = throughTicket({
      ...whose,
      httpUrl: httpUrl(),
      WebSocket: Watched,
      fetch: async (...request) => {
        asked();
        return fetch(...request);
      },
    });
    const client = clientOf(whose, tickets);
    client.connect();
    await isAsked;
    client.disconnect();
    await hears(joe, (other) => throughTicket({ ...other, httpUrl: httpUrl() }));
    expect(opened).toEqual([]);
  });
});

describe('through the sub-protocol', () => {
  beforeAll(startAt('sub-protocol'));
  afterAll(() => stop());

  it('each socket offers a token', async () => {
    await hears(await newPerson(place, 'acme'), throughSubProtocol);
  });
});
