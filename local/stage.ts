import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Answering } from '../console/server.ts';
import { createAccess } from './access/access.ts';
import { readCloudAssembly } from './assembly/cloud-assembly.ts';
import { resolveAssembly } from './assembly/resolve-assembly.ts';
import { awsEnvironment } from './aws-environment.ts';
import { createClock } from './clock.ts';
import { createMetrics } from './cloudwatch/metrics.ts';
import { createUserPools } from './cognito/user-pools.ts';
import { createConsole } from './console/console.ts';
import { createDynamoDb } from './dynamodb/dynamodb.ts';
import { createEventBuses } from './events/event-buses.ts';
import { createSchedules } from './events/schedules.ts';
import { createGates } from './gates/gates.ts';
import { writeHandout } from './handout.ts';
import { createHttpApis } from './http-api/http-apis.ts';
import { createFunctions } from './lambda/functions.ts';
import { createLogs } from './logs/logs.ts';
import { createMappings } from './mappings/mappings.ts';
import { choosePorts } from './ports.ts';
import type { Assembly, Service, StageContext } from './service.ts';
import { createQueues } from './sqs/queues.ts';
import { createStepFunctions } from './step-functions/step-functions.ts';
import { openStore } from './store.ts';
import { createTrace } from './trace.ts';
import { createWebSocketApis } from './websocket/web-socket-apis.ts';
import { createWire } from './wire/endpoint.ts';

/** Where the templates leave it open: an account that nobody has, and the region that AWS starts with. */
const ACCOUNT = '000000000000';
const REGION = 'us-east-1';

/** One thing that is there now. */
export interface Step {
  readonly name: string;
  readonly sentence: string;
  readonly ms: number;
}

export interface StageOptions {
  /** A synthesized CDK app (`cdk.out`). */
  readonly assemblyDirectory: string;
  /** The console's port; the APIs and the AWS endpoint have the next ones. 0 takes free ones. @default 8787 */
  readonly port?: number;
  /** Where everything is kept from one start to the next. @default a folder that goes when the stage stops */
  readonly dataDirectory?: string;
  /** Where `outputs.json` and `env` are written. @default .stage */
  readonly handoutDirectory?: string;
  /** The page to serve, and what it has to know; asked for once everything else runs. */
  readonly console?: {
    readonly directory: string;
    facts(stage: Pick<Stage, 'outputs' | 'environment'>): Promise<object>;
    /** Answers of whoever runs the stage to its page. */
    serve?(stage: Pick<Stage, 'outputs' | 'environment' | 'urls'>): Answering;
  };
  readonly report?: (step: Step) => void;
  /** @default to standard error */
  readonly warn?: (sentence: string) => void;
  /** Gives up the start. */
  readonly signal?: AbortSignal;
}

/** A running stage. */
export interface Stage {
  readonly outputs: Assembly['outputs'];
  readonly urls: { readonly console: string; readonly aws: string };
  /** The variables by which any AWS SDK finds the stage, as its operator. */
  readonly environment: Readonly<Record<string, string>>;
  readonly context: StageContext;
  /** Leaves no process and no port. Harmless when repeated. */
  stop(): Promise<void>;
}

/**
 * Runs a synthesized CDK app. Rejects with one sentence when it cannot; then nothing of it is left running.
 */
export async function startStage(options: StageOptions): Promise<Stage> {
  const running = new AsyncDisposableStack();
  try {
    return await startOn(running, options);
  } catch (error) {
    // What else goes wrong on the way out would only hide why it did not start.
    await running.disposeAsync().catch(() => {});
    throw error;
  }
}

async function startOn(running: AsyncDisposableStack, options: StageOptions): Promise<Stage> {
  const { port = 8787, handoutDirectory = '.stage', report = () => {}, signal } = options;
  const { assembly, ports, region, account } = await placeAssembly(options.assemblyDirectory, port);
  const directory = openDirectory(running, options.dataDirectory);
  const store = running.adopt(openStore(directory), (opened) => opened.close());

  const access = createAccess(assembly);
  const context: StageContext = {
    region,
    account,
    assembly,
    ports,
    access,
    // Read late: functions are made from the very context that they are part of.
    get functions() {
      return functions;
    },
    trace: createTrace(),
    clock: createClock(),
    gates: createGates(),
    store,
    directory,
    warn: options.warn ?? ((sentence) => process.stderr.write(`${sentence}\n`)),
  };

  const functions = createFunctions(context);
  const eventBuses = createEventBuses(context);
  const called = [
    createDynamoDb(context),
    createQueues(context),
    createUserPools(context),
    functions,
    eventBuses,
    createLogs(context),
    createMetrics(context),
  ];
  const stepFunctions = createStepFunctions(context);
  const webSocketApis = createWebSocketApis(context);
  const callers = [
    stepFunctions,
    webSocketApis,
    createHttpApis(context),
    createMappings(context),
    createSchedules(context, eventBuses),
  ];
  const wire = createWire(context, [...called, ...callers]);

  const start = async (service: Service) => {
    signal?.throwIfAborted();
    const began = performance.now();
    running.defer(() => service.stop());
    const sentence = await service.start().catch((cause: Error) => {
      throw new Error(`${service.name} did not start: ${cause.message}`, { cause });
    });
    report({ name: service.name, sentence, ms: performance.now() - began });
  };

  // Whatever runs functions comes after the functions and the wire that they call out through.
  for (const service of [...called, wire, ...callers]) await start(service);

  const urls = { console: urlAt(ports.console), aws: urlAt(ports.aws) };
  const environment = {
    ...awsEnvironment(urls.aws, region),
    ...access.environmentFor('operator'),
  };
  const { outputs } = assembly;
  writeHandout(handoutDirectory, { outputs, environment, urls, directory });
  if (options.console !== undefined) {
    const facts = { ...(await options.console.facts({ outputs, environment })) };
    const actions = {
      cutConnection: webSocketApis.cut,
      listSockets: webSocketApis.sockets,
    };
    const { directory: page, serve } = options.console;
    const answers = serve?.({ outputs, environment, urls });
    await start(createConsole(context, { directory: page, facts, actions, serve: answers }));
  }

  let stopped: Promise<void> | undefined;
  const stop = () => (stopped ??= running.disposeAsync());
  return { outputs, urls, environment, context, stop };
}

const urlAt = (port: number) => `http://127.0.0.1:${port}`;

/** The assembly resolved twice: ports are given out by API, and what is resolved names the ports. */
async function placeAssembly(directory: string, firstPort: number) {
  const cloud = readCloudAssembly(directory);
  const place = { region: cloud.region ?? REGION, account: cloud.account ?? ACCOUNT };
  const draft = resolveAssembly(cloud, { ...place, awsUrl: '', apiPorts: new Map() });
  const ports = await choosePorts(firstPort, draft);
  const assembly = resolveAssembly(cloud, {
    ...place,
    awsUrl: urlAt(ports.aws),
    apiPorts: ports.api,
  });
  return { ...place, assembly, ports };
}

/** The folder of `--data`, or one of this stage's own that goes when it stops. */
function openDirectory(running: AsyncDisposableStack, dataDirectory: string | undefined): string {
  if (dataDirectory !== undefined) {
    mkdirSync(dataDirectory, { recursive: true });
    return resolve(dataDirectory);
  }
  const directory = mkdtempSync(join(tmpdir(), 'switchboard-'));
  running.defer(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
