import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { functions } from '../contract/functions.ts';
import { bundle } from '../lib/bundle.ts';
import { BUNDLES_FOLDER } from '../lib/bundled-code.ts';
import { functionEnvironment } from '../lib/constructs/function-environment.ts';
import { environmentCredentials } from '../lib/environment-credentials.ts';
import { functionEntry } from '../lib/function-entry.ts';
import { keysOf } from '../lib/records.ts';
import { awsEnvironment } from '../local/aws-environment.ts';
import { PETS_TABLE_VARIABLE } from '../sample/pet-store/rows.ts';
import { authenticateCall, firstCalls, sampleCalls } from './cold/first-calls.ts';
import { type StubAws, startStubAws } from './cold/stub-aws.ts';
import { atMost, type Figure, median, type Report } from './figures.ts';
import { REGION, surroundingsOf, USER_POOL } from './surroundings.ts';

const RUNS = 15;
/** Where a cold start is felt at once: a person waits for it. */
const FELT = ['connect', 'default', 'fan-out'];

interface Candidate {
  readonly name: string;
  readonly file: string;
  readonly event: object;
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Each function's bundle, loaded and called once in a process of its own, {@link RUNS} times in turn
 * with all others; the median counts. Services are a stub on loopback.
 */
export async function cold(): Promise<Report> {
  const folder = mkdtempSync(join(tmpdir(), 'switchboard-cold-'));
  const stub = await startStubAws();
  try {
    const candidates = await bundleAll(folder, stub);
    const samples = new Map<string, number[]>(candidates.map(({ name }) => [name, []]));
    for (let run = 0; run < RUNS; run += 1) {
      for (const candidate of candidates) {
        samples.get(candidate.name)?.push(await startCold(candidate));
      }
    }
    const times = new Map([...samples].map(([name, each]) => [name, median(each)]));
    return { figures: figuresOf(times), notes: [NOTE] };
  } finally {
    await stub.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

const NOTE =
  'ms from before the import to the first answer, in a fresh process; Ratio: to clientAlone, which is\n' +
  'client-dynamodb and one GetItem, bundled by the same options without plugins. clientWithoutChain has\n' +
  'the one that takes credentials from the environment alone, as our functions have.';

function figuresOf(times: ReadonlyMap<string, number>): Figure[] {
  const floor = times.get('clientAlone') ?? Number.NaN;
  return [...times].flatMap(([name, ms]): Figure[] => {
    const inFull = { name: `${name}Ms`, value: ms };
    const isReference = name === 'nothing' || name.startsWith('client') || name.includes('As');
    if (isReference) return [inFull];
    const target = atMost(FELT.includes(name) ? 1 : 1.2);
    return [inFull, { name: `${name}Ratio`, value: ms / floor, target }];
  });
}

async function bundleAll(folder: string, stub: StubAws): Promise<Candidate[]> {
  const names = keysOf(functions);
  await bundle([...names.map(functionEntry), ...sampleCalls.keys()]);
  const references = join(folder, 'references');
  const alone = 'bench/cold/client-alone';
  await bundle([alone], { target: references, plugins: [] });
  const withoutChain = join(folder, 'without-chain');
  await bundle([alone], { target: withoutChain, plugins: [environmentCredentials] });
  await bundle(['bench/cold/nothing'], { target: references });

  const aws = {
    ...awsEnvironment(stub.url, REGION),
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
  };
  const surroundings = surroundingsOf(stub.url);
  const ours = (name: (typeof names)[number], event: object, called: string = name): Candidate => ({
    name: called,
    file: bundleFile(BUNDLES_FOLDER, functionEntry(name)),
    event,
    environment: { ...aws, ...functionEnvironment(functions[name], surroundings) },
  });
  const everyTable = ours('sweep', {}).environment;
  return [
    {
      name: 'nothing',
      file: bundleFile(references, 'bench/cold/nothing'),
      event: {},
      environment: aws,
    },
    {
      name: 'clientAlone',
      file: bundleFile(references, alone),
      event: {},
      environment: everyTable,
    },
    {
      name: 'clientWithoutChain',
      file: bundleFile(withoutChain, alone),
      event: {},
      environment: everyTable,
    },
    ...names.map((name) => ours(name, firstCalls[name])),
    ours(
      'default',
      authenticateCall(stub.token(USER_POOL.userPoolId, USER_POOL.userPoolClientId)),
      'defaultAsAuthenticate',
    ),
    ...[...sampleCalls].map(([entry, event]) => ({
      name: entry.slice(entry.lastIndexOf('/') + 1),
      file: bundleFile(BUNDLES_FOLDER, entry),
      event,
      environment: {
        ...everyTable,
        NOTIFICATIONS_TABLE_NAME: 'bench-notifications',
        [PETS_TABLE_VARIABLE]: 'bench-pets',
      },
    })),
  ];
}

const bundleFile = (folder: string, entry: string): string => join(folder, entry, 'index.mjs');

const run = promisify(execFile);

async function startCold({ name, file, event, environment }: Candidate): Promise<number> {
  const loader = join(import.meta.dirname, 'cold/load-once.mjs');
  const { stdout, stderr } = await run(process.execPath, [loader, file, JSON.stringify(event)], {
    env: environment,
    timeout: 10_000,
  });
  if (stderr !== '') throw new Error(`${name} failed in the bench: ${stderr}`);
  // Before it may stand what the function measured of itself.
  const last = stdout.trimEnd().split('\n').at(-1) ?? '';
  return (JSON.parse(last) as { totalMs: number }).totalMs;
}
