import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { RETENTION_SECONDS } from '../../contract/limits.ts';
import type { Accepted } from '../../contract/protocol.ts';
import { topicKey } from '../../contract/tables.ts';
import { type Published, type PublishReach, publish } from '../../lambdas/flows/publish.ts';
import type { Standing } from '../../local/gates/gates.ts';
import type { Wish } from '../../local/gates/read-gate.ts';
import { audit, complaintsOf, GHOSTS_FOR_SECONDS, isClean } from '../audit/auditor.ts';
import { openEyes } from '../audit/evidence.ts';
import { type Random, randomOf } from '../explore/random.ts';
import { newPerson, operatorDocuments, type Person } from '../support/people.ts';
import type { Place } from '../support/place.ts';
import { openSocket, type TestSocket } from '../support/socket.ts';
import { type Client, openClient } from './client.ts';
import { type Control, openControl } from './control.ts';

/** What a case works with: a tenant of its own on a stage that may be anybody's. */
export interface Torture {
  readonly place: Place;
  readonly control: Control;
  readonly random: Random;
  readonly tenant: string;
  /** How much of a case that is the same again and again is run. */
  readonly share: number;
  person(): Promise<Person>;
  client(options?: ClientOptions): Promise<Client>;
  /** So many, one person each ten. */
  clients(count: number, options?: ClientOptions): Promise<Client[]>;
  /** A socket by hand; it is closed when the case is over. */
  socket(): Promise<TestSocket>;
  /** Publishes until it is done, once. */
  publish(topics: string | readonly string[], options?: PublishOptions): Promise<void>;
  gate(wish: Wish): Promise<Standing>;
  /** Counts a fault that no gate makes. */
  fault(kind: string, count?: number): void;
  /** Moves time on, once no function has a message in its hands: for that, time would have jumped. */
  advance(ms: number): Promise<void>;
  /** Every client is at the head of every topic; heartbeats find what was lost quietly. */
  caughtUp(): Promise<void>;
}

export interface ClientOptions {
  readonly person?: Person;
  readonly sessionId?: string;
  readonly topics?: readonly string[];
  readonly accepts?: readonly Accepted[];
  readonly remembers?: boolean;
}

export interface PublishOptions {
  readonly id?: string;
  readonly payload?: unknown;
  readonly origin?: { readonly userId: string; readonly sessionId: string };
}

/** What a run came to. */
export interface Tally {
  published: number;
  expected: number;
  lost: number;
  duplicated: number;
  rawDuplicates: number;
  resumes: number;
  readonly faults: Map<string, number>;
}

export const newTally = (): Tally => ({
  ...{ published: 0, expected: 0, lost: 0, duplicated: 0, rawDuplicates: 0, resumes: 0 },
  faults: new Map(),
});

export interface Case {
  readonly name: string;
  /** `npm run torture` runs all of them; `npm test` has about a minute for this. */
  readonly inNpmTest?: true;
  run(torture: Torture): Promise<void>;
}

export interface Settings {
  readonly place: Place;
  readonly seed: number;
  readonly share: number;
  readonly tally?: Tally;
  /** So long clients may take to catch up, and the audit to come out clean. @default a minute, and ten seconds */
  readonly patienceMs?: number;
}

const MINUTE = 60_000;
const CAUGHT_UP_WITHIN_MS = 60_000;
/** What is held at a gate stays in its function's hands. */
const QUIET_WITHIN_MS = 3_000;

/**
 * Runs one case, lets its clients catch up, and holds the stage to its promises: before any sweep, and when
 * everybody has gone and all that AWS does by itself has been done. Throws what is wrong.
 */
export async function runCase(one: Case, settings: Settings): Promise<void> {
  const { place, seed, share, tally = newTally(), patienceMs } = settings;
  const control = await openControl(place);
  const documents = operatorDocuments(place);
  const tenant = `t-${randomUUID()}`;
  const clients: Client[] = [];
  const sockets: TestSocket[] = [];
  const persons: Person[] = [];
  const heads = new Map<string, number>();
  const reach = {
    documents,
    tables: { notifications: { name: place.outputs.NotificationsTableName, rights: {} } },
    retentionSeconds: RETENTION_SECONDS,
  } as unknown as PublishReach;

  const heard = () => clients.flatMap((client) => client.heard());
  const secrets = () =>
    Object.fromEntries(
      persons.flatMap(({ userName, password, token }) => [
        [`the password of ${userName}`, password],
        [`the token of ${userName}`, token],
      ]),
    );
  const count = (kind: string, times = 1) =>
    tally.faults.set(kind, (tally.faults.get(kind) ?? 0) + times);
  const isBehind = ({ topic, from, numbers }: ReturnType<typeof heard>[number]) =>
    from + numbers.length < (heads.get(topic) ?? 0);

  const eyes = openEyes(place);
  const advance = async (ms: number) => {
    const end = performance.now() + QUIET_WITHIN_MS;
    while (performance.now() < end && (await eyes.inFlight()) > 0) await pause(20);
    await control.advance(ms);
  };

  const torture: Torture = {
    place,
    control,
    tenant,
    share,
    random: randomOf(seed, one.name),
    async person() {
      const person = await newPerson(place, tenant);
      persons.push(person);
      return person;
    },
    async client(options = {}) {
      const { person = await torture.person(), sessionId = `s-${clients.length}` } = options;
      const { topics = [], accepts, remembers } = options;
      const client = openClient({ place, tenant, person, sessionId, accepts, remembers });
      clients.push(client);
      await client.subscribe(...topics);
      return client;
    },
    async clients(number, options) {
      const PER_PERSON = 10;
      const owners = await Promise.all(
        Array.from({ length: Math.ceil(number / PER_PERSON) }, () => torture.person()),
      );
      return Promise.all(
        Array.from({ length: number }, (_, at) =>
          torture.client({
            ...options,
            sessionId: `s-${at}`,
            person: owners[Math.floor(at / PER_PERSON)],
          }),
        ),
      );
    },
    async socket() {
      const socket = await openSocket(String(place.outputs.WebSocketUrl));
      sockets.push(socket);
      return socket;
    },
    async publish(topics, { id = randomUUID(), payload = { id }, origin } = {}) {
      const all = [topics].flat();
      const publication = { tenant, topics: all, payload, id, origin };
      for (;;) {
        const done: Published | undefined = await publish(reach, {
          ...publication,
          now: control.now(),
        }).catch(() => undefined);
        if (done?.isDone) break;
        await pause(20);
      }
      tally.published += 1;
      for (const topic of all) {
        const key = topicKey(tenant, topic);
        heads.set(key, (heads.get(key) ?? 0) + 1);
      }
    },
    async gate(wish) {
      return control.close(wish);
    },
    fault: count,
    advance,
    async caughtUp() {
      const end = performance.now() + (patienceMs ?? CAUGHT_UP_WITHIN_MS);
      await Promise.all(clients.map((client) => client.settled()));
      while (heard().some(isBehind)) {
        if (performance.now() > end) return;
        await pause(100);
        const behind = clients.filter((client) => client.heard().some(isBehind));
        await Promise.all(behind.map((client) => client.ping()));
      }
    },
  };

  const openGates = async () => {
    for (const gate of await control.openAll()) {
      if (gate.matched === 0 || (gate.acted === 0 && gate.chance === 1))
        throw new Error(`The gate ${JSON.stringify(gate)} met nothing.`);
      const when = gate.when === 'after' ? ', though done' : '';
      count(`${gate.at} ${gate.do}${when}`, gate.acted);
    }
  };

  try {
    await one.run(torture);
    await openGates();
    await torture.caughtUp();
    const before = await audit(place, { heard, secrets: secrets(), withinMs: patienceMs });
    for (const { topic, from, numbers } of heard()) {
      const head = heads.get(topic) ?? 0;
      tally.expected += head - from;
      tally.lost += Math.max(0, head - from - new Set(numbers).size);
      tally.duplicated += numbers.length - new Set(numbers).size;
    }
    const impossible = clients.flatMap((client) => client.tally().impossible);
    for (const client of clients) {
      tally.resumes += client.tally().resumes;
      tally.rawDuplicates += client.tally().rawDuplicates;
    }
    const wrong = [...impossible, ...complaintsOf(before)];
    if (wrong.length > 0) throw new Error(`Before the sweep:\n${wrong.join('\n')}`);
  } finally {
    await control.openAll();
    await Promise.all(clients.map((client) => client.leave()));
    await Promise.all(sockets.map((socket) => socket.close()));
  }
  await sweepUp(place, advance, secrets());
  eyes.close();
  documents.destroy();
}

/** Moves time on, a minute at a time, until nobody is left; no longer than a ghost may last. */
async function sweepUp(
  place: Place,
  advance: Torture['advance'],
  secrets: Readonly<Record<string, string>>,
): Promise<void> {
  const terms = { ghostsForSeconds: 0, isEmpty: true, secrets };
  for (let minutes = 0; ; minutes += 1) {
    const isLast = minutes * 60 > GHOSTS_FOR_SECONDS;
    const findings = await audit(place, { ...terms, withinMs: isLast ? 10_000 : 700 });
    if (isClean(findings)) return;
    if (isLast) throw new Error(`After the sweep:\n${complaintsOf(findings).join('\n')}`);
    await advance(MINUTE);
  }
}
