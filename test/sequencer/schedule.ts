import type { ExpressMessage } from '../../contract/internal.ts';
import { type NotificationRow, topicKey } from '../../contract/tables.ts';
import { deliver } from '../../lambdas/flows/deliver.ts';
import { deliverPage } from '../../lambdas/flows/deliver-page.ts';
import { leaveOutTold, express as tellAhead } from '../../lambdas/flows/express.ts';
import type { ExpressLine } from '../../lambdas/platform/express-line.ts';
import { streamEdge } from '../../lambdas/platform/stream-edge.ts';
import { randomOf } from '../explore/random.ts';
import { openScheduler } from '../explore/scheduler.ts';
import type { EveryReach } from '../support/engine.ts';
import { judge } from './judge.ts';
import { openLedger } from './ledger.ts';
import { openPageQueue } from './page-queue.ts';
import type { Product } from './product.ts';
import { openStream } from './stream.ts';
import { openSubscriber } from './subscriber.ts';
import { openWorld, type World } from './world.ts';

export interface Outcome {
  /** What was seen that must never be; empty when all is well. */
  readonly broken: readonly string[];
  readonly trace: readonly string[];
  /** How often what happened. */
  readonly tally: Tally;
}

export type Tally = ReadonlyMap<string, number>;

const USERS = ['joe', 'sam', 'eve'];
const TOPICS = ['a', 'b'];
const MESSAGES = 10;
const TURNS = 14;
/** No schedule needs as many; one that does never comes to rest. */
const STEPS_MOST = 5000;
const LOOK_CHANCE = 0.15;

let played = 0;

/** Plays one schedule by its seed, on tables that others may share: its tenant is its own. */
export async function play(
  tables: EveryReach,
  productOf: (world: Pick<World, 'ledger'>) => Product,
  seed: number,
  schedule: number,
): Promise<Outcome> {
  played += 1;
  const random = randomOf(seed, schedule);
  const temper = {
    stickiness: random.pick([0, 0.5, 0.9]),
    crashes: random.below(6),
    flakes: random.below(4),
  };
  const scheduler = openScheduler(random, temper);
  const ledger = openLedger(tables);
  const tenant = `s${played}`;
  const product = productOf({ ledger });
  const memories = product.stampers.map(() => product.openRoutes());
  const now = Date.now();
  const tally = new Map<string, number>();
  const tell = (what: string) => void tally.set(what, (tally.get(what) ?? 0) + 1);
  const pages = openPageQueue(random, tell);
  const hasExpress = random.chance(0.5);
  const line: ExpressMessage[] = [];
  const given = { tell, tenant, topics: TOPICS, now, product };
  const parts = { ...given, random, ledger, temper, scheduler, pages };
  const world = openWorld(tables, parts);
  const subscribers = USERS.map((name) => openSubscriber(world, name));
  const stream = openStream(random, ledger.commits, tell);
  let messages = 0;
  let turns = 0;

  async function say(): Promise<void> {
    messages += 1;
    tell('published');
    const payload = `m${messages}`;
    const topics = random.chance(0.3) ? TOPICS : [random.pick(TOPICS)];
    const origin = random.chance(0.5) ? random.pick(subscribers).session : undefined;
    const by = origin ? { origin: { userId: origin.userId, sessionId: origin.sessionId } } : {};
    await world.invoke(
      `publish ${payload} on ${topics} by ${origin?.userId ?? 'nobody'}`,
      async (reach) => {
        const express: ExpressLine = { send: async (message) => void line.push(message) };
        const { isDone } = await product.publish(
          { ...reach, ...(hasExpress && { express }) },
          { tenant, topics, payload, now, ...by },
        );
        const rows = ledger.commits.filter((row) => row.payload === JSON.stringify(payload));
        if (!isDone || rows.length < topics.length) {
          ledger.broken.push(`${payload} was answered with ${isDone}, with ${rows.length} rows.`);
        }
      },
      () => undefined,
    );
  }

  async function fanOut(): Promise<void> {
    const { marks, event, answered, crashed } = stream.deliver();
    const process = random.below(product.stampers.length);
    const names = marks
      .map((mark) => ledger.commits[mark])
      .map((row) => `${row?.payload} ${row?.topic}`);
    let isStamped = false;
    await world.invoke(
      `fan-out ${marks} (${names}) in process ${process}`,
      async (reach) => {
        const stampAll = product.stampers[process];
        const routes = memories[process];
        if (!stampAll || !routes) throw new Error('no such process');
        const handler = streamEdge<NotificationRow>(
          'notifications',
          ({ topic }) => topic,
          async ({ name, changes }) => {
            const rows = changes.map(({ row }) => row);
            const untold = hasExpress ? await leaveOutTold(reach, name, rows) : rows;
            const stamped = await stampAll(reach, name, untold);
            isStamped = true;
            await deliver({ ...reach, routes }, name, stamped, now);
          },
        );
        answered(await handler(event));
      },
      () => {
        tell(isStamped ? 'killed after stamping' : 'killed before stamping');
        crashed();
      },
    );
  }

  /** Some of what was handed on at once; never tried again. */
  async function express(): Promise<void> {
    const messages = line.splice(0, 1 + random.below(line.length));
    const process = random.below(product.stampers.length);
    const stampAll = product.stampers[process];
    const routes = memories[process];
    if (!stampAll || !routes) throw new Error('no such process');
    tell('express');
    await world.invoke(
      `express ${messages.map(({ id }) => id)} in process ${process}`,
      (reach) => tellAhead({ ...reach, routes }, messages, now, stampAll),
      () => tell('express killed'),
    );
  }

  /** A page of recipients, in whichever process. */
  async function deliverOne(): Promise<void> {
    const { page, done, crashed } = pages.take();
    const routes = random.pick(memories);
    const names = page.routes.map(({ session }) => session.userId);
    await world.invoke(
      `delivery to ${names} of ${page.topic}`,
      async (reach) => {
        await deliverPage({ ...reach, routes }, page, now);
        done();
      },
      crashed,
    );
  }

  async function turn(): Promise<void> {
    turns += 1;
    await random.pick(subscribers.filter((each) => !each.isBusy())).turn();
  }

  /** What may begin now; `isEnding` once nothing new is to come. */
  function beginnings(isEnding: boolean): (() => Promise<void>)[] {
    const idle = subscribers.filter((each) => !each.isBusy());
    const unsettled = idle.filter((each) => each.isUnsettled());
    const redrive = async () => stream.redrive();
    return [
      ...(!isEnding && messages < MESSAGES ? [say] : []),
      ...(!isEnding && turns < TURNS && idle.length > 0 ? [turn, turn] : []),
      ...(stream.canDeliver() ? [fanOut, fanOut] : []),
      ...(line.length > 0 ? [express] : []),
      ...(pages.canWork() ? [deliverOne, deliverOne] : []),
      ...unsettled.map((each) => () => each.settle()),
      ...(stream.canRedrive() && (isEnding || random.chance(0.1)) ? [redrive] : []),
    ];
  }

  const isAtRest = () =>
    !scheduler.isBusy() &&
    stream.isEmpty() &&
    pages.isEmpty() &&
    !subscribers.some((each) => each.isUnsettled());

  for (let steps = 0; steps < STEPS_MOST && ledger.broken.length === 0; steps += 1) {
    const isEnding = messages >= MESSAGES && turns >= TURNS;
    if (isEnding) Object.assign(temper, { crashes: 0, flakes: 0 });
    if (isEnding && isAtRest()) break;
    const may = beginnings(isEnding);
    if (may.length > 0 && (!scheduler.isBusy() || random.chance(0.2))) await random.pick(may)();
    else if (scheduler.isBusy()) await scheduler.step();
    if (random.chance(LOOK_CHANCE)) await ledger.look(topicKey(tenant, random.pick(TOPICS)));
  }
  if (ledger.broken.length === 0) {
    if (!isAtRest()) ledger.broken.push(`It has not come to rest after ${STEPS_MOST} steps.`);
    else await judge(tables, world, subscribers);
  }
  ledger.broken.push(...scheduler.defects);
  return { broken: ledger.broken, trace: scheduler.trace, tally };
}
