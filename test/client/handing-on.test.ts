import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { beforeEach, expect, test, vi } from 'vitest';
import { eventually } from '../support/eventually.ts';
import {
  cleanUps,
  connected,
  cutOff,
  start,
  startListening,
  subscribed,
  switchboard,
} from './listening.ts';

/** What is asked of the place that references point to; each is answered by the test. */
let asked: { path: string; headers: IncomingHttpHeaders; answer: ServerResponse }[];
let store: string;

beforeEach(async () => {
  asked = [];
  const server = createServer(({ url = '', headers }, answer) => {
    asked.push({ path: url, headers, answer });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  store = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  cleanUps.push(() => {
    server.closeAllConnections();
    server.close();
  });
});

const publishLarge = (name: string) =>
  switchboard.publish('Pet', undefined, {
    reference: { href: `${store}/${name}`, bytes: 100_000 },
  });

/** The answer to the nth question. */
async function answer(nth: number, status: number, body: object = {}): Promise<void> {
  await eventually(() => expect(asked.length).toBeGreaterThan(nth));
  asked[nth]?.answer.writeHead(status, { 'content-type': 'application/json' });
  asked[nth]?.answer.end(JSON.stringify(body));
}

test('what it understands is told with every authentication', async () => {
  await startListening();
  expect(switchboard.heard[0]).toMatchObject({ accepts: ['references', 'packs'] });
});

test('several frames in one are handed on as if they had come alone', async () => {
  const { got } = await startListening();
  switchboard.pack(() => {
    for (const name of ['a', 'b', 'c']) switchboard.publish('Pet', { name });
  });
  await eventually(() => expect(got.map(([name]) => name)).toEqual(['a', 'b', 'c']));
});

test('a reference is followed with the token, and what comes after it waits', async () => {
  const { got } = await startListening({ tenant: 'uptown' });
  publishLarge('large');
  switchboard.publish('Pet', { name: 'small' });
  await eventually(() => expect(asked).toHaveLength(1));
  expect(asked[0]).toMatchObject({
    path: '/large',
    headers: { authorization: 'Bearer sam', 'x-tenant': 'uptown' },
  });
  expect(got).toEqual([]);
  await answer(0, 200, { payload: { name: 'large' } });
  await eventually(() =>
    expect(got).toEqual([
      ['large', 1, false],
      ['small', 2, false],
    ]),
  );
});

test('a reference among what was missed is followed too, and other topics do not wait for it', async () => {
  const started = await startListening();
  const shops: boolean[] = [];
  started.client.subscribe('Shop', ({ isOpen }) => shops.push(isOpen));
  await subscribed('Shop');
  const letIn = await cutOff(started);
  publishLarge('large');
  switchboard.publish('Shop', { isOpen: true });
  letIn();
  await eventually(() => expect(shops).toEqual([true]));
  expect(started.got).toEqual([]);
  await answer(0, 200, { payload: { name: 'large' } });
  await eventually(() => expect(started.got).toEqual([['large', 1, true]]));
});

test('a reference that could not be followed is told and tried again, with a token of then', async () => {
  const getToken = vi.fn(() => 'sam');
  const { got, errors } = await startListening({ getToken });
  publishLarge('large');
  await answer(0, 503);
  await answer(1, 401);
  await answer(2, 200, { payload: { name: 'large' } });
  await eventually(() => expect(got).toEqual([['large', 1, false]]));
  expect(errors).toEqual(['reference-failed', 'reference-failed']);
  expect(getToken).toHaveBeenCalledTimes(4);
});

test('[G4] a reference to what is there no more is a loss that is told, and the state is loaded anew', async () => {
  const { client, gaps, got, listen } = start();
  const loads: string[] = [];
  listen();
  client.subscribe('Pet', () => {}, { load: (why) => loads.push(why) });
  client.connect();
  await subscribed();
  publishLarge('gone');
  switchboard.publish('Pet', { name: 'after' });
  await answer(0, 404);
  await eventually(() => expect(got).toEqual([['after', 2, false]]));
  expect(gaps).toEqual([{ topic: 'Pet', recovered: false, reason: 'expired' }]);
  expect(loads).toEqual(['subscribed', 'expired']);
  expect(asked).toHaveLength(1);
});

test('nothing is handed on after disconnect, and what was on its way comes after the next connect', async () => {
  const { client, got } = await startListening();
  publishLarge('large');
  await eventually(() => expect(asked).toHaveLength(1));
  client.disconnect();
  await answer(0, 200, { payload: { name: 'large' } });
  await eventually(() => expect(asked[0]?.answer.writableFinished).toBe(true));
  expect(got).toEqual([]);
  client.connect();
  await eventually(() => expect(got).toEqual([['large', 1, false]]));
});

/** A subscription whose state is loaded by the test. */
function subscribeLoading(client: ReturnType<typeof start>['client']) {
  const told: string[] = [];
  const loads: { done(): void; fail(): void }[] = [];
  const { unsubscribe } = client.subscribe('Pet', ({ name }) => told.push(name), {
    load(why) {
      told.push(`load: ${why}`);
      return new Promise<void>((resolve, reject) => {
        loads.push({ done: resolve, fail: () => reject(new Error('no store')) });
      });
    },
  });
  return { told, loads, unsubscribe };
}

test('messages wait until the state is loaded that they change', async () => {
  const { client } = start();
  const { told, loads } = subscribeLoading(client);
  client.connect();
  await eventually(() => expect(told).toEqual(['load: subscribed']));
  switchboard.publish('Pet', { name: 'Luna' });
  const other = vi.fn();
  client.subscribe('Pet', other);
  switchboard.publish('Pet', { name: 'Rex' });
  await eventually(() => expect(other).toHaveBeenCalledTimes(2));
  expect(told).toEqual(['load: subscribed']);
  loads[0]?.done();
  await eventually(() => expect(told).toEqual(['load: subscribed', 'Luna', 'Rex']));
});

test('a load that fails is told and tried again', async () => {
  const { client, errors } = start();
  const { told, loads } = subscribeLoading(client);
  client.connect();
  await eventually(() => expect(loads).toHaveLength(1));
  switchboard.publish('Pet', { name: 'Luna' });
  loads[0]?.fail();
  await eventually(() => expect(loads).toHaveLength(2));
  loads[1]?.done();
  await eventually(() => expect(told).toEqual(['load: subscribed', 'load: subscribed', 'Luna']));
  expect(errors).toEqual(['load-failed']);
});

test('[G4] after a loss the state is loaded anew, before what came after it', async () => {
  const { client } = start();
  const { told, loads } = subscribeLoading(client);
  client.connect();
  await eventually(() => expect(loads).toHaveLength(1));
  loads[0]?.done();
  switchboard.publish('Pet', { name: 'first' });
  await eventually(() => expect(told).toContain('first'));
  const letIn = await cutOff({ client });
  switchboard.forget('Pet');
  letIn();
  await eventually(() => expect(loads).toHaveLength(2));
  switchboard.publish('Pet', { name: 'second' });
  loads[1]?.done();
  await eventually(() =>
    expect(told).toEqual(['load: subscribed', 'first', 'load: epoch-changed', 'second']),
  );
});

test('who joins a topic later loads the state of then, even while there is no socket', async () => {
  const { client, listen } = start();
  listen();
  client.connect();
  await subscribed();
  await connected(client);
  const letIn = await cutOff({ client });
  const { told, loads } = subscribeLoading(client);
  switchboard.publish('Pet', { name: 'missed' });
  letIn();
  await eventually(() => expect(loads).toHaveLength(1));
  loads[0]?.done();
  await eventually(() => expect(told).toEqual(['load: subscribed', 'missed']));
});

test('who has left gets nothing more, whatever was on its way', async () => {
  const { client } = start();
  const { told, loads, unsubscribe } = subscribeLoading(client);
  const other = vi.fn();
  client.subscribe('Pet', other);
  client.connect();
  await eventually(() => expect(loads).toHaveLength(1));
  switchboard.publish('Pet', { name: 'Luna' });
  await eventually(() => expect(other).toHaveBeenCalledOnce());
  unsubscribe();
  loads[0]?.done();
  switchboard.publish('Pet', { name: 'Rex' });
  await eventually(() => expect(other).toHaveBeenCalledTimes(2));
  expect(told).toEqual(['load: subscribed']);
});

test('another user on the same client begins anew, and nothing of the first is handed to them', async () => {
  let user = 'sam';
  const { client } = start({ getToken: () => user });
  const { told, loads } = subscribeLoading(client);
  client.connect();
  await eventually(() => expect(loads).toHaveLength(1));
  switchboard.publish('Pet', { name: 'for Sam' });
  user = 'joe';
  switchboard.cut();
  client.connect();
  await eventually(() => expect(loads).toHaveLength(2));
  for (const load of loads) load.done();
  switchboard.publish('Pet', { name: 'for Joe' });
  await eventually(() => expect(told.at(-1)).toBe('for Joe'));
  expect(told).toEqual(['load: subscribed', 'load: subscribed', 'for Joe']);
});

test('a hole on a busy topic is asked about, however fast the rest comes', async () => {
  const { got } = await startListening();
  switchboard.publish('Pet', { name: 'lost' }, { lose: true });
  const busy = setInterval(() => switchboard.publish('Pet', { name: 'busy' }), 20);
  cleanUps.push(() => clearInterval(busy));
  await eventually(() => expect(got[0]).toEqual(['lost', 1, true]));
});

test('a handler or listener that throws is told as such, and nobody else is touched by it', async () => {
  const faults: unknown[] = [];
  const note = (fault: unknown) => faults.push(fault);
  const others = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException').on('uncaughtException', note);
  cleanUps.push(() => {
    process.removeAllListeners('uncaughtException');
    for (const other of others) process.on('uncaughtException', other);
  });
  const { client, got, listen } = start();
  const off = client.on('state', () => {
    throw new Error('state');
  });
  client.subscribe('Pet', () => {
    throw new Error('handler');
  });
  listen();
  client.connect();
  await subscribed();
  switchboard.publish('Pet', { name: 'Luna' });
  await eventually(() => expect(got).toHaveLength(1));
  await eventually(() => expect(faults).toContainEqual(new Error('handler')));
  expect(faults).toContainEqual(new Error('state'));
  off();
});
