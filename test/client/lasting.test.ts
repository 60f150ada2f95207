import { expect, test, vi } from 'vitest';
import { eventually } from '../support/eventually.ts';
import {
  actions,
  cleanUps,
  connected,
  connectionOf,
  connectUnderFakeTime,
  cutOff,
  MINUTE_MS,
  start,
  startListening,
  switchboard,
} from './listening.ts';

test('a heartbeat comes only when nothing else has moved for 8 minutes, and carries the positions', async () => {
  const { pass, got } = await connectUnderFakeTime();
  await pass(7 * MINUTE_MS);
  switchboard.publish('Pet', { name: 'Luna' });
  await eventually(() => expect(got).toHaveLength(1));
  await pass(7 * MINUTE_MS);
  expect(switchboard.pings).toEqual([]);
  await pass(MINUTE_MS);
  expect(switchboard.pings).toEqual([
    { type: 'ping', id: '3', positions: [{ topic: 'Pet', epoch: expect.any(String), seq: 1 }] },
  ]);
});

test('what a quiet topic lost is found by the next heartbeat, and filled', async () => {
  const { pass, got, gaps } = await connectUnderFakeTime();
  switchboard.publish('Pet', { name: 'lost' }, { lose: true });
  await pass(8 * MINUTE_MS);
  await eventually(() => expect(got).toEqual([['lost', 1, true]]));
  expect(gaps).toEqual([{ topic: 'Pet', recovered: true, messages: 1 }]);
});

test('a heartbeat that is not answered ends the connection', async () => {
  const { states, client } = await connectUnderFakeTime();
  switchboard.deafen();
  await vi.advanceTimersByTimeAsync(8 * MINUTE_MS + 30_000);
  expect(states.map(({ name, code }) => [name, code])).toContainEqual([
    'reconnecting',
    'no-answer',
  ]);
  await eventually(() => expect(client.state.name).toBe('connected'));
});

test('before the socket is two hours old, another one takes its place: nobody notices, nothing is missed', async () => {
  const { client, states, got, gaps, recoveries, pass } = await connectUnderFakeTime();
  const first = connectionOf(client).connectionId;
  await pass(99 * MINUTE_MS);
  expect(connectionOf(client).connectionId).toBe(first);
  for (let passed = 99; passed < 115; passed += 1) {
    switchboard.publish('Pet', { name: `minute ${passed}` });
    await pass(MINUTE_MS);
  }
  const second = connectionOf(client);
  expect(second.connectionId).not.toBe(first);
  expect(second.code).toBe('handed-over');
  expect(states.map(({ name }) => name)).toEqual([
    'connecting',
    'authenticating',
    'connected',
    'connected',
  ]);
  const taking = switchboard.heard.findLast(({ action }) => action === 'authenticate');
  expect(taking).toMatchObject({ replaces: first, sessionId: client.sessionId });
  await eventually(() => expect(got).toHaveLength(16));
  expect(got.map(([, seq]) => seq)).toEqual(Array.from({ length: 16 }, (_, index) => index + 1));
  expect(gaps.filter(({ recovered }) => !recovered)).toEqual([]);
  expect(recoveries).toEqual([]);
  expect(actions().filter((action) => action === 'subscribe')).toHaveLength(1);
});

test('a socket that could not take over is tried again, while the old one goes on', async () => {
  let opened = 0;
  class Refusing extends WebSocket {
    constructor(url: string) {
      opened += 1;
      super(opened === 2 ? 'ws://127.0.0.1:1' : url);
    }
  }
  const { client, states, pass } = await connectUnderFakeTime({ WebSocket: Refusing });
  await pass(117 * MINUTE_MS);
  await eventually(() => expect(connectionOf(client).code).toBe('handed-over'));
  expect(opened).toBe(3);
  expect(states.map(({ name }) => name)).not.toContain('reconnecting');
});

test('when both are lost in the middle of it, it reconnects as after any loss', async () => {
  const { client, states, pass } = await connectUnderFakeTime();
  switchboard.intercept((message) => {
    if (message.action !== 'authenticate' || !message.replaces) return false;
    switchboard.intercept(() => false);
    switchboard.cut();
    return true;
  });
  await pass(117 * MINUTE_MS);
  await connected(client);
  expect(states.map(({ name, code }) => [name, code])).toContainEqual([
    'reconnecting',
    'socket-lost',
  ]);
});

test('when the network is back, the next try comes at once', async () => {
  vi.spyOn(Math, 'random').mockReturnValue(0.999); // or there may be nothing to wait for
  cleanUps.push(vi.restoreAllMocks);
  const network = new EventTarget();
  const { client, states } = await connectUnderFakeTime({ network });
  const letIn = await cutOff({ client });
  expect(states.at(-1)?.name).toBe('reconnecting');
  network.dispatchEvent(new Event('online'));
  expect(states.at(-1)?.name).toBe('connecting');
  letIn();
  await connected(client);
});

test('when the network changes under a socket, the socket has to answer', async () => {
  const network = new EventTarget();
  const { pass, states, client } = await connectUnderFakeTime({ network });
  network.dispatchEvent(new Event('online'));
  await pass(MINUTE_MS);
  expect(client.state.name).toBe('connected');
  switchboard.deafen();
  network.dispatchEvent(new Event('online'));
  await vi.advanceTimersByTimeAsync(30_000);
  expect(states.map(({ name, code }) => [name, code])).toContainEqual([
    'reconnecting',
    'no-answer',
  ]);
});

test('a client that is disconnected does not listen to the network any more', async () => {
  const network = new EventTarget();
  const { client } = await startListening({ network });
  client.disconnect();
  network.dispatchEvent(new Event('online'));
  expect(client.state.name).toBe('closed');
});

test('a token that cannot be had in time is asked for again, and the socket goes on', async () => {
  const getToken = vi.fn(() => 'sam');
  const { client, errors, pass } = await connectUnderFakeTime({ getToken });
  const { connectionId } = connectionOf(client);
  getToken.mockRejectedValueOnce(new Error('no network'));
  await pass(60 * MINUTE_MS);
  expect(getToken).toHaveBeenCalledTimes(3);
  expect(errors).toEqual(['no-token']);
  expect(connectionOf(client).connectionId).toBe(connectionId);
});

test('more topics than a frame can name are subscribed and looked after in several', async () => {
  const { client } = start();
  const topics = Array.from({ length: 150 }, (_, at) => `Shop/${String(at).padStart(200, '0')}`);
  for (const topic of topics) client.subscribe(topic as 'Shop', () => {});
  client.connect();
  await eventually(() => {
    const [session] = switchboard.sessions.values();
    expect(session?.topics.size).toBe(150);
  });
  const sizes = switchboard.heard.map((message) => JSON.stringify(message).length);
  expect(Math.max(...sizes)).toBeLessThan(32 * 1024);
});
