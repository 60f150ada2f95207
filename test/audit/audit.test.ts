import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PLAYER_ITEM, shardKey } from '../../contract/tables.ts';
import { newPerson } from '../support/people.ts';
import { openSocket, type TestSocket } from '../support/socket.ts';
import { startTestStage } from '../support/stage.ts';
import { callStore, newPet } from '../support/store.ts';
import { until } from '../support/until.ts';
import { audit, complaintsOf, GHOSTS_FOR_SECONDS, judge, promises } from './auditor.ts';
import { type Evidence, openEyes } from './evidence.ts';

type Running = Awaited<ReturnType<typeof startTestStage>>;
// biome-ignore lint/suspicious/noExplicitAny: plants break what types promise
type Row = Record<string, any>;

const tenant = `t-${randomUUID()}`;
const TOPIC = `${tenant}#Pet`;
let running: Running;
let socket: TestSocket;
let connectionId: string;
let person: Awaited<ReturnType<typeof newPerson>>;

/** One subscriber, three messages, and somebody who came and went. */
beforeAll(async () => {
  running = await startTestStage({ settings: { 'switchboard:graceSeconds': 1 } });
  const { place } = running;
  const enter = async (who: Pick<typeof person, 'token'>) => {
    const opened = await openSocket(place.outputs.WebSocketUrl ?? '');
    const hello = { action: 'authenticate', token: who.token, sessionId: 'tab' };
    const reply = await opened.ask(hello);
    return { opened, id: String(reply.connectionId) };
  };
  person = await newPerson(place, tenant);
  ({ opened: socket, id: connectionId } = await enter(person));
  await socket.ask({ action: 'subscribe', topics: ['Pet'] });
  const pet = await newPet(place, tenant);
  for (const version of [1, 2, 3]) {
    const body = { version, price: version };
    await callStore(place, person, 'PUT', `/pets/${pet.petId}`, { body });
  }
  await socket.next(({ seq }) => seq === 3);
  const visitor = await newPerson(place, tenant);
  const { opened } = await enter(visitor);
  await opened.close();
  const eyes = openEyes(place);
  await until(async () => {
    const { events } = await eyes.look();
    return events.some(({ type }) => type === 'Player Disconnect') || undefined;
  }, 'the end of the visitor');
  eyes.close();
});
afterAll(async () => {
  await socket.close();
  await running.stop();
});

const numbers = () =>
  socket.frames.filter(({ type }) => type === 'notification').map(({ seq }) => Number(seq));
const heard = () => [{ who: 'tab', topic: TOPIC, from: 0, numbers: numbers() }];

it('finds nothing on a healthy stage', async () => {
  const findings = await audit(running.place, { heard, ghostsForSeconds: 0 });
  expect(complaintsOf(findings)).toEqual([]);
  const checked = findings.filter(({ claim }) => !claim.startsWith('nobody is left'));
  for (const finding of checked)
    expect(finding, finding.claim).toMatchObject({ checked: expect.any(Number) });
  expect(checked.filter((finding) => finding.checked === 0).map(({ claim }) => claim)).toEqual([]);
});

describe('finds', () => {
  let healthy: Evidence;
  beforeAll(async () => {
    const eyes = openEyes(running.place);
    healthy = { ...(await eyes.look()), heard: heard() };
    eyes.close();
  });

  const rowIn = (evidence: Evidence, table: string, isIt: (row: Row) => boolean): Row => {
    const found = (evidence.rows[table] as Row[]).find(isIt);
    return found ?? expect.fail(`no such row in ${table}`);
  };
  const remove = (evidence: Evidence, table: string, row: Row) => {
    const rows = evidence.rows[table] as Row[];
    rows.splice(rows.indexOf(row), 1);
  };
  const ours = (evidence: Evidence, item: string) =>
    rowIn(
      evidence,
      'sessions',
      (row) => row.player === `${tenant}#${person.userId}` && row.item === item,
    );

  // biome-ignore lint/suspicious/noExplicitAny: plants break what types promise
  const mutable = (list: readonly unknown[]) => list as any[];
  const clear = (list: readonly unknown[]) => mutable(list).splice(0);

  /** By a word of the claim: how it is broken. */
  const plants: Readonly<Record<string, (evidence: Evidence) => void>> = {
    'bound connection is an open socket': ({ sockets }) => {
      clear(sockets.open);
      mutable(sockets.ended).push({
        connectionId,
        endedAt: healthy.now - (GHOSTS_FOR_SECONDS + 1) * 1000,
      });
    },
    'open socket is bound': (evidence) => {
      rowIn(evidence, 'connections', (row) => row.connectionId === connectionId).status =
        'DISCONNECTED';
      for (const one of mutable(evidence.sockets.open)) one.openedAt -= 60_000;
    },
    'is a member of its session': (evidence) => {
      ours(evidence, 'session#tab').conns = [];
    },
    'member of a session is a connection bound to it': (evidence) => {
      ours(evidence, 'session#tab').conns.push('AAAAAAAAAAAAAAA=');
    },
    'set is exactly the live sessions': (evidence) => {
      ours(evidence, PLAYER_ITEM).sessions.push('another');
    },
    'nothing that counts has a ttl': (evidence) => {
      ours(evidence, 'topics#tab').ttl = 1_900_000_000;
    },
    'outlives its last connection': (evidence) => {
      const session = ours(evidence, 'session#tab');
      delete session.conns;
      session.detachedAt = Math.round(evidence.now / 1000) - GHOSTS_FOR_SECONDS - 1;
    },
    'has ended is subscribed to nothing': (evidence) => {
      ours(evidence, 'session#tab').state = 'ended';
    },
    'once, in the shard': (evidence) => {
      const isOurs = (row: Row) => row.topic === TOPIC;
      rowIn(evidence, 'subscriptions', isOurs).topic = shardKey(TOPIC, 1);
    },
    'nobody is left': ({ sockets }) => {
      clear(sockets.open);
    },
    'no hole and no double': (evidence) => {
      remove(
        evidence,
        'notifications',
        rowIn(evidence, 'notifications', (row) => row.topic === TOPIC && row.seq === 2),
      );
    },
    'has its number': (evidence) => {
      delete rowIn(evidence, 'notifications', (row) => row.topic === TOPIC && row.seq === 3).seq;
    },
    'handed on each message once': ({ heard: [first] }) => {
      mutable(first?.numbers ?? []).splice(1, 1);
    },
    'versions have no gap': ({ events }) => {
      mutable(events).splice(
        events.findIndex(({ type }) => type === 'Session Connect'),
        1,
      );
    },
    'every transition was told': (evidence) => {
      ours(evidence, PLAYER_ITEM).version += 1;
    },
    'nothing is parked': ({ queues }) => {
      const end = mutable(queues).find(({ isEnd }) => isEnd);
      if (end) end.messages = 1;
    },
    'docs/DATA.md': (evidence) => {
      ours(evidence, 'session#tab').colour = 'red';
    },
    'no secret': (evidence) => {
      (evidence.logs as Record<string, string>)['x.log'] = `answered ${person.token}`;
    },
  };

  it.each(promises.map(({ claim }) => claim))('what breaks: %s', (claim) => {
    const [, plant] = Object.entries(plants).find(([words]) => claim.includes(words)) ?? [];
    const evidence: Evidence = structuredClone(healthy);
    plant?.(evidence);
    const terms = { ghostsForSeconds: GHOSTS_FOR_SECONDS, isEmpty: false };
    const strict = { ghostsForSeconds: 0, isEmpty: true };
    const isStrict = /has ended is|nobody is left/.test(claim);
    const findings = judge(evidence, isStrict ? strict : terms);
    expect(findings.find((finding) => finding.claim === claim)?.broken).toHaveLength(1);
  });
});

it('npm run audit says so for people and for programs', async () => {
  const run = (...args: string[]) =>
    promisify(execFile)(process.execPath, [join(import.meta.dirname, 'run.ts'), ...args]);
  const from = ['--from', running.handoutDirectory];
  const { stdout: lines } = await run(...from);
  expect(lines).toMatch(/✔.*every bound connection is an open socket.*\(1\)/);
  const { stdout: json } = await run(...from, '--json');
  expect(JSON.parse(json)).toHaveLength(promises.length);
  await expect(run('--from', running.place.directory)).rejects.toThrow('No stage answers');
});
