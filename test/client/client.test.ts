import { expect, test, vi } from 'vitest';
import { WebSocket as OtherSocket } from 'ws';
import type { RefusalCode } from '../../contract/refusals.ts';
import { eventually } from '../support/eventually.ts';
import {
  actions,
  connected,
  connectionOf,
  connectUnderFakeTime,
  cutOff,
  MINUTE_MS,
  start,
  startListening,
  subscribed,
  switchboard,
} from './listening.ts';

/** The server's refusal of one message, and nothing else. */
function refuseOnce(action: string, code: RefusalCode): void {
  let done = false;
  switchboard.intercept((message, socket) => {
    if (done || message.action !== action) return false;
    done = true;
    const { id } = message;
    socket.send(JSON.stringify({ type: 'refused', id, action, code, status: 400, message: code }));
    return true;
  });
}

test('[S3-06] hands direct messages and notices on', async () => {
  const { client } = await startListening();
  const heard: unknown[] = [];
  client.on('message', (message) => heard.push(message));
  client.on('notice', (notice) => heard.push(notice));
  const at = '2026-01-01T12:00:00.000Z';
  const frames = [
    { type: 'message', id: 'direct-message-1', at, payload: { text: 'hello' } },
    { type: 'notice', code: 'delivery-failed', connectionId: 'other', at },
  ];
  switchboard.intercept(({ action }, socket) => {
    if (action === 'subscribe') for (const frame of frames) socket.send(JSON.stringify(frame));
    return false;
  });
  client.subscribe('Shop', () => {});
  await subscribed('Shop');
  await vi.waitFor(() => expect(heard).toEqual(frames));
  expect(client.state.name).toBe('connected');
});

test('each state says by a code and a reason how it came about', async () => {
  const { client, states } = start();
  expect(client.state).toMatchObject({ name: 'idle', reason: 'Not connected yet.' });
  client.connect();
  await connected(client);
  client.disconnect();
  expect(states.map(({ name, code }) => [name, code])).toEqual([
    ['connecting', 'asked'],
    ['authenticating', 'opened'],
    ['connected', 'welcome'],
    ['closed', 'asked'],
  ]);
  expect(states.every(({ reason }) => reason.length > 0)).toBe(true);
});

test('it runs on any WebSocket that is given to it', async () => {
  const { client } = start({ WebSocket: OtherSocket });
  client.connect();
  await connected(client);
});

test('what was subscribed before connecting arrives, with its place in the topic', async () => {
  const { got } = await startListening();
  switchboard.publish('Pet', { name: 'Luna' });
  switchboard.publish('Pet', { name: 'Rex' });
  await eventually(() =>
    expect(got).toEqual([
      ['Luna', 1, false],
      ['Rex', 2, false],
    ]),
  );
});

test('[G6] it tells from when on nothing is missed, once for each subscription', async () => {
  const { client, listen } = start();
  const told: string[] = [];
  client.on('subscribed', ({ topic }) => told.push(topic));
  listen();
  listen();
  client.connect();
  await eventually(() => expect(told).toEqual(['Pet']));
  const letIn = await cutOff({ client });
  switchboard.endSession(client.sessionId);
  letIn();
  await eventually(() => expect(actions().filter((name) => name === 'subscribe')).toHaveLength(2));
  client.subscribe('Shop', () => {});
  await eventually(() => expect(told).toEqual(['Pet', 'Shop']));
});

test('topics are typed: an unknown one, or a wrong payload, does not compile', () => {
  const { client } = start();
  // @ts-expect-error There is no such topic.
  client.subscribe('Cats', () => {});
  // @ts-expect-error A shop has no name.
  client.subscribe('Shop', ({ name }) => name);
});

test('a message that overtakes the reply to subscribe is neither lost nor doubled', async () => {
  switchboard.publish('Pet', { name: 'before' });
  switchboard.intercept((message) => {
    if (message.action !== 'subscribe') return false;
    switchboard.intercept(() => false);
    for (const { topics } of switchboard.sessions.values()) topics.add('Pet');
    switchboard.publish('Pet', { name: 'early' });
    return false;
  });
  const { got } = await startListening();
  switchboard.publish('Pet', { name: 'live' });
  // The reply tells of a head that covers the early one: it was there before the promise began.
  await eventually(() => expect(got).toEqual([['live', 3, false]]));
});

test('[S1-09] after a loss it authenticates as the same session in place of the lost connection, and does not subscribe again', async () => {
  const { client, states } = await startListening();
  const lost = client.state.name === 'connected' && client.state.connectionId;
  const letIn = await cutOff({ client });
  expect(states.at(3)).toMatchObject({ name: 'reconnecting', code: 'socket-lost', attempt: 1 });
  letIn();
  await connected(client);
  const [, again] = switchboard.heard.filter(({ action }) => action === 'authenticate');
  expect(again).toMatchObject({ replaces: lost, sessionId: client.sessionId });
  expect(actions().filter((action) => action === 'subscribe')).toHaveLength(1);
});

test('[S1-10] what was missed comes page by page, in sequence, and is told as recovered', async () => {
  const { client, got, recoveries } = await startListening();
  switchboard.publish('Pet', { name: 'first' });
  await eventually(() => expect(got).toHaveLength(1));
  const letIn = await cutOff({ client });
  for (const name of ['a', 'b', 'c']) switchboard.publish('Pet', { name });
  letIn();
  await eventually(() => expect(recoveries).toHaveLength(1));
  expect(recoveries[0]).toMatchObject({
    recovered: true,
    messages: 3,
    gaps: [{ topic: 'Pet', recovered: true, messages: 3 }],
  });
  expect(got.slice(1)).toEqual([
    ['a', 2, true],
    ['b', 3, true],
    ['c', 4, true],
  ]);
  expect(actions().filter((action) => action === 'readNotifications')).toHaveLength(2);
});

test('[G4] a session that has ended meanwhile is subscribed again from where it was', async () => {
  const { client, got, recoveries } = await startListening();
  switchboard.publish('Pet', { name: 'first' });
  await eventually(() => expect(got).toHaveLength(1));
  const letIn = await cutOff({ client });
  switchboard.endSession(client.sessionId);
  switchboard.publish('Pet', { name: 'missed' });
  letIn();
  await eventually(() => expect(recoveries).toHaveLength(1));
  expect(got[1]).toEqual(['missed', 2, true]);
  expect(switchboard.heard.at(-1)).toMatchObject({
    action: 'subscribe',
    cursors: [{ topic: 'Pet', seq: 1 }],
  });
});

test('[G4] what cannot be recovered is told, never passed over', async () => {
  const { client, got, recoveries } = await startListening();
  switchboard.publish('Pet', { name: 'first' });
  await eventually(() => expect(got).toHaveLength(1));
  const letIn = await cutOff({ client });
  switchboard.forget('Pet');
  letIn();
  await eventually(() => expect(recoveries).toHaveLength(1));
  const gaps = [{ topic: 'Pet', recovered: false, reason: 'epoch-changed' }];
  expect(recoveries[0]).toMatchObject({ recovered: false, messages: 0, gaps });
});

test('[G2] a hole on a living socket is filled before anything after it is handed on', async () => {
  const { got } = await startListening();
  switchboard.publish('Pet', { name: 'lost' }, { lose: true });
  switchboard.publish('Pet', { name: 'after' });
  await eventually(() => expect(got).toHaveLength(2));
  expect(got.map(([name]) => name)).toEqual(['lost', 'after']);
});

test('[S1-08] own changes leave no hole: nothing is read for them', async () => {
  const { client, got } = await startListening();
  const { sessionId: origin } = client;
  switchboard.publish('Pet', { name: 'own' }, { origin });
  switchboard.publish('Pet', { name: 'own' }, { origin });
  switchboard.publish('Pet', { name: 'other' });
  await eventually(() => expect(got).toEqual([['other', 3, false]]));
  expect(actions()).not.toContain('readNotifications');
});

test("the gateway's own error fails the oldest request, which is then tried again", async () => {
  let failures = 0;
  switchboard.intercept((message, socket) => {
    if (message.action !== 'subscribe' || failures++ > 0) return false;
    const error = { message: 'Internal server error', connectionId: 'x', requestId: 'y' };
    socket.send(JSON.stringify(error));
    return true;
  });
  const { client } = await startListening();
  expect(client.state.name).toBe('connected');
  expect(actions().filter((action) => action === 'subscribe')).toHaveLength(2);
});

test('of several topics only the refused one is left out', async () => {
  switchboard.intercept((message, socket) => {
    if (message.action !== 'subscribe' || !message.topics.includes('Shop')) return false;
    const { id, action } = message;
    const why = {
      code: 'topic-not-allowed',
      status: 403,
      message: 'No rule opens this topic to you.',
    };
    socket.send(JSON.stringify({ type: 'refused', id, action, ...why }));
    return true;
  });
  const { client, listen, errors, got } = start();
  client.subscribe('Shop', () => {});
  listen();
  client.connect();
  await subscribed('Pet');
  switchboard.publish('Pet', { name: 'Luna' });
  await eventually(() => expect(got).toHaveLength(1));
  expect(errors).toEqual(['topic-not-allowed']);
});

test('a token that is not valid fails for good, and says so', async () => {
  refuseOnce('authenticate', 'token-invalid');
  const { client, errors } = start();
  client.connect();
  await eventually(() => expect(client.state.name).toBe('failed'));
  expect(client.state.code).toBe('token-invalid');
  expect(errors).toEqual(['token-invalid']);
});

test('a token that has expired is replaced by a new one on a new socket', async () => {
  refuseOnce('authenticate', 'token-expired');
  const getToken = vi.fn(() => 'sam');
  const { client, states } = start({ getToken });
  client.connect();
  await connected(client);
  expect(getToken).toHaveBeenCalledTimes(2);
  expect(states.find(({ name }) => name === 'reconnecting')?.code).toBe('token-expired');
});

test('a session that is over in the middle of it all comes back by itself', async () => {
  const { client, states } = await startListening();
  refuseOnce('subscribe', 'session-over');
  client.subscribe('Shop', () => {});
  await subscribed('Shop');
  expect(states.find(({ name }) => name === 'reconnecting')?.code).toBe('session-over');
});

test('without a token it waits and asks again', async () => {
  const getToken = vi.fn(() => 'sam').mockRejectedValueOnce(new Error('no network'));
  const { client, states } = start({ getToken });
  client.connect();
  await connected(client);
  expect(states[1]).toMatchObject({ name: 'reconnecting', code: 'no-token' });
  expect(states[1]?.reason).toContain('no network');
});

test('before the token expires, a new one is given in place, on the same socket', async () => {
  const getToken = vi.fn(() => 'sam');
  const { client, states, pass } = await connectUnderFakeTime({ getToken });
  const { connectionId } = connectionOf(client);
  // The tiny Switchboard's tokens live for an hour.
  await pass(59 * MINUTE_MS);
  expect(actions()).toEqual(['authenticate', 'subscribe', 'authenticate']);
  expect(getToken).toHaveBeenCalledTimes(2);
  expect(switchboard.heard[2]).not.toHaveProperty('replaces');
  expect(connectionOf(client).connectionId).toBe(connectionId);
  expect(states.at(-1)?.code).toBe('welcome');
});

test('disconnect leaves nothing behind, and connect takes everything up again', async () => {
  const { client, got, recoveries } = await startListening();
  client.disconnect();
  expect(client.state.name).toBe('closed');
  const sockets = () => switchboard.sessions.get(client.sessionId)?.sockets.size;
  await eventually(() => expect(sockets()).toBe(0));
  switchboard.publish('Pet', { name: 'meanwhile' });
  client.connect();
  await eventually(() => expect(recoveries).toHaveLength(1));
  expect(got).toEqual([['meanwhile', 1, true]]);
});

test('a listener that disconnects as soon as it is connected is obeyed', async () => {
  const { client, listen } = start();
  listen();
  client.on('state', ({ name }) => name === 'connected' && client.disconnect());
  client.connect();
  await eventually(() => expect(client.state.name).toBe('closed'));
  const sockets = () => switchboard.sessions.get(client.sessionId)?.sockets.size;
  await eventually(() => expect(sockets()).toBe(0));
  expect(actions()).toEqual(['authenticate']);
});

test('the last handler of a topic takes the subscription with it; a new one begins anew', async () => {
  const { got, listen, unsubscribe } = await startListening();
  const second = listen();
  unsubscribe();
  second.unsubscribe();
  await eventually(() => expect(actions().at(-1)).toBe('unsubscribe'));
  switchboard.publish('Pet', { name: 'unheard' });
  listen();
  await subscribed();
  await eventually(() => expect(actions().at(-1)).toBe('subscribe'));
  switchboard.publish('Pet', { name: 'heard' });
  await eventually(() => expect(got).toEqual([['heard', 2, false]]));
});

test('a subscription that is given up and taken again at once still delivers', async () => {
  const { got, listen, unsubscribe } = await startListening();
  unsubscribe();
  listen();
  await eventually(() => expect(actions().filter((name) => name === 'subscribe')).toHaveLength(2));
  switchboard.publish('Pet', { name: 'Luna' });
  await eventually(() => expect(got).toHaveLength(1));
});

test('the wire can be watched, and no token is seen on it', async () => {
  const { wire } = await startListening({ getToken: () => 'eyJsecret' });
  await eventually(() => expect(wire).toHaveLength(4));
  expect(wire.map(({ direction }) => direction)).toEqual(['out', 'in', 'out', 'in']);
  expect(JSON.stringify(wire.filter(({ direction }) => direction === 'out'))).not.toContain('eyJ');
});
