import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ClientOptions, WebSocket } from 'ws';
import { httpOperations } from '../../contract/http.ts';
import { newPerson, type Person } from '../support/people.ts';
import type { Place } from '../support/place.ts';
import { openSocket, type TestSocket } from '../support/socket.ts';
import { startTestStage } from '../support/stage.ts';
import { callStore } from '../support/store.ts';
import { openControl } from '../torture/control.ts';

/** [S3-07] [S3-11] [S3-13] Limits and lists, each on a whole stage that was told them. */

let place: Place;
let stop: () => Promise<void>;
const startWith = (settings: Readonly<Record<string, unknown>>) => async () => {
  const prefixed = Object.entries(settings).map(([name, value]) => [`switchboard:${name}`, value]);
  ({ place, stop } = await startTestStage({ settings: Object.fromEntries(prefixed) }));
};
/** `open`, or the status that the handshake was refused with. */
async function knock(options: ClientOptions, query = ''): Promise<'open' | number> {
  const socket = new WebSocket(`${place.outputs.WebSocketUrl}${query}`, options);
  const open = once(socket, 'open').then(() => 'open' as const);
  const refused = once(socket, 'unexpected-response').then(([, { statusCode }]) => statusCode);
  const outcome = await Promise.race([open, refused]);
  socket.on('error', () => {});
  socket.terminate();
  return outcome;
}

describe('a stage of small limits', () => {
  beforeAll(
    startWith({
      sessionsPerUser: 2,
      connectionsPerSession: 1,
      messagesPerConnection: 6,
      deniedAddresses: '127.0.0.2',
      allowedOrigins: 'https://shop.example',
    }),
  );
  afterAll(() => stop());

  const open = (options?: { readonly headers: Record<string, string> }) =>
    openSocket(place.outputs.WebSocketUrl ?? '', options);
  const enter = (socket: TestSocket, { token }: Person, sessionId: string) =>
    socket.ask({ action: 'authenticate', token, sessionId });

  it('[S3-07] [S3-13] refuses one session too many, until it is found that one is dead though no $disconnect told', async () => {
    const joe = await newPerson(place);
    const first = await open();
    const { connectionId } = await enter(first, joe, 'first');
    await enter(await open(), joe, 'second');
    const third = await open();
    expect(await enter(third, joe, 'third')).toMatchObject({
      code: 'too-many-sessions',
      status: 429,
      message: expect.stringContaining('2 at the most.'),
      retryAfterSeconds: 60,
    });
    expect(await enter(third, joe, 'second'), 'another connection of that session').toMatchObject({
      code: 'too-many-connections',
      retryAfterSeconds: 60,
    });

    const control = await openControl(place);
    const about = String(connectionId);
    await control.close({ at: 'route', what: '$disconnect', about, do: 'lose' });
    expect(await control.drop(about)).toBe(true);
    await first.closed;
    await control.advance(61_000);
    expect(await enter(await open(), joe, 'third')).toMatchObject({
      type: 'authenticated',
      session: 'new',
    });
  });

  it('[S3-07] refuses more messages of a connection than were chosen, says until when, and answers pings', async () => {
    const socket = await open();
    await enter(socket, await newPerson(place), randomUUID());
    const ask = () => socket.ask({ action: 'subscribe', topics: ['Pet'] });
    const answers = await Promise.all(Array.from({ length: 12 }, ask));
    const refused = answers.filter(({ type }) => type === 'refused');
    // Where a minute ended among them, up to six more were taken.
    expect(refused.length).toBeGreaterThan(0);
    for (const { code, retryAfterSeconds } of refused) {
      expect(code).toBe('too-many-messages');
      expect(retryAfterSeconds).toBeGreaterThan(0);
      expect(retryAfterSeconds).toBeLessThanOrEqual(60);
    }
    expect(await socket.ask({ type: 'ping' })).toMatchObject({ type: 'pong' });
  });

  it('[S3-11] keeps addresses out that are denied, and pages that are not named', async () => {
    expect(await knock({ localAddress: '127.0.0.2' })).toBe(403);
    expect(await knock({ localAddress: '127.0.0.3' })).toBe('open');
    expect(await knock({ origin: 'https://shop.example' })).toBe('open');
    expect(await knock({ origin: 'https://evil.example' })).toBe(403);
    expect(
      await knock({ headers: { 'x-forwarded-for': '127.0.0.3' }, localAddress: '127.0.0.2' }),
    ).toBe(403);
  });
});

describe('a door with an authorizer', () => {
  beforeAll(
    startWith({
      door: 'ticket',
      encryptionKey: 'own',
      allowedAddresses: '127.0.0.1,127.0.0.4/31',
      connectsPerAddress: 2,
    }),
  );
  afterAll(() => stop());

  const ticketFor = async (person: Person) => {
    const body = { sessionId: randomUUID() };
    const answer = await callStore(place, person, 'POST', httpOperations.ticket.path, { body });
    return `?ticket=${answer.body.ticket}`;
  };

  it('[S3-11] keeps out whose address is not allowed, before it looks at the ticket', async () => {
    const joe = await newPerson(place);
    const ticket = await ticketFor(joe);
    expect(await knock({ localAddress: '127.0.0.2' }, ticket)).toBe(403);
    expect(await knock({ localAddress: '127.0.0.2' }, '?ticket=none')).toBe(403);
    expect(await knock({ localAddress: '127.0.0.1' }, '?ticket=none')).toBe(401);
    expect(await knock({ localAddress: '127.0.0.1' }, ticket)).toBe('open');
  });

  it('[S3-07] lets in an address as often in a minute as was chosen', async () => {
    const joe = await newPerson(place);
    const outcomes: unknown[] = [];
    // Five tries lie in two minutes at the most.
    for (let tried = 0; tried < 5; tried += 1) {
      outcomes.push(await knock({ localAddress: '127.0.0.5' }, await ticketFor(joe)));
    }
    expect(outcomes.slice(0, 2)).toEqual(['open', 'open']);
    expect(outcomes).toContain(429);
  });
});
