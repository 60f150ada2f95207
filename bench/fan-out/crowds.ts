import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { type FunctionName, functions } from '../../contract/functions.ts';
import { topicKey } from '../../contract/tables.ts';
import { publish } from '../../lambdas/flows/publish.ts';
import { bundle } from '../../lib/bundle.ts';
import { BUNDLES_FOLDER } from '../../lib/bundled-code.ts';
import { functionEnvironment } from '../../lib/constructs/function-environment.ts';
import { functionEntry } from '../../lib/function-entry.ts';
import { awsEnvironment } from '../../local/aws-environment.ts';
import { type EveryReach, startEngine } from '../../test/support/engine.ts';
import { atMost, type Figure } from '../figures.ts';
import { REGION, surroundingsOf } from '../surroundings.ts';
import { putCrowd, TENANT } from '../units/crowd.ts';
import { type PageQueue, startPageQueue } from './page-queue.ts';
import { type FunctionProcess, type Invoked, startFunction } from './process.ts';

const SIZES = [1_000, 10_000, 100_000] as const;
const COLD = 10_000;
const TOPIC = 'crowded';
const DOCUMENTS_WAY = 'bench/fan-out/documents-way';
const SENDER = 'bench/fan-out/sender-alone';
/** What is enough for Node itself, and a page of recipients. */
const MEMORY_MB = 92;

/** One publish to a whole crowd. */
interface Told {
  /** Since the process began. */
  readonly coldMs: number;
  /** The first time and the second, without the start of the process. */
  readonly firstMs: number;
  readonly againMs: number;
  readonly memoryMb: number;
  readonly heldMb: number;
}

/**
 * One publish to all subscribers, from the event of the stream to the last answer of the gateway: the fan-out's
 * bundle reads them from the engine, posts to the first page and hands on the others, which one worker takes one after
 * the other. On AWS many workers take them at the same time.
 */
export async function crowds(gatewayUrl: string): Promise<Figure[]> {
  const target = join(BUNDLES_FOLDER, '..', 'bench-bundles');
  await bundle([functionEntry('fan-out'), functionEntry('delivery')]);
  await bundle([DOCUMENTS_WAY, SENDER], { target });
  const queue = await startPageQueue();
  const engine = await startEngine();
  try {
    const told = new Map<number, Told>();
    const alone = new Map<number, Invoked>();
    let documents: Invoked | undefined;
    for (const size of SIZES) {
      console.error(`${size} subscribers …`);
      const reach = await engine.createTables({ hasStreams: false });
      await putCrowd(reach, `crowd${size}`, size, [TOPIC], Date.now());
      const environmentOf = (name: FunctionName) => ({
        ...awsEnvironment(engine.endpoint, REGION),
        ...{ AWS_ENDPOINT_URL_SQS: queue.url },
        ...{ AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' },
        ...functionEnvironment(functions[name], {
          ...surroundingsOf(gatewayUrl),
          topics: JSON.stringify([{ topics: '**' }]),
          tableName: (table) => reach.tables[table].name,
          queueUrl: (name) => `${queue.url}/000000000000/${name}`,
        }),
      });
      told.set(size, await tellCrowd(reach, size, queue, environmentOf));
      const once = async (entry: string, environment: FunctionName, event: object) => {
        const file = join(target, entry, 'index.mjs');
        const one = await startFunction(file, environmentOf(environment));
        const invoked = await one.invoke(event);
        await one.stop();
        if (invoked.answer !== size) throw new Error(`Only ${invoked.answer} were told.`);
        return invoked;
      };
      alone.set(size, await once(SENDER, 'delivery', { many: size, frame: FRAME }));
      if (size === COLD) documents = await once(DOCUMENTS_WAY, 'sweep', { Data: FRAME });
    }
    return figuresOf(told, alone, documents);
  } finally {
    await engine.stop();
    await queue.stop();
    await rm(target, { recursive: true, force: true });
  }
}

const FRAME = JSON.stringify({ type: 'event', payload: { price: 100 } });

async function tellCrowd(
  reach: EveryReach,
  size: number,
  queue: PageQueue,
  environmentOf: (name: FunctionName) => Readonly<Record<string, string>>,
): Promise<Told> {
  const open = (name: FunctionName) =>
    startFunction(join(BUNDLES_FOLDER, functionEntry(name), 'index.mjs'), environmentOf(name));
  const [fanOut, worker] = await Promise.all([open('fan-out'), open('delivery')]);
  try {
    const cold = await tell(reach, fanOut, worker, queue);
    const warm = await tell(reach, fanOut, worker, queue);
    if (cold.pages * 1000 < size - 1000) throw new Error(`${cold.pages} pages for ${size}.`);
    return {
      coldMs: cold.first.atMs + cold.restMs,
      firstMs: cold.first.tookMs + cold.restMs,
      againMs: warm.first.tookMs + warm.restMs,
      memoryMb: Math.max(warm.first.memoryMb, warm.memoryMb),
      heldMb: warm.first.heldMb,
    };
  } finally {
    await Promise.all([fanOut.stop(), worker.stop()]);
  }
}

async function tell(
  reach: EveryReach,
  fanOut: FunctionProcess,
  worker: FunctionProcess,
  queue: PageQueue,
) {
  const first = await fanOut.invoke(await publishOne(reach));
  demandDone(first);
  const pages = queue.take();
  let restMs = 0;
  let memoryMb = 0;
  for (const [at, body] of pages.entries()) {
    const done = await worker.invoke({ Records: [{ messageId: `${at}`, body }] });
    demandDone(done);
    restMs += done.tookMs;
    ({ memoryMb } = done);
  }
  return { first, pages: pages.length, restMs, memoryMb };
}

function demandDone({ answer }: Invoked): void {
  const { batchItemFailures } = answer as { batchItemFailures: readonly unknown[] };
  if (batchItemFailures.length > 0) throw new Error('A batch failed in the bench.');
}

/** A message in the table, as its stream tells of it. */
async function publishOne(reach: EveryReach): Promise<object> {
  const now = Date.now();
  const publication = { tenant: TENANT, topics: [TOPIC], payload: { price: 100 }, now };
  const { notificationId } = await publish({ ...reach, retentionSeconds: 3600 }, publication);
  const Key = { topic: topicKey(TENANT, TOPIC), id: notificationId };
  const TableName = reach.tables.notifications.name;
  const { Item = {} } = await reach.documents.send(new GetCommand({ TableName, Key }));
  const dynamodb = {
    ApproximateCreationDateTime: Math.floor(now / 1000),
    SequenceNumber: `${now}`,
    Keys: marshall(Key),
    NewImage: marshall(Item),
  };
  return { Records: [{ eventName: 'INSERT', dynamodb }] };
}

function figuresOf(
  told: ReadonlyMap<number, Told>,
  alone: ReadonlyMap<number, Invoked>,
  documents: Invoked | undefined,
): Figure[] {
  const of = (size: number, figure: keyof Told) => told.get(size)?.[figure] ?? Number.NaN;
  const [, middle, most] = SIZES;
  const exponent = (less: number, more: number) => Math.log(more / less) / Math.log(most / middle);
  const growth = (figure: keyof Told) => exponent(of(middle, figure), of(most, figure));
  const senderMb = (size: number) => alone.get(size)?.memoryMb ?? Number.NaN;
  const senderMs = (size: number) => alone.get(size)?.tookMs ?? Number.NaN;
  return [
    ...[...told].flatMap(([size, each]) =>
      Object.entries(each).map(([name, value]) => ({ of: `${size}-subscribers`, name, value })),
    ),
    { of: `${COLD}-documents`, name: 'coldMs', value: documents?.atMs ?? Number.NaN },
    { of: `${COLD}-documents`, name: 'memoryMb', value: documents?.memoryMb ?? Number.NaN },
    ...[...alone].map(([size, { tookMs }]) => ({
      of: `${size}-sender`,
      name: 'ms',
      value: tookMs,
    })),
    ...[...alone].map(([size, { memoryMb }]) => ({
      of: `${size}-sender`,
      name: 'memoryMb',
      value: memoryMb,
    })),
    { name: 'senderMemoryMbAt100000', value: senderMb(most), target: atMost(MEMORY_MB) },
    {
      name: 'senderTimeGrowth',
      value: exponent(senderMs(middle), senderMs(most)),
      target: atMost(1.05),
    },
    {
      name: 'senderMemoryGrowth',
      value: exponent(senderMb(middle), senderMb(most)),
      target: atMost(0.1),
    },
    { name: 'memoryMbAt100000', value: of(most, 'memoryMb'), target: atMost(MEMORY_MB) },
    { name: 'timeGrowth', value: growth('firstMs'), target: atMost(1.05) },
    { name: 'memoryGrowth', value: growth('memoryMb'), target: atMost(0.1) },
    { name: 'heldGrowth', value: growth('heldMb') },
  ];
}
