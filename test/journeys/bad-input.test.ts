import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import {
  FRAME_BYTES,
  JSON_DEPTH,
  MESSAGE_ID_CHARACTERS,
  SESSION_ID_CHARACTERS,
  TOKEN_CHARACTERS,
  TOPIC_CHARACTERS,
  TOPICS_PER_REQUEST,
} from '../../contract/limits.ts';
import { topicKey } from '../../contract/tables.ts';
import { ONLINE_TOPIC } from '../../sample/ephemera/operations.ts';
import type { PetRow } from '../../sample/pet-store/rows.ts';
import { newPerson, operatorDocuments, type Person } from '../support/people.ts';
import { readRows } from '../support/rows.ts';
import { type Frame, openSocket, type TestSocket } from '../support/socket.ts';
import { callStore, newPet } from '../support/store.ts';

const place = inject('place');
const url = place.outputs.WebSocketUrl ?? '';
const documents = operatorDocuments(place);

/** A tenant of its own: all of its rows are known, and two people listen in it. */
const tenant = `t-${randomUUID()}`;
let publisher: Person;
let pet: PetRow;
let bystander: Listener;
let attacker: Listener;

interface Listener {
  readonly person: Person;
  readonly socket: TestSocket;
  readonly connectionId: string;
}

async function listen(person: Person, sessionId: string): Promise<Listener> {
  const socket = await openSocket(url);
  const { token } = person;
  const { connectionId } = await socket.ask({ action: 'authenticate', token, sessionId });
  await socket.ask({ action: 'subscribe', topics: ['Pet'] });
  return { person, socket, connectionId: String(connectionId) };
}

beforeAll(async () => {
  [publisher, pet] = [await newPerson(place, tenant), await newPet(place, tenant)];
  bystander = await listen(await newPerson(place, tenant), 'bystander');
  attacker = await listen(await newPerson(place, tenant), 'attacker');
});

const isAnswer = ({ type }: Frame): boolean => type !== 'notification';

/** Sends one frame and gives what comes back: one answer, whatever it is about. */
async function say({ socket }: Pick<Listener, 'socket'>, frame: unknown): Promise<Frame> {
  const answers = () => socket.frames.filter(isAnswer);
  const heard = answers().length;
  socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  await socket.next(() => answers().length > heard);
  return answers()[heard] ?? {};
}

/** Users whose own rows an attack does change: their sockets close, their sessions end in their own time. */
const apart = new Set<string>();

async function rows() {
  const all = await readRows(documents, place, tenant);
  const isOthers = (row: object) => {
    const text = JSON.stringify(row);
    return !text.includes(onlineTopic) && !text.match(uuid)?.some((id) => apart.has(id));
  };
  return Object.entries(all).map(([table, each]) => [table, each.filter(isOthers)]);
}

/** Who comes and goes is told on it in its own time, whatever an attack does. */
const onlineTopic = topicKey(tenant, ONLINE_TOPIC);

const uuid = /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/g;

/** Runs an attack: afterwards every row of the tenant is as it was, and the bystander is still served. */
async function harmless(attack: () => Promise<void>): Promise<void> {
  const before = await rows();
  await attack();
  expect(await rows()).toEqual(before);
  const heard = bystander.socket.frames.length;
  const { petId } = pet;
  const { body } = await callStore(place, publisher, 'PUT', `/pets/${petId}`, {
    body: { version: pet.version, price: pet.version },
  });
  pet = { ...pet, version: pet.version + 1 };
  expect(body).toMatchObject({ version: pet.version });
  const isNews = ({ payload }: Frame) => (payload as Frame | undefined)?.version === pet.version;
  await bystander.socket.next(isNews);
  expect(bystander.socket.frames).toHaveLength(heard + 1);
}

const ack = { type: 'ack', message: 'Message received' };
const refused = (code: string, more: object = {}) => ({ type: 'refused', code, ...more });
const cursor = { topic: 'Pet', epoch: null, seq: 0 };
const many = (count: number, of: (at: number) => unknown) =>
  Array.from({ length: count }, (_, at) => of(at));
const keys = (count: number) => many(count, (at) => `"k${at}":0`).join();
const deep = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

describe('frames that are no messages', () => {
  it.each([
    ['nothing at all', ''],
    ['no JSON', 'hello'],
    ['JSON broken off', '{"action":"subscribe","topics":["half'],
    ['two JSON texts', '{"action":"subscribe"}{"action":"subscribe"}'],
    ['names without quotes', '{action:"subscribe",topics:["lenient"]}'],
    ['a byte order mark', '\ufeff{"action":"subscribe","topics":["marked"]}'],
    ['an array', '[{"action":"subscribe","topics":["listed"]}]'],
    ['a string', '"subscribe"'],
    ['a number', '1e999'],
    ['null', 'null'],
    ['an action that only a prototype has', '{"__proto__":{"action":"subscribe"},"topics":["x"]}'],
    ['a type that is none', '{"type":"subscribe","topics":["typed"]}'],
    ['as many keys as fit', `{${keys(3_000)}}`],
    ['JSON as deep as allowed', deep(JSON_DEPTH)],
  ])('%s is acknowledged, and nothing comes of it', async (_, text) => {
    await harmless(async () => expect(await say(attacker, text)).toEqual(ack));
  });

  it.each([
    ['JSON one deeper than allowed', deep(JSON_DEPTH + 1), 'malformed'],
    ['JSON 5,000 deep', '['.repeat(5_000), 'malformed'],
    ['5,000 deep inside a message', `{"action":"subscribe","topics":${deep(5_000)}}`, 'malformed'],
  ])('%s is refused', async (_, text, code) => {
    await harmless(async () => expect(await say(attacker, text)).toMatchObject(refused(code)));
  });
});

type Wrong = readonly [what: unknown, code: string];

const wrongMessages: readonly Wrong[] = [
  ...[7, null, {}, ['subscribe'], true].map((action): Wrong => [{ action }, 'malformed']),
  ...['', 'nothing', '__proto__', 'constructor', 'toString', '$connect', '$default'].map(
    (action): Wrong => [{ action }, 'unknown-action'],
  ),
  ...[
    undefined,
    'Pet',
    7,
    {},
    [],
    [7],
    [null],
    [['Pet']],
    many(TOPICS_PER_REQUEST + 1, String),
  ].map((topics): Wrong => [{ action: 'subscribe', topics }, 'malformed']),
  [{ action: 'subscribe', topics: ['Pet'], id: 7 }, 'malformed'],
  [
    { action: 'subscribe', topics: ['Pet'], id: 'x'.repeat(MESSAGE_ID_CHARACTERS + 1) },
    'malformed',
  ],
  ['{"action":"subscribe","__proto__":{"topics":["inherited"]}}', 'malformed'],
  ['{"action":"subscribe","topics":["first"],"action":"nothing"}', 'unknown-action'],
  ['{"action":"subscribe","topics":["first"],"topics":["a#b"]}', 'topic-invalid'],
  [`{"action":"subscribe",${keys(3_000)}}`, 'malformed'],
];

describe('messages that are wrong', () => {
  it.each(wrongMessages)('%j → %s', async (frame, code) => {
    await harmless(async () => expect(await say(attacker, frame)).toMatchObject(refused(code)));
  });

  it.each([
    ['too long', 'x'.repeat(TOPIC_CHARACTERS + 1)],
    ['empty', ''],
    ['with the separator of keys', 'a#b'],
    ["reaching for another tenant's key", `other#Pet`],
    ['with an empty segment', 'a//b'],
    ['with a slash at its end', 'a/'],
    ['with a blank', 'a b'],
    ['with a line feed', 'a\nb'],
    ['with a NUL', 'a\0b'],
    ['with a letter of another script', 'ä'],
    ['with half a surrogate pair', '\ud800'],
  ])(
    'a topic %s is refused wherever it stands, and those beside it are not subscribed to',
    async (_, topic) => {
      await harmless(async () => {
        for (const frame of [
          { action: 'subscribe', topics: ['beside', topic] },
          { action: 'subscribe', topics: ['beside'], cursors: [{ ...cursor, topic }] },
          { action: 'unsubscribe', topics: ['Pet', topic] },
          { action: 'readNotifications', cursors: [{ ...cursor, topic }] },
          { type: 'ping', positions: [{ ...cursor, topic }] },
        ]) {
          expect(await say(attacker, frame), JSON.stringify(frame)).toMatchObject(
            refused('topic-invalid'),
          );
        }
      });
    },
  );

  it("another user's own topics are refused", async () => {
    await harmless(async () => {
      const topic = `user/${bystander.person.userId}/inbox`;
      for (const frame of [
        { action: 'subscribe', topics: ['beside', topic] },
        { action: 'readNotifications', cursors: [{ ...cursor, topic }] },
        { type: 'ping', positions: [{ ...cursor, topic }] },
      ]) {
        expect(await say(attacker, frame)).toMatchObject(
          refused('topic-not-allowed', { status: 403 }),
        );
      }
      // One may leave whatever one is not in: who lost a right can still unsubscribe.
      const leave = { action: 'unsubscribe', topics: [topic] };
      expect(await say(attacker, leave)).toMatchObject({ type: 'unsubscribed' });
    });
  });

  it('an id comes back as it was said, half a surrogate pair too', async () => {
    const frame = '{"action":"subscribe","id":"\\ud800","topics":[]}';
    await harmless(async () =>
      expect(await say(attacker, frame)).toMatchObject(refused('malformed', { id: '\ud800' })),
    );
  });
});

/** Cursors of every wrong kind, and what each is refused with. */
const wrongCursors: readonly Wrong[] = [
  [undefined, 'malformed'],
  [null, 'malformed'],
  ['Pet', 'malformed'],
  [{}, 'malformed'],
  [cursor, 'malformed'],
  [[], 'malformed'],
  [[null], 'malformed'],
  [['Pet'], 'malformed'],
  [[[cursor]], 'malformed'],
  [[{ ...cursor, topic: undefined }], 'malformed'],
  [[{ ...cursor, topic: 7 }], 'malformed'],
  [[{ ...cursor, epoch: undefined }], 'malformed'],
  [[{ ...cursor, epoch: 7 }], 'malformed'],
  [[{ ...cursor, epoch: 'x'.repeat(65) }], 'malformed'],
  [[{ ...cursor, seq: undefined }], 'malformed'],
  [[{ ...cursor, seq: null }], 'malformed'],
  [[{ ...cursor, seq: '0' }], 'malformed'],
  [[{ ...cursor, seq: -1 }], 'malformed'],
  [[{ ...cursor, seq: 0.5 }], 'malformed'],
  [[{ ...cursor, seq: 2 ** 53 }], 'malformed'],
  [many(TOPICS_PER_REQUEST + 1, (at) => ({ ...cursor, topic: `t${at}` })), 'malformed'],
  [[{ ...cursor, topic: 'a#b' }], 'topic-invalid'],
  [[{ ...cursor, topic: 'user/somebody' }], 'topic-not-allowed'],
  [[cursor, cursor], 'cursor-invalid'],
  [[cursor, { ...cursor, epoch: 'e', seq: 1 }], 'cursor-invalid'],
  [[{ ...cursor, seq: 1 }], 'cursor-invalid'],
];

describe('cursors that are wrong', () => {
  it.each(wrongCursors)('%j → %s', async (cursors, code) => {
    await harmless(async () => {
      const frame = { action: 'readNotifications', cursors };
      expect(await say(attacker, frame)).toMatchObject(refused(code));
      if (cursors === undefined || (Array.isArray(cursors) && cursors.length === 0)) return;
      // Beside topics that are right: those are not subscribed to either.
      const subscribe = { action: 'subscribe', topics: ['beside'], cursors };
      expect(await say(attacker, subscribe)).toMatchObject(refused(code));
    });
  });

  it.each(['0', '-1', '1.5', '"1"', 'null', '1e999', '[]'])(
    'a limit of %s is refused',
    async (limit) => {
      const frame = `{"action":"readNotifications","cursors":[${JSON.stringify(cursor)}],"limit":${limit}}`;
      await harmless(async () =>
        expect(await say(attacker, frame)).toMatchObject(refused('malformed')),
      );
    },
  );

  it('of another epoch and beyond the head: an answer, and no messages', async () => {
    await harmless(async () => {
      for (const [epoch, seq, reason] of [
        ['elsewhere', 0, 'epoch-changed'],
        ['\ud800', 1, 'epoch-changed'],
        [String(attacker.socket.frames.find(({ epoch }) => epoch)?.epoch), 2 ** 53 - 1, 'ahead'],
      ] as const) {
        const frame = { action: 'readNotifications', cursors: [{ topic: 'Pet', epoch, seq }] };
        expect(await say(attacker, frame)).toMatchObject({
          topics: [{ recovered: false, reason }],
        });
      }
    });
  });

  it('a ping with positions of a wrong kind is answered as the plain one, with doubles too', async () => {
    await harmless(async () => {
      for (const positions of [null, 'Pet', [7], [{ ...cursor, seq: -1 }], [cursor, cursor]]) {
        expect(await say(attacker, { type: 'ping', positions })).toMatchObject({ type: 'pong' });
      }
    });
  });
});

describe('authenticate, put wrongly', () => {
  const authenticate = (more: object) => ({
    action: 'authenticate',
    token: attacker.person.token,
    sessionId: 'attacker',
    ...more,
  });

  it.each([
    [{ token: undefined }, 'malformed'],
    [{ token: 7 }, 'malformed'],
    [{ token: 'x'.repeat(TOKEN_CHARACTERS + 1) }, 'malformed'],
    [{ sessionId: undefined }, 'malformed'],
    [{ sessionId: ['attacker'] }, 'malformed'],
    [{ sessionId: '' }, 'session-id-invalid'],
    [{ sessionId: 'x'.repeat(SESSION_ID_CHARACTERS + 1) }, 'session-id-invalid'],
    [{ sessionId: 'a#b' }, 'session-id-invalid'],
    [{ sessionId: 'a b' }, 'session-id-invalid'],
    [{ sessionId: 'a/b' }, 'session-id-invalid'],
    [{ sessionId: '\ud800' }, 'session-id-invalid'],
    [{ v: 2 }, 'unsupported-version'],
    [{ v: '1' }, 'malformed'],
    [{ tenant: 7 }, 'malformed'],
    [{ tenant: '' }, 'tenant-not-allowed'],
    [{ tenant: 'default' }, 'tenant-not-allowed'],
    [{ tenant: `${tenant}#x` }, 'tenant-not-allowed'],
    [{ replaces: 7 }, 'malformed'],
    [{ replaces: '' }, 'malformed'],
    [{ replaces: '\ud800\ud800\ud800\ud800' }, 'malformed'],
    [{ replaces: 'x'.repeat(129) }, 'malformed'],
  ])('%j → %s, bound or not', async (wrong, code) => {
    const pending = await openSocket(url);
    await harmless(async () => {
      for (const socket of [pending, attacker.socket]) {
        expect(await say({ socket }, authenticate(wrong))).toMatchObject(refused(code));
      }
    });
    await pending.close();
  });

  it("a connection stays with its session: neither another's nor another user's id moves it", async () => {
    await harmless(async () => {
      for (const frame of [
        authenticate({ sessionId: 'bystander' }),
        authenticate({ token: publisher.token }),
        authenticate({ token: bystander.person.token, sessionId: 'bystander' }),
      ]) {
        expect(await say(attacker, frame)).toMatchObject(refused('already-authenticated'));
      }
    });
  });

  it("[S0-15] another user's session id and connection id: a session of one's own, and theirs untouched", async () => {
    const person = await newPerson(place, tenant);
    const socket = await openSocket(url);
    const frame = { action: 'authenticate', token: person.token, sessionId: 'bystander' };
    apart.add(person.userId);
    await harmless(async () => {
      const reply = await say({ socket }, { ...frame, replaces: bystander.connectionId });
      expect(reply).toMatchObject({ session: 'new', userId: person.userId });
    });
    expect(bystander.socket.raw.readyState).toBe(bystander.socket.raw.OPEN);
    await socket.close();
  });

  it('who is not authenticated is refused everything but ping', async () => {
    const socket = await openSocket(url);
    await harmless(async () => {
      for (const frame of [
        { action: 'subscribe', topics: ['Pet'] },
        { action: 'subscribe', topics: ['a#b'] },
        { action: 'unsubscribe', topics: ['Pet'] },
        { action: 'readNotifications', cursors: [cursor] },
        { type: 'ping', positions: [cursor] },
        'hello',
      ]) {
        expect(await say({ socket }, frame)).toMatchObject(refused('not-authenticated'));
      }
      expect(await say({ socket }, { type: 'ping' })).toMatchObject({ type: 'pong' });
    });
    await socket.close();
  });
});

describe('frames that API Gateway closes the socket for', () => {
  const aFrame = (bytes: number) =>
    `{"action":"subscribe","topics":["large"],"x":"${'x'.repeat(bytes)}"}`;

  /** One message in frames that are each within the limit. */
  function sendInPieces({ raw }: TestSocket, text: string): void {
    for (let at = 0; at < text.length; at += FRAME_BYTES) {
      const piece = text.slice(at, at + FRAME_BYTES);
      raw.send(piece, { fin: at + FRAME_BYTES >= text.length });
    }
  }

  it.each([
    ['a frame over 32 KB', 1009, ({ socket }: Listener) => socket.send(aFrame(FRAME_BYTES))],
    [
      'a message over 128 KB',
      1009,
      ({ socket }: Listener) => sendInPieces(socket, aFrame(129 * 1024)),
    ],
    ['a binary frame', 1003, ({ socket }: Listener) => socket.send(Buffer.from(aFrame(10)))],
    [
      'text that is no UTF-8',
      1007,
      ({ socket }: Listener) => socket.raw.send(Buffer.from([0xff]), { binary: false }),
    ],
  ])('%s: %i', async (_, code, send) => {
    const person = await newPerson(place, tenant);
    apart.add(person.userId);
    const victim = await listen(person, 'closing');
    await harmless(async () => {
      send(victim);
      expect((await victim.socket.closed).code).toBe(code);
    });
    const { subscriptions = [] } = await readRows(documents, place, person.userId);
    expect(subscriptions.map(({ topic }) => topic)).toEqual([`${tenant}#Pet`]);
  });

  it('a message of several frames, larger than one: refused, and the socket stays', async () => {
    for (const text of [
      aFrame(100 * 1024),
      `{"action":"subscribe","topics":["x"],${keys(12_000)}}`,
    ]) {
      await harmless(async () => {
        const answered = attacker.socket.frames.filter(isAnswer).length;
        sendInPieces(attacker.socket, text);
        await attacker.socket.next(() => attacker.socket.frames.filter(isAnswer).length > answered);
        const answer = attacker.socket.frames.filter(isAnswer)[answered];
        expect(answer).toMatchObject(refused('too-large', { status: 413 }));
      });
    }
  });
});

describe('HTTP operations, put wrongly', () => {
  const read = (body: unknown, headers: Record<string, string> = {}) =>
    callStore(place, attacker.person, 'POST', '/readNotifications', { body, headers });
  const right = { cursors: [cursor] };

  it.each(wrongCursors)('cursors %j → %s', async (cursors, code) => {
    await harmless(async () => expect((await read({ cursors })).body).toMatchObject({ code }));
  });

  it.each([
    ['no body', undefined, 400, 'malformed'],
    ['no JSON', '{', 400, 'malformed'],
    ['an array', '[]', 400, 'malformed'],
    ['null', 'null', 400, 'malformed'],
    ['JSON 5,000 deep', deep(5_000), 400, 'malformed'],
    ['a body over 32 KB', { ...right, x: 'x'.repeat(FRAME_BYTES) }, 413, 'too-large'],
    ['12,000 keys', `{${keys(12_000)}}`, 413, 'too-large'],
    ['its field twice', `{"cursors":[${JSON.stringify(cursor)}],"cursors":7}`, 400, 'malformed'],
    ['its field on the prototype', `{"__proto__":${JSON.stringify(right)}}`, 400, 'malformed'],
    ['a limit of 0', { ...right, limit: 0 }, 400, 'malformed'],
  ])('%s → %i', async (_, body, status, code) => {
    await harmless(async () => expect(await read(body)).toMatchObject({ status, body: { code } }));
  });

  it('fields that it does not know are ignored, and any content type is read as JSON', async () => {
    await harmless(async () => {
      const unknown = { ...right, action: 'subscribe', id: 7, tenant: 'other', userId: 'other' };
      const answer = await read(right);
      expect(answer).toMatchObject({ status: 200, body: { topics: [{ recovered: true }] } });
      expect(await read(unknown)).toEqual(answer);
      for (const type of ['text/plain', 'application/xml', 'application/octet-stream', '']) {
        expect(await read(right, { 'content-type': type })).toEqual(answer);
      }
      const form = await read('cursors=7', { 'content-type': 'application/x-www-form-urlencoded' });
      expect(form).toMatchObject({ status: 400, body: { code: 'malformed' } });
    });
  });

  it.each(['', ' ', 'a#b', 'a b', 'a,b', 'a/b', 'x'.repeat(SESSION_ID_CHARACTERS + 1)])(
    'the header SessionId %j is refused',
    async (SessionId) => {
      await harmless(async () => {
        for (const answer of [
          await read(right, { SessionId }),
          await callStore(place, attacker.person, 'GET', '/pets', { headers: { SessionId } }),
        ]) {
          expect(answer).toMatchObject({ status: 400, body: { code: 'session-id-invalid' } });
        }
      });
    },
  );

  it.each(['', 'other', 'default', `${tenant},other`, `${tenant}#`, 'x'.repeat(65)])(
    'the header X-Tenant %j is refused',
    async (name) => {
      await harmless(async () => {
        expect(await read(right, { 'X-Tenant': name })).toMatchObject({
          status: 403,
          body: { code: 'tenant-not-allowed' },
        });
      });
    },
  );

  it.each([
    ['GET', '/readNotifications'],
    ['PUT', '/readNotifications'],
    ['DELETE', '/readNotifications'],
    ['POST', '/readNotifications/'],
    ['POST', '/READNOTIFICATIONS'],
    ['POST', '/pets'],
    ['DELETE', '/pets/x'],
    ['GET', '/'],
    ['GET', '/pets/a/b'],
  ])('there is no %s %s', async (method, path) => {
    await harmless(async () => {
      const answer = await callStore(place, attacker.person, method, path);
      expect(answer).toEqual({ status: 404, body: { message: 'Not Found' } });
    });
  });

  it.each([
    'a%23b',
    '%00',
    '%ZZ',
    '%2e%2e%2f',
    '%20',
    'x'.repeat(TOPIC_CHARACTERS + 1),
    '%F0%9F%98%80',
  ])('a pet %s is not found', async (petId) => {
    await harmless(async () => {
      for (const [method, body] of [['GET'], ['PUT', { version: 1, price: 1 }]] as const) {
        const answer = await callStore(place, attacker.person, method, `/pets/${petId}`, { body });
        expect(answer).toMatchObject({ status: 404, body: { code: 'not-found' } });
      }
    });
  });

  it.each([
    '{"version":1,"price":1e-200}',
    '{"version":1,"price":0.001}',
    '{"version":1,"price":1e200}',
    '{"version":1,"price":1e999}',
    '{"version":1e999}',
    '{"version":9007199254740993}',
    '{"version":"1"}',
    '{"version":0}',
    '{"version":1,"name":"\\ud800"}',
    '{"version":1,"name":{"toString":1}}',
    '{"version":1,"price":1,"version":"2"}',
    '{"__proto__":{"version":1}}',
  ])('a change %s is refused', async (body) => {
    await harmless(async () => {
      const answer = await callStore(place, attacker.person, 'PUT', `/pets/${pet.petId}`, { body });
      expect(answer).toMatchObject({ status: 400, body: { code: 'malformed' } });
    });
  });
});
