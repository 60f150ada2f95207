import { GRACE_SECONDS, RECIPIENTS_PER_PAGE, RETENTION_SECONDS } from '../contract/limits.ts';
import type { NotificationRow, SessionName } from '../contract/tables.ts';
import { topicKey } from '../contract/tables.ts';
import { authenticate } from '../lambdas/flows/authenticate.ts';
import { checkSession } from '../lambdas/flows/check-session.ts';
import { type DeliverReach, deliver } from '../lambdas/flows/deliver.ts';
import { deliverPage } from '../lambdas/flows/deliver-page.ts';
import { depart } from '../lambdas/flows/depart.ts';
import { publish } from '../lambdas/flows/publish.ts';
import { openRoutes } from '../lambdas/flows/routes.ts';
import { stampAll } from '../lambdas/flows/stamp.ts';
import { subscribe } from '../lambdas/flows/subscribe.ts';
import { sweep } from '../lambdas/flows/sweep.ts';
import { putConnection } from '../lambdas/stores/connections.ts';
import { isoTime, newConnection, seconds } from '../rules/connection.ts';
import { type EveryReach, startEngine } from '../test/support/engine.ts';
import { openTestSockets, type TestSockets } from '../test/support/sockets.ts';
import { atMost, type Figure, type Report } from './figures.ts';
import { crowdMember, putCrowd, TENANT } from './units/crowd.ts';
import {
  differenceOf,
  dollarsOf,
  type Meter,
  openMeter,
  sumOf,
  type Units,
} from './units/meter.ts';
import { prices } from './units/prices.ts';

const NOW = Date.parse('2026-11-20T12:00:00.000Z');
const TEN_TOPICS = Array.from({ length: 10 }, (_, at) => `pets/${at}`);
const times = { graceSeconds: GRACE_SECONDS, retentionSeconds: RETENTION_SECONDS };

/** The workload of the design: what one client costs from one reconnect to the next. */
const reference = { clients: 10_000, deliveriesAMinute: 1, minutes: 110, recipientsOfOne: 1_000 };
type Reach = EveryReach &
  DeliverReach & {
    readonly sockets: TestSockets;
    readonly retentionSeconds: number;
  };

/** Every operation of a client and of a publisher, with all calls that it makes. */
export async function units(): Promise<Report> {
  console.info = () => {}; // the flows' own log
  process.env.EPOCH = '0';
  const engine = await startEngine();
  try {
    const open = async () => {
      const unmetered = await engine.createTables({ hasStreams: false });
      const meter = openMeter(unmetered.documents);
      const reach: Reach = {
        ...unmetered,
        // What waits in the queue is worked off at once, by a function that remembers nothing.
        queues: { send: (_, page) => deliverPage({ ...reach, routes: openRoutes() }, page, NOW) },
        recipientsPerPage: RECIPIENTS_PER_PAGE,
        documents: meter.documents,
        sockets: openTestSockets(),
        routes: openRoutes(),
        retentionSeconds: RETENTION_SECONDS,
      };
      return { unmetered, meter, reach };
    };
    const alone = await open();
    const life = await measureLife(alone.meter, alone.reach);
    const publishes = new Map<string, Units>();
    for (const subscribers of [10, 1_000, 10_000]) {
      const { unmetered, meter, reach } = await open();
      const topic = 'crowded';
      for (const id of await putCrowd(unmetered, 'crowd', subscribers, [topic], NOW)) {
        reach.sockets.open(id);
      }
      publishes.set(`publishTo${subscribers}First`, await measurePublish(meter, reach, topic));
      publishes.set(`publishTo${subscribers}`, await measurePublish(meter, reach, topic));
      if (subscribers === reference.recipientsOfOne) {
        life.set('routeAgain', await measureRouteAgain(meter, unmetered, reach, topic));
      }
      if (subscribers === reference.clients) {
        life.set('sweepOfAll', await meter.measure(() => sweep(reach, { ...times, now: NOW })));
      }
    }
    const exponent = await measureExponent(open);
    return reportOf(life, publishes, exponent);
  } finally {
    await engine.stop();
  }
}

type Measured = Map<string, Units>;

/** One client's life: comes, subscribes, drops and returns twice, leaves. */
async function measureLife(meter: Meter, reach: Reach): Promise<Measured> {
  const measured: Measured = new Map();
  const measure = async (name: string, work: () => Promise<unknown>) => {
    measured.set(name, await meter.measure(work));
  };
  const session: SessionName = { tenant: TENANT, userId: 'somebody', sessionId: 'tab' };
  const identity = { ...session, expiresAt: seconds(NOW) + 3600 };
  const connect = (id: string) => {
    reach.sockets.open(id);
    return putConnection(reach, newConnection(id, 'PENDING', NOW));
  };
  const bind = (connectionId: string, replaces?: string) =>
    authenticate(reach, identity, {
      connectionId,
      sessionId: session.sessionId,
      now: NOW,
      ...(replaces && { replaces }),
    });

  await measure('connect', () => connect('socket-1'));
  await measure('authenticate', () => bind('socket-1'));
  await measure('subscribe1', () => subscribe(reach, session, 'socket-1', ['pets/0']));
  await measure('subscribe10', () => subscribe(reach, session, 'socket-1', TEN_TOPICS));
  await measure('disconnect', () => depart(reach, 'socket-1', NOW));
  await connect('socket-2');
  await measure('rebind', () => bind('socket-2'));
  await measure('dropAndReturn', async () => {
    reach.sockets.closed.push('socket-2');
    await depart(reach, 'socket-2', NOW);
    await connect('socket-3');
    await bind('socket-3', 'socket-2');
  });
  await measure('replaceHalfDead', async () => {
    await connect('socket-4');
    await bind('socket-4', 'socket-3');
  });
  await measure('renewToken', () => bind('socket-4'));
  const afterGrace = { ...times, now: NOW + GRACE_SECONDS * 1000 };
  await measure('checkOfOneThatIsBack', () => checkSession(reach, session, afterGrace));
  await depart(reach, 'socket-4', NOW);
  await measure('sessionEnd', () => checkSession(reach, session, afterGrace));
  const parts = ['connect', 'authenticate', 'subscribe10', 'disconnect', 'sessionEnd'];
  measured.set('wholeSession', sumOf(...parts.map((name) => of(measured, name))));
  return measured;
}

/** What one publish costs more after one of its subscribers has dropped and returned. */
async function measureRouteAgain(
  meter: Meter,
  unmetered: EveryReach,
  reach: Reach,
  topic: string,
): Promise<Units> {
  const before = await measurePublish(meter, reach, topic);
  const quiet = { ...reach, ...unmetered };
  const { session, connectionId } = crowdMember('crowd', 0);
  reach.sockets.closed.push(connectionId);
  await depart(quiet, connectionId, NOW);
  reach.sockets.open('returned');
  await putConnection(quiet, newConnection('returned', 'PENDING', NOW));
  const identity = { ...session, expiresAt: seconds(NOW) + 24 * 3600 };
  const { sessionId } = session;
  await authenticate(quiet, identity, { connectionId: 'returned', sessionId, now: NOW });
  return differenceOf(await measurePublish(meter, reach, topic), before);
}

/** From the publisher's transaction to the last post. */
function measurePublish(meter: Meter, reach: Reach, topic: string): Promise<Units> {
  return meter.measure(async () => {
    const payload = { id: 'luna', price: 100, status: 'sold' };
    const { notificationId: id } = await publish(reach, {
      tenant: TENANT,
      topics: [topic],
      payload,
      now: NOW,
    });
    const key = topicKey(TENANT, topic);
    const row: NotificationRow = {
      topic: key,
      id,
      payload: JSON.stringify(payload),
      at: isoTime(NOW),
      ttl: seconds(NOW) + RETENTION_SECONDS,
      topics: [topic],
    };
    await deliver(reach, key, await stampAll(reach, key, [row]), NOW);
  });
}

/**
 * How everything that a client does grows with clients that it has nothing to do with: 0 means not at
 * all, 1 means in proportion.
 */
async function measureExponent(
  open: () => Promise<{ unmetered: EveryReach; meter: Meter; reach: Reach }>,
): Promise<number> {
  const totals: number[] = [];
  for (const unrelated of [0, 1_000, 10_000]) {
    const { unmetered, meter, reach } = await open();
    await putCrowd(unmetered, 'others', unrelated, ['elsewhere'], NOW);
    const [member = ''] = await putCrowd(unmetered, 'crowd', 10, ['crowded'], NOW);
    reach.sockets.open(member);
    const life = await measureLife(meter, reach);
    const published = await measurePublish(meter, reach, 'crowded');
    totals.push(dollarsOf(sumOf(of(life, 'wholeSession'), of(life, 'dropAndReturn'), published)));
  }
  const [none = Number.NaN, thousand = Number.NaN, tenThousand = Number.NaN] = totals;
  return Math.max(Math.log10(thousand / none) / 3, Math.log10(tenThousand / thousand));
}

function reportOf(life: Measured, publishes: Measured, exponent: number): Report {
  const { clients, deliveriesAMinute, minutes, recipientsOfOne } = reference;
  const deliveries = deliveriesAMinute * minutes;
  const publishing = of(publishes, `publishTo${recipientsOfOne}`);
  const parts = {
    delivering: (dollarsOf(publishing) / recipientsOfOne) * deliveries,
    returning: dollarsOf(sumOf(of(life, 'dropAndReturn'), of(life, 'checkOfOneThatIsBack'))),
    findingAgain: dollarsOf(of(life, 'routeAgain')),
    sweeping: (dollarsOf(of(life, 'sweepOfAll')) / clients) * minutes,
  };
  const messages = deliveries * prices.perMessage;
  const percent = (dollars: number) => (dollars / messages) * 100;
  const whole = Object.values(parts).reduce((sum, each) => sum + each);
  const figures: Figure[] = [
    ...[...life, ...publishes].flatMap(([of, units]) =>
      Object.entries(units).map(([name, value]) => ({ of, name, value })),
    ),
    { name: 'wholeSessionWrites', value: of(life, 'wholeSession').writes, target: atMost(40) },
    { name: 'dropAndReturnWrites', value: of(life, 'dropAndReturn').writes, target: atMost(12) },
    { name: 'unrelatedExponent', value: exponent, target: atMost(0) },
    ...Object.entries(parts).map(([name, dollars]) => ({
      of: 'reference',
      name: `${name}Percent`,
      value: percent(dollars),
    })),
    { name: 'referencePercent', value: percent(whole), target: atMost(10) },
  ];
  return {
    figures,
    notes: [
      `reference: ${clients} clients, ${deliveriesAMinute} delivery a minute each, ${recipientsOfOne} recipients a publish, a reconnect every\n${minutes} minutes; DynamoDB in percent of what the delivered messages cost. publishTo…First: by a process\nthat has not delivered to anybody yet.`,
    ],
  };
}

function of(measured: Measured, name: string): Units {
  const units = measured.get(name);
  if (units === undefined) throw new Error(`Nothing was measured as ${name}.`);
  return units;
}
