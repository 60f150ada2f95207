import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Place } from './place.ts';
import { until } from './until.ts';

const root = resolve(import.meta.dirname, '../..');

/** What `npm start` runs, in a process of its own. */
export interface StageProcess {
  readonly place: Place;
  /** Kill -9 of the main process alone; resolves when everything that it had started is gone as well. */
  kill(): Promise<void>;
  /** As Ctrl-C does it. */
  stop(): Promise<void>;
}

interface StageProcessOptions {
  readonly port: number;
  readonly dataDirectory: string;
  readonly handoutDirectory: string;
}

export async function startStageProcess(options: StageProcessOptions): Promise<StageProcess> {
  const { port, dataDirectory, handoutDirectory } = options;
  const args = [
    '--json',
    '--port',
    String(port),
    '--data',
    dataDirectory,
    '--into',
    handoutDirectory,
    '--set',
    'topics=**',
  ];
  const child = spawn(process.execPath, [join(root, 'bin/start.ts'), ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const end = async (signal: NodeJS.Signals) => {
    const family = descendantsOf(child.pid ?? 0);
    child.kill(signal);
    await exited;
    await until(() => (family.some(isAlive) ? undefined : true), 'the end of engine and workers');
  };
  try {
    const { urls, outputs } = await untilReady(createInterface({ input: child.stdout }));
    const place: Place = {
      urls,
      outputs: Object.assign({}, ...Object.values(outputs)),
      environment: readEnvironment(join(handoutDirectory, 'env')),
      directory: dataDirectory,
      users: [],
    };
    return { place, kill: () => end('SIGKILL'), stop: () => end('SIGTERM') };
  } catch (error) {
    await end('SIGKILL');
    throw error;
  }
}

interface Ready {
  readonly urls: Place['urls'];
  readonly outputs: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Also reads on afterwards: a full pipe would stop the stage. */
function untilReady(lines: NodeJS.EventEmitter): Promise<Ready> {
  return new Promise((ready, failed) => {
    lines.on('line', (line: string) => {
      const fact = JSON.parse(line) as { ready?: Ready; error?: string };
      if (fact.ready) ready(fact.ready);
      if (fact.error !== undefined) failed(new Error(fact.error));
    });
    lines.on('close', () => failed(new Error('The stage ended before it was ready.')));
  });
}

function readEnvironment(file: string): Record<string, string> {
  const lines = readFileSync(file, 'utf8').matchAll(/^export (\w+)='(.*)'$/gm);
  return Object.fromEntries([...lines].map(([, name = '', value = '']) => [name, value]));
}

/** A process by its id and its start, since ids come back. */
interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly startedAt: string;
  readonly state: string;
}

function readProcess(pid: number): Process | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name stands in brackets, and may hold blanks and brackets itself.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state = '', parent = ''] = fields;
    return { pid, parent: Number(parent), startedAt: fields[19] ?? '', state };
  } catch {
    return undefined;
  }
}

function descendantsOf(ancestor: number): readonly Process[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readProcess(Number(name)) ?? []);
  const below = (pid: number): Process[] =>
    all.filter(({ parent }) => parent === pid).flatMap((each) => [each, ...below(each.pid)]);
  return below(ancestor);
}

function isAlive({ pid, startedAt }: Process): boolean {
  const now = readProcess(pid);
  return now !== undefined && now.startedAt === startedAt && now.state !== 'Z';
}

/** The first of so many free ports in a row, below those that are given to outgoing connections. */
export async function freePortsInARow(count: number): Promise<number> {
  for (;;) {
    const first = 20_000 + Math.floor(Math.random() * 12_000);
    const held = Array.from({ length: count }, (_, at) =>
      createServer().listen(first + at, '127.0.0.1'),
    );
    const taken = await Promise.allSettled(held.map((server) => once(server, 'listening')));
    await Promise.all(held.map((server) => new Promise((done) => server.close(done))));
    if (taken.every(({ status }) => status === 'fulfilled')) return first;
  }
}
