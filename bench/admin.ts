import { BatchWriteCommand } from '@aws-sdk/lib-dynamodb';
import { BATCH_WRITE_ITEMS, STALE_AFTER_SECONDS } from '../contract/limits.ts';
import type { ConnectionRow } from '../contract/tables.ts';
import { manageConnections } from '../lambdas/flows/manage-connections.ts';
import { openRoutes } from '../lambdas/flows/routes.ts';
import { inParallel, inPieces } from '../lambdas/platform/parallel.ts';
import { newConnection } from '../rules/connection.ts';
import { type Engine, startEngine } from '../test/support/engine.ts';
import { openTestJournal } from '../test/support/journal.ts';
import { openPages } from '../test/support/pages.ts';
import { openTestParked } from '../test/support/parked.ts';
import { openTestSockets } from '../test/support/sockets.ts';
import { atMost, type Figure, median, type Report } from './figures.ts';
import { type Meter, openMeter, type Units } from './units/meter.ts';

const NOW = Date.parse('2026-11-20T12:00:00.000Z');
const SIZES = [100, 10_000, 100_000];
const ROUNDS = 3;
/** As many of them as a clean-up finds on a bad day: their `$disconnect`s were lost. */
const DEAD_SHARE = 0.01;

/** What administration costs and takes as the table grows: a walk through all connections, and a clean-up. */
export async function admin(): Promise<Report> {
  console.info = () => {}; // the flows' own log
  const engine = await startEngine();
  try {
    const measured = new Map<number, Measured>();
    for (const size of SIZES) measured.set(size, await measureAt(engine, size));
    return { figures: figuresOf(measured), notes };
  } finally {
    await engine.stop();
  }
}

const notes = [
  `getAll: pages of 10,000 until the last. cleanUp: every connection was silent for more than an hour,\n${DEAD_SHARE * 100} % are gone. Sockets answer at once here; on AWS each answer takes its round trip, 32 at a time.\n…Exponent: how units grow from ${SIZES.slice(-2).join(' to ')} rows; 1 is in proportion.`,
];

interface Sample {
  readonly units: Units;
  readonly ms: number;
}
type Measured = Readonly<Record<'getAll' | 'cleanUp', Sample>>;

async function measureAt(engine: Engine, size: number): Promise<Measured> {
  const unmetered = await engine.createTables({ hasStreams: false });
  const meter = openMeter(unmetered.documents);
  const sockets = openTestSockets();
  const journal = openTestJournal(new Date(NOW).toISOString());
  const parked = openTestParked();
  const ways = { journal, parked, routes: openRoutes(), ...openPages() };
  const reach = { ...unmetered, documents: meter.documents, sockets, ...ways };
  const ids = Array.from({ length: size }, (_, at) => `c${at}`.padEnd(15, '-').concat('='));
  for (const id of ids) sockets.open(id);
  await inParallel(inPieces(ids, BATCH_WRITE_ITEMS), 8, async (piece) => {
    const requests = piece.map((id) => ({ PutRequest: { Item: rowOf(id) } }));
    await unmetered.documents.send(
      new BatchWriteCommand({ RequestItems: { [unmetered.tables.connections.name]: requests } }),
    );
  });
  const ask = (payload: object) => manageConnections(reach, payload, { now: NOW, requestId: 'r' });

  const walks: Sample[] = [];
  for (let round = 0; round < ROUNDS; round += 1) walks.push(await sampled(meter, () => walk(ask)));
  // Once: those that it takes out are not there a second time.
  for (const id of ids.slice(0, size * DEAD_SHARE)) await sockets.delete(id);
  const cleanUp = await sampled(meter, () => ask({ action: 'cleanup_stale_connections' }));
  return { getAll: { ...walks[0], ms: median(walks.map(({ ms }) => ms)) } as Sample, cleanUp };
}

/** A client as `authenticate` leaves it, but for the sessions that a departure touches: it has none. */
const rowOf = (id: string): ConnectionRow => ({
  ...newConnection(id, 'CONNECTED', NOW - (STALE_AFTER_SECONDS + 60) * 1000),
  ttl: NOW / 1000 + 3600,
  userId: `user-of-${id}`.padEnd(36, '-'),
  tenant: 'default',
});

async function walk(ask: (payload: object) => Promise<object>): Promise<void> {
  let nextToken: string | undefined;
  do {
    const page = await ask({ action: 'get_all_connections', limit: 10_000, nextToken });
    ({ nextToken } = page as { nextToken?: string });
  } while (nextToken !== undefined);
}

async function sampled(meter: Meter, work: () => Promise<unknown>): Promise<Sample> {
  const began = performance.now();
  const units = await meter.measure(work);
  return { units, ms: performance.now() - began };
}

function figuresOf(measured: ReadonlyMap<number, Measured>): Figure[] {
  const figures = [...measured].flatMap(([size, samples]) =>
    Object.entries(samples).flatMap(([name, { units, ms }]) => {
      const of = `${name}Of${size}`;
      return [
        { of, name: 'calls', value: units.calls },
        { of, name: 'reads', value: units.reads },
        { of, name: 'writes', value: units.writes },
        { of, name: 'ms', value: ms },
      ];
    }),
  );
  const [, fewer = 0, more = 0] = SIZES;
  const growth = (name: keyof Measured, of: (sample: Sample) => number) => {
    const at = (size: number) => of((measured.get(size) as Measured)[name]);
    return Math.log(at(more) / at(fewer)) / Math.log(more / fewer);
  };
  const exponents = (['getAll', 'cleanUp'] as const).map((name) => ({
    name: `${name}ReadsExponent`,
    value: growth(name, ({ units }) => units.reads),
    target: atMost(1.01),
  }));
  return [...figures, ...exponents];
}
