import { generateKeyPairSync, randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refusals } from '../../contract/refusals.ts';
import { type ConnectionRow, playerKey } from '../../contract/tables.ts';
import { inParallel } from '../../lambdas/platform/parallel.ts';
import type { TraceEvent } from '../../local/service.ts';
import type { Stage } from '../../local/stage.ts';
import { oddRows } from '../support/layout.ts';
import { type Change, openMint } from '../support/mint.ts';
import { type Known, oddFrames } from '../support/odd-frames.ts';
import { newPerson, operatorDocuments, type Person } from '../support/people.ts';
import type { Place } from '../support/place.ts';
import { readRows, rowsOf } from '../support/rows.ts';
import { type Frame, openSocket } from '../support/socket.ts';
import { startTestStage } from '../support/stage.ts';
import { callStore, newPet } from '../support/store.ts';

/** `SEED=… FRAMES=… npx vitest run test/stages/hostile-clients` repeats a run, or makes a longer one. */
const SEED = Number(process.env.SEED ?? Date.now() % 2 ** 31);
const FRAMES = Number(process.env.FRAMES ?? 10_000);
const LANES = 6;
const ROUND = 1_000;
/** Stands in a frame for the token of whoever sends it. */
const OWN_TOKEN = 'own-token';

let place: Place;
let stage: Stage;
let stop: () => Promise<void>;
let remint: ReturnType<typeof openMint>;
let documents: ReturnType<typeof operatorDocuments>;
const defects: TraceEvent[] = [];

beforeAll(async () => {
  ({ place, stage, stop } = await startTestStage());
  remint = openMint(stage, place.outputs.UserPoolId ?? '');
  documents = operatorDocuments(place);
  stage.context.trace.follow((event) => {
    if (isDefect(event)) defects.push(event);
  });
});
afterAll(() => stop());

/** A function that failed, or said so; an answer that the gateway had to give in a function's place. */
function isDefect({ kind, what, outcome }: TraceEvent): boolean {
  if (kind === 'log') return /"level":"(?:ERROR|FATAL)"|\.failed/.test(outcome);
  return (kind === 'invoke' || (kind === 'frame' && what === '$default')) && outcome !== 'ok';
}

const rowsOfUser = (userId: string) => readRows(documents, place, userId);

describe('tokens', () => {
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const now = Math.floor(Date.now() / 1000);
  const changes: readonly (readonly [what: string, change: Change])[] = [
    ['has no exp', { claims: { exp: undefined } }],
    ['has an exp that is no number', { claims: { exp: 'tomorrow' } }],
    ['has an exp that is null', { claims: { exp: null } }],
    ['has no sub', { claims: { sub: undefined } }],
    ['has an empty sub', { claims: { sub: '' } }],
    ['has a sub that would part a key', { claims: { sub: 'a#b' } }],
    ['has a sub without end', { claims: { sub: 'x'.repeat(129) } }],
    ['is an id token by its use', { claims: { token_use: 'id' } }],
    ['has no use', { claims: { token_use: undefined } }],
    ['was made for another client', { claims: { client_id: 'other' } }],
    ['was made for nobody', { claims: { client_id: undefined } }],
    [
      'comes from another pool',
      { claims: { iss: 'https://cognito-idp.us-east-1.amazonaws.com/us-east-1_other' } },
    ],
    ['comes from nowhere', { claims: { iss: undefined } }],
    ['is not valid yet', { claims: { nbf: now + 3600 } }],
    ['is signed by somebody else', { key: other }],
    [
      'is signed by somebody else, under a name of their own',
      { key: other, header: { kid: 'theirs' } },
    ],
    ['names no key', { header: { kid: undefined } }],
    ['names a key that is no name', { header: { kid: 7 } }],
    ['says that it is not signed', { header: { alg: 'none' } }],
    ['says that a shared secret signed it', { header: { alg: 'HS256' } }],
  ];

  async function isRefused(person: Person, token: string, code: string): Promise<void> {
    const before = await rowsOfUser(person.userId);
    const socket = await openSocket(place.outputs.WebSocketUrl ?? '');
    const reply = await socket.ask({ action: 'authenticate', token, sessionId: 'tab' });
    expect(reply).toMatchObject({ type: 'refused', code, status: 401 });
    expect(await rowsOfUser(person.userId)).toEqual(before);
    const overHttp = { body: { cursors: [{ topic: 'Pet', epoch: null, seq: 0 }] } };
    const answer = await callStore(place, { token }, 'POST', '/readNotifications', overHttp);
    expect(answer.status).toBe(401);
    // The same socket with the token as it was: the refused one has left nothing behind.
    const { token: right } = person;
    const session = { action: 'authenticate', token: right, sessionId: randomUUID() };
    expect(await socket.ask(session)).toMatchObject({ type: 'authenticated' });
    await socket.close();
  }

  it.each([now - 1, 1])('[S3-10] one that expired at %i is refused as expired', async (exp) => {
    const person = await newPerson(place);
    await isRefused(person, remint(person.token, { claims: { exp } }), 'token-expired');
  });

  it.each(changes)('[S3-10] one that %s is refused, over socket and HTTP', async (_, change) => {
    const person = await newPerson(place);
    await isRefused(person, remint(person.token, change), 'token-invalid');
  });

  it.each([
    ['of two parts', ([head, claims]: string[]) => `${head}.${claims}`],
    ['of four parts', (parts: string[]) => [...parts, 'x'].join('.')],
    ['without a signature', ([head, claims]: string[]) => `${head}.${claims}.`],
    ['whose claims are no JSON', ([head, , signature]: string[]) => `${head}.eA.${signature}`],
    ['whose claims are null', ([head, , signature]: string[]) => `${head}.bnVsbA.${signature}`],
    ['whose head is an array', ([, claims, signature]: string[]) => `W10.${claims}.${signature}`],
    ['that is empty', () => ''],
  ])('one %s is refused', async (_, damage) => {
    const person = await newPerson(place);
    await isRefused(person, damage(person.token.split('.')), 'token-invalid');
  });

  it('a true one, made the same way, is taken', async () => {
    const person = await newPerson(place);
    const socket = await openSocket(place.outputs.WebSocketUrl ?? '');
    const token = remint(person.token, { claims: { exp: now + 60 } });
    const reply = await socket.ask({ action: 'authenticate', token, sessionId: 'tab' });
    expect(reply).toMatchObject({ type: 'authenticated', expiresAt: now + 60 });
    await socket.close();
  });

  it('no function took any of them for a defect', () => expect(defects).toEqual([]));
});

describe(`${FRAMES} generated frames (SEED=${SEED})`, () => {
  /** Sends frames on a socket of its own, one after the other, and opens another when one was closed. */
  interface Lane {
    readonly token: string;
    send(text: string): Promise<void>;
    end(): Promise<void>;
  }

  const types = ['authenticated', 'subscribed', 'unsubscribed', 'notifications', 'pong', 'ack'];

  function judge(text: string, answer: Frame | undefined): void {
    const { type, code, status } = answer ?? {};
    const isKnown =
      type === 'refused'
        ? refusals[code as keyof typeof refusals]?.status === status
        : types.includes(String(type));
    if (!isKnown) {
      throw new Error(`SEED=${SEED}: ${JSON.stringify(answer)} answers ${JSON.stringify(text)}`);
    }
  }

  /** A socket that counts: looking through all of its frames for each of its answers takes too long. */
  async function openCounting() {
    const socket = await openSocket(place.outputs.WebSocketUrl ?? '');
    const answers: Frame[] = [];
    let heard = () => {};
    socket.raw.on('message', () => {
      const frame = socket.frames.at(-1);
      if (frame?.type === 'notification') return;
      answers.push(frame ?? {});
      heard();
    });
    const ask = async (text: string): Promise<Frame | undefined> => {
      const sent = answers.length;
      const answered = new Promise<void>((resolve) => {
        heard = resolve;
      });
      socket.send(text);
      await Promise.race([answered, socket.closed]);
      return answers[sent];
    };
    return { ...socket, answers, ask };
  }

  function openLane(person: Person, isBound: boolean): Lane {
    let socket: Awaited<ReturnType<typeof openCounting>> | undefined;
    let sent = 0;

    async function open() {
      const opened = await openCounting();
      sent = 0;
      if (!isBound) return opened;
      const { token } = person;
      const session = { action: 'authenticate', token, sessionId: 'bound' };
      judge('authenticate', await opened.ask(JSON.stringify(session)));
      sent += 1;
      return opened;
    }

    /** One frame and its one answer; or none, from a socket that was closed meanwhile. */
    async function exchange(by: Awaited<ReturnType<typeof openCounting>>, text: string) {
      expect(by.answers, `SEED=${SEED}: before ${text}`).toHaveLength(sent);
      const answer = await by.ask(text);
      if (answer) {
        judge(text, answer);
        sent += 1;
        return;
      }
      // The reaper's, or the third refused token's; a bound socket is closed by nobody.
      const { code } = await by.closed;
      expect({ isBound, code }, `SEED=${SEED}: ${text}`).toEqual({ isBound: false, code: 1000 });
    }

    return {
      token: person.token,
      async send(text) {
        // A socket that never authenticates has five seconds, and one that does is a bound one from then on.
        if (!isBound && sent > 30) await this.end();
        if (socket?.raw.readyState !== WebSocket.OPEN) socket = await open();
        await exchange(socket, text);
      },
      async end() {
        // What is answered after everything else shows that nothing else came.
        if (socket?.raw.readyState === WebSocket.OPEN) await exchange(socket, '{"type":"ping"}');
        expect(socket?.answers ?? []).toHaveLength(socket ? sent : 0);
        await socket?.close();
        socket = undefined;
      },
    };
  }

  it('each has one answer that the protocol knows, and nobody else feels any of them', async () => {
    const tenant = `t-${randomUUID()}`;
    const people = await inParallel([...Array(LANES + 1).keys()], 3, () =>
      newPerson(place, tenant),
    );
    const [publisher, ...attackers] = people as [Person, ...Person[]];
    const pet = await newPet(place, tenant);
    const bystander = await openSocket(place.outputs.WebSocketUrl ?? '');
    const { token, userId } = publisher;
    const session = { action: 'authenticate', token, sessionId: 'bystander' };
    const { connectionId } = await bystander.ask(session);
    await bystander.ask({ action: 'subscribe', topics: ['Pet'] });

    const known: Known = {
      tokens: [
        ...Array<string>(6).fill(OWN_TOKEN),
        ...attackers.slice(0, 3).map(({ token }) => token),
        attackers[0]?.idToken ?? '',
        remint(token, { claims: { exp: 1 } }),
        'x.y.z',
      ],
      sessionIds: ['bound', 'bound', 'bound', 'bystander', 'a', 'b', 'a#b', ''],
      connectionIds: [String(connectionId), 'PJqB0fHsqRcCHlw=', 'x', '', '\ud800'],
      topics: [
        'Pet',
        'Pet',
        'Pet',
        'Toy',
        'Toy',
        'a/b',
        `user/${userId}`,
        `user/${attackers[0]?.userId}/x`,
        'a#b',
      ],
    };
    const frames = fc.sample(oddFrames(known), { seed: SEED, numRuns: FRAMES });
    const lanes = attackers.map((person, at) => openLane(person, at < LANES - 2));

    for (let from = 0, version = 1; from < FRAMES; from += ROUND, version += 1) {
      const queue = frames.slice(from, from + ROUND).values();
      await Promise.all(
        lanes.map(async (lane) => {
          for (const text of queue) await lane.send(text.replaceAll(OWN_TOKEN, lane.token));
        }),
      );
      const body = { version, price: version };
      await callStore(place, publisher, 'PUT', `/pets/${pet.petId}`, { body });
      await bystander.next(({ seq, type }) => type === 'notification' && seq === version);
    }
    await Promise.all(lanes.map((lane) => lane.end()));
    expect(bystander.frames.filter(({ type }) => type === 'notification')).toHaveLength(
      Math.ceil(FRAMES / ROUND),
    );
    expect(bystander.raw.readyState).toBe(bystander.raw.OPEN);

    const rows = await readRows(documents, place);
    expect(oddRows(rows)).toEqual([]);
    const untouched = rowsOf<ConnectionRow>(rows, 'connections').find(
      (row) => row.connectionId === connectionId,
    );
    expect(untouched).toMatchObject({ status: 'CONNECTED', userId, sessionId: 'bystander' });
    const players = rowsOf<{ player: string }>(rows, 'sessions').map(({ player }) => player);
    const expected = people.map(({ userId }) => playerKey(tenant, userId));
    expect(players.filter((player) => player.startsWith(tenant))).toSatisfy((all: string[]) =>
      all.every((player) => expected.includes(player)),
    );
    await bystander.close();
  }, 120_000);

  it('no function logged a defect', () => expect(defects).toEqual([]));
});
