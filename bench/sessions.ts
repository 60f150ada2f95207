import { authenticate } from '../lambdas/flows/authenticate.ts';
import { checkSession } from '../lambdas/flows/check-session.ts';
import { depart } from '../lambdas/flows/depart.ts';
import { putConnection } from '../lambdas/stores/connections.ts';
import { newConnection, seconds } from '../rules/connection.ts';
import { startConflictProxy } from '../test/support/conflict-proxy.ts';
import { type Engine, type EveryReach, startEngine } from '../test/support/engine.ts';
import { identityOf } from '../test/support/identity.ts';
import { openTestSockets } from '../test/support/sockets.ts';
import { type Figure, median, type Report } from './figures.ts';
import { openMeter, type Units } from './units/meter.ts';

const NOW = Date.parse('2026-11-20T12:00:00.000Z');
const ROUNDS = 200;
/** One player's devices that all come back at once, after a deployment for instance. */
const AT_ONCE = 50;
const times = { graceSeconds: 0, retentionSeconds: 3600, now: NOW };
const joe = identityOf({ userId: 'joe', expiresAt: seconds(NOW) + 3600 });

/** What presence costs and takes: one session's life, over and over, and one player's devices at once. */
export async function sessions(): Promise<Report> {
  console.info = () => {}; // the flows' own log
  const engine = await startEngine();
  try {
    return { figures: [...(await measureLives(engine)), ...(await measureStorm(engine))], notes };
  } finally {
    await engine.stop();
  }
}

const notes = [
  `Median of ${ROUNDS} lives on the local engine. The storm is ${AT_ONCE} binds of one player's sessions at once, behind a\nproxy that answers TransactionConflict as AWS documents it; no local engine does.`,
];

async function measureLives(engine: Engine): Promise<Figure[]> {
  const unmetered = await engine.createTables();
  const meter = openMeter(unmetered.documents);
  const reach = { ...unmetered, documents: meter.documents, sockets: openTestSockets() };
  const samples = new Map<string, { readonly ms: number; readonly units: Units }[]>();
  const measure = async (name: string, work: () => Promise<unknown>) => {
    const began = performance.now();
    const units = await meter.measure(work);
    const all = samples.get(name) ?? [];
    samples.set(name, [...all, { ms: performance.now() - began, units }]);
  };
  for (let round = 0; round < ROUNDS; round += 1) {
    const name = { sessionId: `tab-${round}`, now: NOW };
    const session = { ...joe, ...name };
    const [first, second] = [`first-${round}`, `second-${round}`];
    for (const id of [first, second]) await connect(reach, id);
    await measure('bind', () => authenticate(reach, joe, { connectionId: first, ...name }));
    await measure('rebind', () => authenticate(reach, joe, { connectionId: second, ...name }));
    await depart(reach, first, NOW);
    await measure('leave', () => depart(reach, second, NOW));
    await measure('sessionEnd', () => checkSession(reach, session, times));
  }
  return [...samples].flatMap(([of, all]) => [
    { of, name: 'ms', value: median(all.map(({ ms }) => ms)) },
    { of, name: 'reads', value: median(all.map(({ units }) => units.reads)) },
    { of, name: 'writes', value: median(all.map(({ units }) => units.writes)) },
  ]);
}

async function measureStorm(engine: Engine): Promise<Figure[]> {
  const tables = await engine.createTables();
  const proxy = await startConflictProxy(engine);
  try {
    const reach = { ...tables, documents: proxy.documents, sockets: openTestSockets() };
    const ids = Array.from({ length: AT_ONCE }, (_, at) => `device-${at}`);
    for (const id of ids) await connect(reach, id);
    const began = performance.now();
    const outcomes = await Promise.allSettled(
      ids.map((id) => authenticate(reach, joe, { connectionId: id, sessionId: id, now: NOW })),
    );
    const ms = performance.now() - began;
    const bound = outcomes.filter(({ status }) => status === 'fulfilled').length;
    return [
      { name: 'stormBound', value: bound, target: { is: 'atLeast', value: AT_ONCE } },
      { name: 'stormMs', value: ms },
      { name: 'stormTries', value: proxy.tally.transactions },
      { name: 'stormConflicts', value: proxy.tally.conflicts },
    ];
  } finally {
    await proxy.stop();
  }
}

const connect = (reach: EveryReach, connectionId: string): Promise<boolean> =>
  putConnection(reach, newConnection(connectionId, 'PENDING', NOW));
