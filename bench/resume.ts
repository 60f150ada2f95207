import { GRACE_SECONDS } from '../contract/limits.ts';
import { type NotificationRow, topicKey } from '../contract/tables.ts';
import { publish } from '../lambdas/flows/publish.ts';
import { readMissed } from '../lambdas/flows/read-missed.ts';
import { stampAll } from '../lambdas/flows/stamp.ts';
import { inParallel } from '../lambdas/platform/parallel.ts';
import { type Engine, startEngine } from '../test/support/engine.ts';
import { atLeast, atMost, type Figure, type Report } from './figures.ts';
import { TENANT } from './units/crowd.ts';
import { NOW, openWorkload, type Workload } from './units/workload.ts';

const MISSED = [10, 1_000, 10_000];
const PUBLISHES = 2_000;
const PUBLISHERS = 16;
/** As many records as a stream's batch brings. */
const BATCH = 100;
const PAYLOAD = { id: 'luna', name: 'Luna', price: 100, status: 'sold', since: 'yesterday' };

/** Catching up on what was missed, and how much one topic and many topics take. */
export async function resume(): Promise<Report> {
  console.info = () => {}; // the flows' own log
  process.env.EPOCH = '0';
  const engine = await startEngine();
  try {
    const figures: Figure[] = [];
    for (const missed of MISSED) figures.push(...(await measureCatchingUp(engine, missed)));
    const one = await measurePublishing(engine, 1);
    const fifty = await measurePublishing(engine, 50);
    return {
      figures: [
        ...figures,
        { name: 'publishesPerSecondOnOneTopic', value: one.perSecond, target: atLeast(200) },
        { name: 'publishesPerSecondOnFifty', value: fifty.perSecond },
        { name: 'writeUnitsAPublish', value: one.writeUnits, target: atMost(7) },
        { name: 'writeUnitsAPublishOnFifty', value: fifty.writeUnits },
      ],
      notes: [
        `Publishing: ${PUBLISHES} messages by ${PUBLISHERS} publishers at once, numbered beside them in batches of up to ${BATCH}, as the stream's function does it.`,
      ],
    };
  } finally {
    await engine.stop();
  }
}

/** From the first request to the last message, page after page, as a client asks for them. */
async function measureCatchingUp(engine: Engine, missed: number): Promise<Figure[]> {
  const { meter, reach } = await openWorkload(engine);
  await say({ reach }, missed, ['Pet']);
  let pages = 0;
  let tookMs = 0;
  const { reads } = await meter.measure(async () => {
    const began = performance.now();
    for (let seq = 0, epoch: string | null = null, more = true; more; pages += 1) {
      const cursors = [{ topic: 'Pet', epoch, seq }];
      const [fill] = await readMissed(reach, { tenant: TENANT, cursors, now: NOW });
      if (!fill?.recovered) throw new Error('Nothing was recovered.');
      ({ next: seq, epoch, more } = fill);
    }
    tookMs = performance.now() - began;
  });
  const of = `missed${missed}`;
  return [
    { of, name: 'ms', value: tookMs },
    { of, name: 'requests', value: pages },
    { of, name: 'readUnits', value: reads },
  ];
}

async function measurePublishing(engine: Engine, many: number) {
  const { meter, reach } = await openWorkload(engine);
  const topics = Array.from({ length: many }, (_, at) => `pets/${at}`);
  let seconds = 0;
  const units = await meter.measure(async () => {
    const began = performance.now();
    await say({ reach }, PUBLISHES, topics);
    seconds = (performance.now() - began) / 1000;
  });
  return { perSecond: PUBLISHES / seconds, writeUnits: units.writes / PUBLISHES };
}

/** Publishes in turn on these topics, and numbers what was published meanwhile, until all of it is. */
async function say(
  { reach }: Pick<Workload, 'reach'>,
  messages: number,
  topics: readonly string[],
) {
  const waiting = new Map<string, NotificationRow[]>();
  let isPublishing = true;
  const stampSome = async (): Promise<boolean> => {
    const batches = [...waiting].filter(([, rows]) => rows.length > 0);
    await Promise.all(
      batches.map(([topic, rows]) => stampAll(reach, topic, rows.splice(0, BATCH))),
    );
    return batches.length > 0;
  };
  const stamping = (async () => {
    while ((await stampSome()) || isPublishing) await new Promise(setImmediate);
  })();
  await inParallel(
    Array.from({ length: messages }, (_, at) => at),
    PUBLISHERS,
    async (at) => {
      const topic = topics[at % topics.length] ?? '';
      const publication = { tenant: TENANT, topics: [topic], payload: PAYLOAD, now: NOW };
      const { notificationId: id } = await publish(reach, publication);
      const key = topicKey(TENANT, topic);
      const row: NotificationRow = {
        topic: key,
        id,
        payload: JSON.stringify(PAYLOAD),
        at: new Date(NOW).toISOString(),
        ttl: NOW / 1000 + GRACE_SECONDS,
        topics: [topic],
      };
      const others = waiting.get(key);
      if (others) others.push(row);
      else waiting.set(key, [row]);
    },
  );
  isPublishing = false;
  await stamping;
}
