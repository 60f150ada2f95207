import { authenticate } from '../lambdas/flows/authenticate.ts';
import { depart } from '../lambdas/flows/depart.ts';
import { sweep } from '../lambdas/flows/sweep.ts';
import { putConnection } from '../lambdas/stores/connections.ts';
import { newConnection, seconds } from '../rules/connection.ts';
import { type EveryReach, startEngine } from '../test/support/engine.ts';
import { identityOf } from '../test/support/identity.ts';
import { atMost, type Figure, type Report } from './figures.ts';
import { prices } from './prices.ts';
import { crowdMember, putCrowd } from './units/crowd.ts';
import { differenceOf, dollarsOf, type Meter, sumOf, type Units } from './units/meter.ts';
import {
  type Measured,
  measureLife,
  measurePublish,
  NOW,
  of,
  openWorkload,
  type Reach,
  times,
  type Workload,
} from './units/workload.ts';

/** The workload of the design: what one client costs from one reconnect to the next. */
const reference = { clients: 10_000, deliveriesAMinute: 1, minutes: 110, recipientsOfOne: 1_000 };

/** Every operation of a client and of a publisher, with all calls that it makes. */
export async function units(): Promise<Report> {
  console.info = () => {}; // the flows' own log
  process.env.EPOCH = '0';
  const engine = await startEngine();
  try {
    const open = () => openWorkload(engine);
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
  const identity = identityOf({ ...session, expiresAt: seconds(NOW) + 24 * 3600 });
  const { sessionId } = session;
  await authenticate(quiet, identity, { connectionId: 'returned', sessionId, now: NOW });
  return differenceOf(await measurePublish(meter, reach, topic), before);
}

/**
 * How everything that a client does grows with clients that it has nothing to do with: 0 means not at
 * all, 1 means in proportion.
 */
async function measureExponent(open: () => Promise<Workload>): Promise<number> {
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
