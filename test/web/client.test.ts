import { randomUUID } from 'node:crypto';
import { afterEach, expect, inject, test, vi } from 'vitest';
import { type ClientOptions, createClient } from '../../client/client.ts';
import type { WireFrame } from '../../client/connection.ts';
import type { Trouble } from '../../client/events.ts';
import { openMemory } from '../../client/memory.ts';
import { FRAME_BYTES, RETENTION_SECONDS } from '../../contract/limits.ts';
import { publish } from '../../lambdas/flows/publish.ts';
import { newPerson, operatorDocuments, type Person } from '../support/people.ts';

const place = inject('place');
const reach = {
  documents: operatorDocuments(place),
  tables: {
    notifications: { name: place.outputs.NotificationsTableName ?? '', rights: { put: true } },
  },
  retentionSeconds: RETENTION_SECONDS,
} as const;

const cleanUps: (() => void)[] = [];
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp();
});

/** The client of a page, on the whole stage, with what it was told. */
function openPage({ token }: Person, options: Partial<ClientOptions> = {}) {
  const url = place.outputs.WebSocketUrl ?? '';
  const client = createClient<{ Pet: string }>({ url, getToken: () => token, ...options });
  cleanUps.push(client.disconnect);
  const got: string[] = [];
  const wire: WireFrame[] = [];
  const errors: Trouble[] = [];
  client.on('wire', (frame) => wire.push(frame));
  client.on('error', (trouble) => errors.push(trouble));
  const load = vi.fn();
  client.subscribe('Pet', (pet) => got.push(pet), { load });
  client.connect();
  const types = () => wire.map(({ frame }) => (frame as { type?: string }).type);
  return { client, got, load, errors, types };
}

async function newTenant() {
  const tenant = `t-${randomUUID()}`;
  const say = (payload: string) =>
    publish(reach, { tenant, topics: ['Pet'], payload, now: Date.now() });
  return { person: await newPerson(place, tenant), say };
}

const soon = (check: () => void) => vi.waitFor(check, { timeout: 15_000, interval: 20 });

const large = 'é'.repeat(FRAME_BYTES);

test('what no frame holds is fetched in its place between the others', async () => {
  const { person, say } = await newTenant();
  const { got, load, errors } = openPage(person);
  await soon(() => expect(load).toHaveBeenCalledWith('subscribed'));
  for (const payload of ['before', large, 'after']) await say(payload);
  await soon(() => expect(got).toEqual(['before', large, 'after']));
  expect(errors).toEqual([]);
});

test('[G4] the next page reads what came between the two, large or small, each once', async () => {
  const { person, say } = await newTenant();
  const items = new Map<string, string>();
  const storage = {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
  };
  const first = openPage(person, { memory: openMemory(storage) });
  await soon(() => expect(first.load).toHaveBeenCalled());
  await say('one');
  await soon(() => expect(first.got).toEqual(['one']));
  first.client.disconnect();
  for (const payload of ['two', large]) await say(payload);

  const second = openPage(person, { memory: openMemory(storage) });
  await soon(() => expect(second.got).toEqual(['two', large]));
  await say('four');
  await soon(() => expect(second.got).toEqual(['two', large, 'four']));
  expect(second.load.mock.calls).toEqual([['resumed']]);
  expect(second.client.state).toMatchObject({ name: 'connected', session: 'resumed' });
});

test('a heartbeat with the positions is answered, and tells what is behind', async () => {
  const network = new EventTarget();
  const { person, say } = await newTenant();
  const { client, got, load, types, errors } = openPage(person, { network });
  await soon(() => expect(load).toHaveBeenCalled());
  await say('one');
  await soon(() => expect(got).toEqual(['one']));
  // The network's return makes it look at once.
  network.dispatchEvent(new Event('online'));
  await soon(() => expect(types()).toContain('pong'));
  expect(client.state.name).toBe('connected');
  expect(errors).toEqual([]);
});
