import { expect, test, vi } from 'vitest';
import type { ClientOptions } from '../../client/client.ts';
import { openMemory } from '../../client/memory.ts';
import { eventually } from '../support/eventually.ts';
import {
  actions,
  cleanUps,
  connected,
  connectionOf,
  start,
  startListening,
  subscribed,
  switchboard,
} from './listening.ts';

function storageOf(items = new Map<string, string>()) {
  return {
    items,
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
  };
}

type Storage = ReturnType<typeof storageOf>;

const openPage = (storage: Storage, options: Partial<ClientOptions> = {}) =>
  startListening({ memory: openMemory(storage), ...options });

/** As a browser leaves a page: its sockets are cut, and what it had in memory is gone. */
function reload({ client }: { client: { disconnect(): void } }, storage: Storage): Storage {
  client.disconnect();
  return storageOf(new Map(storage.items));
}

/** As a browser copies `sessionStorage` into a tab that is duplicated, while the first one lives. */
const duplicate = (storage: Storage): Storage => storageOf(new Map(storage.items));

test('[G4] the next page goes on where this one was: each message once, in sequence, in the same session', async () => {
  const storage = storageOf();
  const first = await openPage(storage);
  switchboard.publish('Pet', { name: 'a' });
  switchboard.publish('Pet', { name: 'b' });
  await eventually(() => expect(first.got).toHaveLength(2));
  const { connectionId } = connectionOf(first.client);

  const kept = reload(first, storage);
  switchboard.publish('Pet', { name: 'c' });
  const second = await openPage(kept);
  await eventually(() => expect(second.recoveries).toHaveLength(1));
  switchboard.publish('Pet', { name: 'd' });
  await eventually(() => expect(second.got).toHaveLength(2));
  expect(second.got.map(([name, seq]) => [name, seq])).toEqual([
    ['c', 3],
    ['d', 4],
  ]);
  expect(second.recoveries).toMatchObject([{ recovered: true, messages: 1 }]);
  expect(second.client.sessionId).toBe(first.client.sessionId);
  const taking = switchboard.heard.findLast(({ action }) => action === 'authenticate');
  expect(taking).toMatchObject({ replaces: connectionId });
});

test('a page that goes on loads what was kept; one that lost something loads anew', async () => {
  const storage = storageOf();
  const first = await openPage(storage);
  switchboard.publish('Pet', { name: 'a' });
  await eventually(() => expect(first.got).toHaveLength(1));
  const load = vi.fn();

  const second = start({ memory: openMemory(reload(first, storage)) });
  second.client.subscribe('Pet', () => {}, { load });
  second.client.connect();
  await eventually(() => expect(second.recoveries).toHaveLength(1));
  expect(load.mock.calls).toEqual([['resumed']]);

  second.client.disconnect();
  switchboard.forget('Pet');
  second.client.connect();
  await eventually(() => expect(load).toHaveBeenCalledWith('epoch-changed'));
});

test('what was not handed on before the reload is handed on after it', async () => {
  const storage = storageOf();
  const first = start({ memory: openMemory(storage) });
  const load = vi.fn(() => new Promise(() => {}));
  first.client.subscribe('Pet', () => {}, { load });
  first.listen();
  first.client.connect();
  await eventually(() => expect(load).toHaveBeenCalled());
  switchboard.publish('Pet', { name: 'seen by one of two' });
  await eventually(() => expect(first.got).toHaveLength(1));
  const second = await openPage(reload(first, storage));
  expect(switchboard.heard.at(-1)).toMatchObject({ action: 'subscribe', cursors: [] });
  expect(second.client.sessionId).toBe(first.client.sessionId);
});

test('[S1-08] a tab that was duplicated has a session of its own, and goes on from the same positions', async () => {
  const storage = storageOf();
  const first = await openPage(storage);
  switchboard.publish('Pet', { name: 'a' });
  await eventually(() => expect(first.got).toHaveLength(1));
  const second = await openPage(duplicate(storage));
  expect(second.client.sessionId).not.toBe(first.client.sessionId);
  const { sessionId: origin } = first.client;
  switchboard.publish('Pet', { name: 'of the first' }, { origin });
  await eventually(() => expect(second.got.map(([name]) => name)).toEqual(['of the first']));
  expect(connectionOf(first.client).code).toBe('welcome');
  expect(first.states.map(({ name }) => name)).not.toContain('reconnecting');
});

test('another user finds nothing of the one before', async () => {
  const storage = storageOf();
  const first = await openPage(storage);
  switchboard.publish('Pet', { name: 'a' });
  await eventually(() => expect(first.got).toHaveLength(1));
  const kept = reload(first, storage);
  switchboard.publish('Pet', { name: 'missed by Sam' });
  const load = vi.fn();
  const second = start({ memory: openMemory(kept), getToken: () => 'joe' });
  second.client.subscribe('Pet', () => {}, { load });
  second.listen();
  second.client.connect();
  await eventually(() => expect(load).toHaveBeenCalledWith('subscribed'));
  await subscribed();
  switchboard.publish('Pet', { name: 'for Joe' });
  await eventually(() => expect(second.got).toEqual([['for Joe', 3, false]]));
});

test('a topic that nobody follows any more is forgotten', async () => {
  const storage = storageOf();
  const { got, unsubscribe, client } = await openPage(storage);
  switchboard.publish('Pet', { name: 'a' });
  await eventually(() => expect(got).toHaveLength(1));
  unsubscribe();
  client.disconnect();
  expect(openMemory(duplicate(storage)).cursorOf('Pet')).toBeUndefined();
});

test('the browser says that a page goes, and its session is free', async () => {
  const page = new EventTarget();
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
  cleanUps.push(vi.unstubAllGlobals);
  const storage = storageOf();
  const first = await openPage(storage);
  expect(openMemory(duplicate(storage)).sessionId).toBeUndefined();
  page.dispatchEvent(new Event('pagehide'));
  expect(openMemory(duplicate(storage)).sessionId).toBe(first.client.sessionId);
});

test.each([
  '',
  '{',
  'null',
  '7',
  '{"cursors":7}',
  '{"cursors":[{"topic":"Pet","epoch":1,"seq":"x"}]}',
])('what somebody else wrote there is nothing: %s', async (garbled) => {
  const storage = storageOf(new Map([['switchboard.session', garbled]]));
  const { got } = await openPage(storage);
  switchboard.publish('Pet', { name: 'a' });
  await eventually(() => expect(got).toHaveLength(1));
  expect(actions()).toEqual(['authenticate', 'subscribe']);
});

test('two clients of one page keep apart under their own keys', async () => {
  const storage = storageOf();
  const one = await startListening({ memory: openMemory(storage, 'one') });
  const other = await startListening({ memory: openMemory(storage, 'other') });
  await connected(other.client);
  one.client.disconnect();
  other.client.disconnect();
  expect(openMemory(storage, 'one').sessionId).toBe(one.client.sessionId);
  expect(openMemory(storage, 'other').sessionId).toBe(other.client.sessionId);
});

test('a storage that is full is the fault of nobody here: the client goes on', async () => {
  const faults: unknown[] = [];
  const others = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException').on('uncaughtException', (e) => faults.push(e));
  cleanUps.push(() => {
    process.removeAllListeners('uncaughtException');
    for (const listener of others) process.on('uncaughtException', listener);
  });
  const full = storageOf();
  vi.spyOn(full, 'setItem').mockImplementation(() => {
    throw new Error('QuotaExceeded');
  });
  const { got, client } = await openPage(full);
  switchboard.publish('Pet', { name: 'a' });
  await eventually(() => expect(got).toHaveLength(1));
  client.disconnect();
  expect(client.state.name).toBe('closed');
  await eventually(() => expect(faults).toContainEqual(new Error('QuotaExceeded')));
  vi.restoreAllMocks();
});
