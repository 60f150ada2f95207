import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { ListQueuesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { ParkedAnswer } from '../../contract/connection-manager.ts';
import type { DeliveryPage } from '../../contract/internal.ts';
import { topicKey } from '../../contract/tables.ts';
import { newPerson, operatorOptions } from '../support/people.ts';
import { openSocket } from '../support/socket.ts';
import { until } from '../support/until.ts';

const place = inject('place');
const script = resolve(import.meta.dirname, '../../bin/switchboard.ts');
let folder: string;
let outputs: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'switchboard-cli-'));
  outputs = join(folder, 'outputs.json');
  // As the stage hands it out: what it is, and how to reach it.
  writeFileSync(outputs, JSON.stringify({ Everything: place.outputs }));
  const lines = Object.entries(place.environment).map(
    ([name, value]) => `export ${name}='${value}'`,
  );
  writeFileSync(join(folder, 'env'), lines.join('\n'));
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Said {
  readonly code: number;
  readonly out: string;
  readonly errors: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any shape.
  readonly json: any;
}

/** The command as an operator types it, in a process of its own. */
function type(...args: readonly string[]): Promise<Said> {
  return new Promise((done) => {
    const { PATH = '', HOME = '' } = process.env;
    const options = { env: { PATH, HOME } };
    execFile(process.execPath, [script, ...args], options, (error, out, errors) => {
      done({
        code: error ? Number(error.code) : 0,
        out,
        errors,
        get json() {
          if (out) return JSON.parse(out);
          throw new Error(`${args.join(' ')} answered nothing, but: ${errors}`);
        },
      });
    });
  });
}
const ask = (...args: readonly string[]) => type(...args, '--outputs', outputs, '--json');

async function come(sessionId = 'tab') {
  const tenant = `t-${randomUUID()}`;
  const person = await newPerson(place, tenant);
  const socket = await openSocket(place.outputs.WebSocketUrl ?? '');
  const authenticate = { action: 'authenticate', token: person.token, sessionId };
  const connectionId = String((await socket.ask(authenticate)).connectionId);
  return { socket, connectionId, tenant, userId: person.userId };
}

describe('connections, sessions, users', () => {
  it('[S2-01] [S2-10] are listed, looked at, tested and dropped', async () => {
    const { socket, connectionId, tenant, userId } = await come();
    const listed = await ask('connections', 'ls', '--user', userId);
    expect(listed).toMatchObject({ code: 0, json: { count: 1, connections: [{ connectionId }] } });
    expect((await ask('connections', 'ls')).json.connections).toContainEqual(
      listed.json.connections[0],
    );
    expect((await ask('connections', 'test', connectionId)).json).toMatchObject({ isOpen: true });
    expect((await ask('sessions', 'ls', '--user', userId, '--tenant', tenant)).json).toMatchObject({
      sessions: [{ sessionId: 'tab', state: 'live', connections: connectionId }],
    });
    expect((await ask('users', 'get', userId, '--tenant', tenant)).json).toMatchObject({
      isOnline: true,
      sessionIds: ['tab'],
    });
    const dropped = await type('connections', 'drop', connectionId, '--outputs', outputs);
    expect(dropped).toMatchObject({ code: 0, out: `${connectionId} is closed.\n` });
    await socket.closed;
    expect((await ask('connections', 'get', connectionId)).json).toMatchObject({
      status: 'DISCONNECTED',
    });
    const { lines } = (await ask('audit', 'ls', '--target', `connection#${connectionId}`)).json;
    expect(lines).toMatchObject([{ outcome: 'begun' }, { outcome: 'done' }]);
    expect(lines[0].actor).toMatch(/ \(command line\)$/);
  });

  it('a session, and a user on every device, are dropped whole', async () => {
    const { socket, tenant, userId } = await come();
    const whose = ['--user', userId, '--session', 'tab', '--tenant', tenant];
    expect((await ask('sessions', 'drop', ...whose)).json.dropped).toHaveLength(1);
    await socket.closed;
    const life = (await ask('sessions', 'get', ...whose)).json;
    expect(life.session).toMatchObject({ sessionId: 'tab' });
    expect(life.moments.map(({ what }: { what: string }) => what)).toContain('session.bound');
    const other = await come();
    const answer = await ask('users', 'drop', other.userId, '--tenant', other.tenant);
    expect(answer.json).toMatchObject({ droppedCount: 1 });
    await other.socket.closed;
  });
});

describe('topics, publish, invite', () => {
  it('a message is published, and its topic counted', async () => {
    const { socket, tenant } = await come();
    await socket.ask({ action: 'subscribe', topics: ['news'] });
    const { json } = await ask('publish', 'news', '{"a":1}', '--tenant', tenant);
    const heard = await socket.next(({ type }) => type === 'notification');
    expect(heard).toMatchObject({ id: json.notificationId, topic: 'news', payload: { a: 1 } });
    const news = { tenant, topic: 'news', head: 1 };
    expect((await ask('topics', 'get', 'news', '--tenant', tenant)).json).toMatchObject({
      ...news,
      subscribers: 1,
    });
    const { topics } = (await ask('topics', 'ls', '--tenant', tenant)).json;
    // Beside it stands Online, on which the sample tells who is there.
    expect(topics).toContainEqual(expect.objectContaining(news));
    await socket.close();
  });

  it('[S0-05] an invitation is made, and its code told once', async () => {
    const { json } = await ask('invite', 'create', '--days', '3');
    expect(json.inviteCode).toMatch(/^[\dA-Z]{4}(-[\dA-Z]{4}){3}$/);
    const days = (Date.parse(json.expiresAt) - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(2.9);
  });
});

describe('parked, redrive', () => {
  /** The queue in which lies what the function of pages could not post. */
  async function deadPages() {
    const client = new SQSClient(operatorOptions(place));
    const { QueueUrls = [] } = await client.send(new ListQueuesCommand({}));
    const QueueUrl = QueueUrls.find((url) => url.includes('QueuesDeliveryDeadLetters'));
    return { client, QueueUrl };
  }

  it('a page that nobody could post is seen, goes back to its queue, and is posted', async () => {
    const { socket, connectionId, tenant, userId } = await come();
    await socket.ask({ action: 'subscribe', topics: ['news'] });
    const { notificationId: id } = (await ask('publish', 'news', '1', '--tenant', tenant)).json;
    const isNews = ({ type }: { type?: unknown }) => type === 'notification';
    await socket.next(isNews);
    const { client, QueueUrl } = await deadPages();
    const session = { tenant, userId, sessionId: 'tab' };
    const until = Math.floor(Date.now() / 1000) + 600;
    const page: DeliveryPage = {
      topic: topicKey(tenant, 'news'),
      messages: [{ id, epoch: 'e' }],
      routes: [{ session, connections: [connectionId], accepts: [], scopes: [], until }],
    };
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(page) }));

    const { queues } = (await ask('parked', 'ls')).json as ParkedAnswer;
    const delivery = queues.find(({ queue }) => queue === 'delivery');
    expect(delivery?.messages.map(({ about }) => about.topic)).toContain(page.topic);
    const whose = ['--topic', 'news', '--tenant', tenant];
    const answer = await ask('redrive', ...whose);
    expect(answer).toMatchObject({
      code: 0,
      json: { numbered: 0, moved: { delivery: 1 }, isWhole: true },
    });
    expect(await socket.next(isNews)).toMatchObject({ id, seq: 1 });
    expect((await ask('redrive', ...whose)).json).toEqual({
      numbered: 0,
      moved: {},
      isWhole: true,
    });

    const own = ['--user', userId, '--session', 'tab', '--tenant', tenant];
    expect((await ask('redrive', ...own)).json).toMatchObject({ posted: 1, connections: 1 });
    expect(await socket.next(isNews)).toMatchObject({ id, seq: 1 });
    const { lines } = (await ask('audit', 'ls', '--target', `topic#${tenant}#news`)).json;
    expect(lines[1]).toMatchObject({ act: 'redrive', outcome: 'done', after: answer.json });
    await socket.close();
  });

  it('messages without a number are looked for where it is asked, and failures are listed', async () => {
    const { json } = await ask('parked', 'ls', '--unnumbered');
    expect(json.topics).toEqual(expect.any(Array));
    expect(await ask('parked', 'failures', '--topic', 'nothing-fails-here')).toMatchObject({
      code: 0,
      json: { failures: [], isWhole: true },
    });
  });
});

describe('tail', () => {
  let child: ChildProcess | undefined;
  afterAll(() => void child?.kill('SIGKILL'));

  it('tells what functions note, as it happens, and ends with Ctrl-C', async () => {
    const { socket, connectionId, userId } = await come();
    const args = ['tail', '--user', userId, '--since', '5', '--outputs', outputs, '--json'];
    const { PATH = '', HOME = '' } = process.env;
    child = spawn(process.execPath, [script, ...args], {
      env: { PATH, HOME },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const told: { fact: string }[] = [];
    if (child.stdout) {
      createInterface({ input: child.stdout }).on('line', (line) => told.push(JSON.parse(line)));
    }
    const fact = (name: string) =>
      until(() => told.find((line) => line.fact === name), `the fact ${name}`);
    expect(await fact('session.bound')).toMatchObject({ connectionId, userId });
    await socket.close();
    expect(await fact('connection.left')).toMatchObject({ connectionId, userId });
    expect(new Set(told.map((line) => JSON.stringify(line))).size, 'each once').toBe(told.length);
    const ended = once(child, 'exit');
    child.kill('SIGINT');
    expect(await ended).toEqual([0, null]);
  });
});

describe('doctor', () => {
  it('[S4-11] answers every troubleshooting question of the document', async () => {
    const { socket, connectionId, tenant } = await come();
    await socket.ask({ action: 'subscribe', topics: ['news'] });
    await ask('publish', 'news', '1', '--tenant', tenant);
    await socket.next(({ type }) => type === 'notification');
    const named = ['--connection', connectionId, '--topic', 'news', '--tenant', tenant];
    const { checks } = (await ask('doctor', ...named)).json;
    const answers = Object.fromEntries(
      checks.map((check: { question: string; isWell?: boolean; says: string }) => [
        check.question,
        [check.isWell, check.says],
      ]),
    );
    expect(checks.map(({ trouble }: { trouble: string }) => trouble)).toEqual([
      ...Array(3).fill('Connection not established'),
      ...Array(5).fill('Events not received'),
      ...Array(3).fill('High connection count'),
    ]);
    expect(answers).toMatchObject({
      'Is the address of the form wss://…?': [true, expect.stringContaining('ws://127.0.0.1')],
      'Is the stage of the API deployed, and does it admit a connection?': [
        true,
        'a handshake was answered with 101',
      ],
      'Is the connection active in the table, and its socket open?': [
        true,
        `${connectionId} is CONNECTED, its socket open`,
      ],
      'Does the session listen to the topic, and does it get what is published there?': [
        true,
        'head 1, delivered 1, acknowledged nothing yet',
      ],
      'Does time to live remove expired rows?': [true, expect.stringContaining('enabled')],
      'How large is the table of connections?': [undefined, expect.stringContaining('CONNECTED')],
    });
    // Other tests of this run may have made functions fail: it is looked at, whatever it says.
    for (const question of [
      'Do the functions of the WebSocket API log errors?',
      'Do the functions that post to sockets log errors?',
      'Do workflows broadcast at their steps?',
      'Are posts answered with 410 (stale connections)?',
      'Does the function of $disconnect take connections out?',
    ]) {
      expect(answers[question]?.[1]).not.toContain('could not be looked at');
    }
    await socket.close();
  });

  it('[S4-11] finds what is wrong, says what to do, and ends with 1', async () => {
    const { socket, connectionId, tenant } = await come();
    await socket.close();
    await until(async () => {
      const { json } = await ask('connections', 'get', connectionId);
      return json.status === 'DISCONNECTED' ? true : undefined;
    }, 'the departure');
    const wrong = join(folder, 'wrong.json');
    const elsewhere = { ...place.outputs, WebSocketUrl: 'ws://127.0.0.1:1/prod' };
    writeFileSync(wrong, JSON.stringify({ Everything: elsewhere }));
    const named = ['--connection', connectionId, '--topic', 'news', '--tenant', tenant];
    const { code, json } = await type('doctor', ...named, '--outputs', wrong, '--json');
    expect(code).toBe(1);
    const bad = json.checks.filter(({ isWell }: { isWell?: boolean }) => isWell === false);
    expect(bad.map(({ says }: { says: string }) => says)).toEqual(
      expect.arrayContaining([
        'Nobody answers at ws://127.0.0.1:1/prod (ECONNREFUSED).',
        'Its session does not listen to news.',
      ]),
    );
    for (const { todo } of bad) expect(todo).toBeTruthy();
  });
});

describe('a command line that is wrong', () => {
  it.each([
    [['conections'], 'There is no conections: there are connections, sessions,'],
    [['connections', 'list'], 'connections can ls, get, drop, test.'],
    [['connections', 'drop'], 'It is: connections drop ID'],
    [['connections', 'ls', '--users', 'x'], "Unknown option '--users'."],
    [['sessions', 'ls'], '--user is missing.'],
    [['audit', 'ls', '--day', '2026-01-01', '--target', 'x'], 'A day, or a target.'],
    [['redrive'], 'Name a topic, a user and a session, or all.'],
    [['redrive', '--all', '--topic', 'x'], 'Name a topic, a user and a session, or all.'],
    [['redrive', '--all', '--tenant', 'x'], 'All is every tenant’s.'],
    [['redrive', '--user', 'x'], '--session is missing.'],
    [['publish', 'news', '{"a":'], 'PAYLOAD begins like JSON and is none.'],
  ])('%j ends with 2 and a sentence', async (args, sentence) => {
    const { code, errors, out } = await type(...args, '--outputs', outputs);
    expect(errors).toContain(sentence);
    expect([code, out]).toEqual([2, '']);
  });

  it('what the other side refuses ends with 1 and its words', async () => {
    const { code, errors } = await ask('connections', 'drop', 'nobody-00000000=');
    expect([code, errors]).toEqual([1, 'There is no such thing. (404)\n']);
  });

  it('without a stage it says how to come by one', async () => {
    const { code, errors } = await type('connections', 'ls', '--outputs', '/nowhere/outputs.json');
    expect(code).toBe(2);
    expect(errors).toContain('Start the stage ("npm start")');
  });

  it('help lists every command', async () => {
    const { code, out } = await type('--help');
    expect(code).toBe(0);
    for (const word of [
      'connections ls',
      'sessions get',
      'tail',
      'doctor',
      '--json',
      '--outputs',
    ]) {
      expect(out).toContain(word);
    }
  });
});
