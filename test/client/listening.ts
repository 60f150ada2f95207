import { afterEach, beforeEach, expect, vi } from 'vitest';
import { type ClientOptions, createClient } from '../../client/client.ts';
import type { WireFrame } from '../../client/connection.ts';
import type { ClientEvents, Gap, Trouble } from '../../client/events.ts';
import type { State } from '../../client/state.ts';
import { eventually } from '../support/eventually.ts';
import { startTinySwitchboard } from './tiny-switchboard.ts';

interface Pet {
  readonly name: string;
}
interface Topics {
  Pet: Pet;
  Shop: { readonly isOpen: boolean };
}

/** A new one for each test. */
export let switchboard: Awaited<ReturnType<typeof startTinySwitchboard>>;
export const cleanUps: (() => void)[] = [];

beforeEach(async () => {
  switchboard = await startTinySwitchboard(2);
});

afterEach(async () => {
  // The last first: real timers come back before anything is waited for.
  for (const cleanUp of cleanUps.splice(0).reverse()) cleanUp();
  await switchboard.stop();
});

let tokensWait = Promise.resolve();
const getToken = async () => {
  await tokensWait;
  return 'sam';
};

/** A client that writes down what it tells. */
export function start(options: Partial<ClientOptions> = {}) {
  const client = createClient<Topics>({ url: switchboard.url, getToken, ...options });
  cleanUps.push(client.disconnect);
  const states: State[] = [];
  const errors: Trouble['code'][] = [];
  const gaps: Gap[] = [];
  const recoveries: ClientEvents['recovered'][] = [];
  const wire: WireFrame[] = [];
  const got: (readonly [name: string, seq: number, recovered: boolean])[] = [];
  client.on('state', (state) => states.push(state));
  client.on('error', ({ code }) => errors.push(code));
  client.on('gap', (gap) => gaps.push(gap));
  client.on('recovered', (recovery) => recoveries.push(recovery));
  client.on('wire', (frame) => wire.push(frame));
  const listen = () =>
    client.subscribe('Pet', ({ name }, { seq, recovered }) => got.push([name, seq, recovered]));
  return { client, states, errors, gaps, recoveries, wire, got, listen };
}

export function connectionOf(client: { state: State }) {
  if (client.state.name !== 'connected') throw new Error(`It is ${client.state.name}.`);
  return client.state;
}

export const connected = (client: { state: State }) =>
  eventually(() => expect(client.state.name).toBe('connected'));
export const subscribed = (topic = 'Pet') =>
  eventually(() =>
    expect([...switchboard.sessions.values()].some(({ topics }) => topics.has(topic))).toBe(true),
  );
export const actions = () => switchboard.heard.map(({ action }) => action);

export async function startListening(options: Partial<ClientOptions> = {}) {
  const started = start(options);
  const { unsubscribe } = started.listen();
  started.client.connect();
  await subscribed();
  return { ...started, unsubscribe };
}

export const MINUTE_MS = 60_000;

/** Time passes for the client only when the test says so. */
export async function connectUnderFakeTime(options: Partial<ClientOptions> = {}) {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: Date.now() });
  cleanUps.push(vi.useRealTimers);
  const started = start(options);
  started.listen();
  started.client.connect();
  await eventually(() => expect(actions()).toContain('subscribe'));
  const open = () => count(started.wire, 'out') - count(started.wire, 'in');
  let unanswered = 0;
  /** In small steps, so that what is asked of the server is answered before its time is up. */
  async function pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= STEP_MS) {
      await vi.advanceTimersByTimeAsync(Math.min(left, STEP_MS));
      const giveUpAt = performance.now() + 500;
      do await new Promise(setImmediate);
      while (open() > unanswered && performance.now() < giveUpAt);
      // What was lost with its socket is not waited for again.
      unanswered = open();
    }
  }
  return { ...started, pass };
}

const STEP_MS = 10_000;
const count = (wire: readonly WireFrame[], way: WireFrame['direction']) =>
  wire.filter(({ direction, frame }) => direction === way && (frame as { id?: string }).id).length;

/** Cuts a client off, and keeps it off until it is let in again. */
export async function cutOff({ client }: Pick<ReturnType<typeof start>, 'client'>) {
  let letIn = () => {};
  tokensWait = new Promise((done) => {
    letIn = done;
  });
  switchboard.cut();
  await eventually(() => expect(client.state.name).not.toBe('connected'));
  return () => {
    letIn();
    client.connect();
  };
}
