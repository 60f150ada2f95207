import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { Notifications } from '../../contract/protocol.ts';
import {
  type ConnectionRow,
  HEAD_ID,
  type HeadRow,
  type NotificationRow,
  PLAYER_ITEM,
  type PlayerRow,
  type SessionRow,
  sessionItem,
  topicKey,
} from '../../contract/tables.ts';
import type { PetRow } from '../../sample/pet-store/rows.ts';
import { newPerson, operatorDocuments, type Person } from '../support/people.ts';
import type { Place } from '../support/place.ts';
import { type Rows, readRows, rowsOf } from '../support/rows.ts';
import { openSocket, type TestSocket } from '../support/socket.ts';
import { freePortsInARow, type StageProcess, startStageProcess } from '../support/stage-process.ts';
import { callStore, newPet } from '../support/store.ts';
import { until } from '../support/until.ts';

const KILLS = 3;
const PUBLISHERS = 4;
const LISTENERS = 3;
const ANSWERS_BEFORE_A_KILL = 80;
/** The console, two APIs and the AWS endpoint. */
const PORTS = 4;
const tenant = `t-${randomUUID()}`;
const TOPIC = 'Pet';

/** One life of the stage, and the operator's eyes on it. */
interface Here {
  readonly place: Place;
  /** The rows that hold this word. */
  readonly rowsAbout: (word: string) => Promise<Rows>;
}

function look({ place }: StageProcess): Here {
  const documents = operatorDocuments(place);
  return { place, rowsAbout: (word) => readRows(documents, place, word) };
}

/** Somebody who listens, is cut off by each kill and comes back. */
interface Listener {
  readonly person: Person;
  readonly sessionId: string;
  /** What came, live or by cursor: number → the notification's id. */
  readonly heard: Map<number, string>;
  epoch: string | null;
  connectionId?: string;
  socket?: TestSocket;
}

it('kill -9 under load loses nothing that was acknowledged, and everybody goes on', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'switchboard-kill-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const options = {
    port: await freePortsInARow(PORTS),
    dataDirectory: join(folder, 'kept'),
    handoutDirectory: join(folder, 'told'),
  };
  let stage: StageProcess = await startStageProcess(options);
  onTestFinished(() => stage.stop());
  let here = look(stage);
  const { place } = here;

  const publisher = await newPerson(place, tenant);
  const pets = await Promise.all(Array.from({ length: PUBLISHERS }, () => newPet(place, tenant)));
  /** By pet: the version that the latest answer acknowledged. */
  const acknowledged = new Map(pets.map(({ petId, version }) => [petId, version]));
  const listeners = await Promise.all(
    Array.from({ length: LISTENERS }, async (_, at): Promise<Listener> => {
      const person = await newPerson(place, tenant);
      return { person, sessionId: `tab-${at}`, heard: new Map(), epoch: null };
    }),
  );
  await Promise.all(listeners.map((listener) => enter(here, listener, 'new')));
  const left: Person[] = [];
  const gone: string[] = [];

  for (let kill = 1; kill <= KILLS; kill += 1) {
    const publishing = Promise.all(
      pets.map((pet) => publishUntilCutOff(here, publisher, pet, acknowledged)),
    );
    const before = total(acknowledged);
    await until(
      () => (total(acknowledged) - before > ANSWERS_BEFORE_A_KILL ? true : undefined),
      'the load',
    );
    // Its grace time outlasts the later kills as well.
    if (kill === 1) left.push(await comeAndGo(here));
    gone.push(await comeAndSayNothing(here));
    await stage.kill();
    await publishing;
    await Promise.all(listeners.map(({ socket }) => socket?.closed));

    stage = await startStageProcess(options);
    here = look(stage);
    // One of them cannot name the connection that it had: the next message finds it gone.
    gone.push(String(listeners[0]?.connectionId));
    delete listeners[0]?.connectionId;
    await Promise.all(listeners.map((listener) => enter(here, listener, 'resumed')));
    for (const { petId } of pets) await publishOne(here, publisher, petId, acknowledged);

    const rows = await allStamped(here);
    const numbers = notificationsOf(rows).map(({ seq }) => seq);
    expect(numbers).toEqual(numbers.map((_, at) => at + 1));
    for (const { petId } of pets) {
      const versions = notificationsOf(rows)
        .map(({ payload }) => JSON.parse(payload ?? '') as PetRow)
        .filter((change) => change.petId === petId)
        .map(({ version }) => version);
      expect(versions.sort((a, b) => a - b)).toEqual(versions.map((_, at) => at + 2));
      expect(versions.length + 1).toBe(acknowledged.get(petId));
    }
    const ids = new Map(notificationsOf(rows).map(({ seq, id }) => [seq, id]));
    for (const { heard } of listeners) {
      await until(() => (heard.size === ids.size ? true : undefined), 'every message');
      expect(new Map([...heard].sort(([a], [b]) => a - b))).toEqual(ids);
    }
  }

  for (const connectionId of gone) await untilDisconnected(here, connectionId);
  for (const { person } of listeners) {
    const rows = await here.rowsAbout(person.userId);
    const player = rowsOf<PlayerRow>(rows, 'sessions').find(({ item }) => item === PLAYER_ITEM);
    // Always back within the grace time: the one session that began never ended.
    expect(player).toMatchObject({ version: 1 });
  }
  for (const { userId } of left) {
    await until(
      async () => {
        const rows = rowsOf<SessionRow>(await here.rowsAbout(userId), 'sessions');
        const session = rows.find(({ item }) => item === sessionItem('left'));
        return session?.state === 'ended' || undefined;
      },
      'the end of a session that was left before the kill',
      60_000,
    );
  }
}, 180_000);

/** Comes (again) with the same session, and reads what was missed; what it is subscribed to stands already. */
async function enter(
  { place }: Here,
  listener: Listener,
  expected: 'new' | 'resumed',
): Promise<void> {
  const { person, sessionId, heard } = listener;
  const socket = await openSocket(place.outputs.WebSocketUrl ?? '');
  socket.raw.on('message', () => {
    const { type, seq, id, epoch } = socket.frames.at(-1) ?? {};
    if (type !== 'notification') return;
    listener.epoch = String(epoch);
    note(heard, Number(seq), String(id));
  });
  const { token } = person;
  const instead = listener.connectionId && { replaces: listener.connectionId };
  const session = { action: 'authenticate', token, sessionId, ...instead };
  const reply = await socket.ask(session);
  expect(reply).toMatchObject({ type: 'authenticated', session: expected });
  listener.connectionId = String(reply.connectionId);
  listener.socket = socket;
  if (expected === 'new') {
    await socket.ask({ action: 'subscribe', topics: [TOPIC] });
    return;
  }
  let seq = contiguous(heard);
  for (let more = true; more; ) {
    const cursors = [{ topic: TOPIC, epoch: listener.epoch, seq }];
    const { topics } = (await socket.ask({
      action: 'readNotifications',
      cursors,
      limit: 50,
    })) as unknown as Notifications;
    const [fill] = topics;
    if (!fill?.recovered) throw new Error(`Not recovered: ${JSON.stringify(fill)}`);
    for (const message of fill.messages) if ('id' in message) note(heard, message.seq, message.id);
    ({ next: seq, more } = fill);
  }
}

/** A number stays one message's, however often and by whatever way it comes. */
function note(heard: Map<number, string>, seq: number, id: string): void {
  expect(heard.get(seq) ?? id).toBe(id);
  heard.set(seq, id);
}

/** The last number of those that came without a hole. */
function contiguous(heard: ReadonlyMap<number, string>): number {
  let seq = 0;
  while (heard.has(seq + 1)) seq += 1;
  return seq;
}

async function publishUntilCutOff(
  here: Here,
  person: Person,
  { petId }: PetRow,
  acknowledged: Map<string, number>,
): Promise<void> {
  try {
    for (;;) await publishOne(here, person, petId, acknowledged);
  } catch (fault) {
    // What `fetch` throws when the other side is gone.
    if (!(fault instanceof TypeError)) throw fault;
  }
}

async function publishOne(
  { place }: Here,
  person: Person,
  petId: string,
  acknowledged: Map<string, number>,
): Promise<void> {
  let version = acknowledged.get(petId) ?? 0;
  for (;;) {
    const body = { version, price: version };
    const answer = await callStore(place, person, 'PUT', `/pets/${petId}`, { body });
    if (answer.status === 200) {
      acknowledged.set(petId, Number(answer.body.version));
      return;
    }
    // The one before the kill was committed, and its answer got lost.
    expect(answer).toMatchObject({ status: 409, body: { code: 'lost-race' } });
    const { body: now } = await callStore(place, person, 'GET', `/pets/${petId}`);
    expect(now.version).toBe(version + 1);
    version += 1;
  }
}

const untilDisconnected = ({ rowsAbout }: Here, connectionId: string) =>
  until(async () => {
    const [row] = rowsOf<ConnectionRow>(await rowsAbout(connectionId), 'connections');
    return row?.status === 'DISCONNECTED' || undefined;
  }, `the end of ${connectionId}`);

/** A session whose only connection has just left: its check is under way, somewhere, when the kill comes. */
async function comeAndGo(here: Here): Promise<Person> {
  const person = await newPerson(here.place, tenant);
  const socket = await openSocket(here.place.outputs.WebSocketUrl ?? '');
  const session = { action: 'authenticate', token: person.token, sessionId: 'left' };
  const { connectionId } = await socket.ask(session);
  await socket.close();
  await untilDisconnected(here, String(connectionId));
  return person;
}

/** A socket that never authenticates: its reaper waits in the queue when the kill comes. */
async function comeAndSayNothing({ place, rowsAbout }: Here): Promise<string> {
  const pending = async () =>
    rowsOf<ConnectionRow>(await rowsAbout('"PENDING"'), 'connections').map(
      ({ connectionId }) => connectionId,
    );
  const before = await pending();
  await openSocket(place.outputs.WebSocketUrl ?? '');
  const [fresh = 'none'] = (await pending()).filter((id) => !before.includes(id));
  return fresh;
}

function notificationsOf(rows: Rows): NotificationRow[] {
  return rowsOf<NotificationRow>(rows, 'notifications')
    .filter(({ id }) => id !== HEAD_ID)
    .sort((a, b) => (a.seq ?? 0) - (b.seq ?? 0));
}

/** All of the tenant's rows, once every message has its number and the head agrees. */
const allStamped = ({ rowsAbout }: Here): Promise<Rows> =>
  until(async () => {
    const rows = await rowsAbout(topicKey(tenant, TOPIC));
    const head = rowsOf<HeadRow>(rows, 'notifications').find(({ id }) => id === HEAD_ID);
    const messages = notificationsOf(rows);
    const isWhole = messages.every(({ seq }) => seq !== undefined);
    return isWhole && head?.head === messages.length ? rows : undefined;
  }, 'the number of every message');

const total = (versions: ReadonlyMap<string, number>): number =>
  [...versions.values()].reduce((sum, version) => sum + version, 0);
