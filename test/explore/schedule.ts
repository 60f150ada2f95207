import type { FunctionName } from '../../contract/functions.ts';
import { CONNECTIONS_PER_SESSION, SESSIONS_PER_USER } from '../../contract/limits.ts';
import { type Actor, castActors } from './actors.ts';
import { letWait } from './clock.ts';
import {
  type Broken,
  judgeAlways,
  judgeChange,
  judgeEmpty,
  judgeQuiet,
  judgeSwept,
} from './invariants.ts';
import { makePlan, type Step, withGrowth, withOperator } from './plan.ts';
import { randomOf } from './random.ts';
import { openScheduler, type Scheduler } from './scheduler.ts';
import { type Arena, deadlineOf, type Limits, openWorld, type Plant, type World } from './world.ts';

/** One schedule, told completely: the same one runs the same way every time. */
export interface Schedule {
  readonly seed: number;
  readonly number: number;
  readonly graceSeconds: number;
  readonly stickiness: number;
  /** The function that often falls asleep before a call, while others do much. */
  readonly lazy: FunctionName;
  readonly crashes: number;
  readonly outages: number;
  /** How likely a transaction takes so long that others conflict with it. */
  readonly slowness: number;
  /** How likely a batch of the sessions' stream is delivered twice; in half of all schedules each is. */
  readonly copies: number;
  /** How much one user may have at once. */
  readonly limits: Limits;
  readonly steps: readonly Step[];
  /** Another one, other interleavings of the same steps. */
  readonly salt: number;
}

export interface Finding extends Broken {
  readonly schedule: Schedule;
  readonly trace: readonly string[];
}

const lazy = ['default', 'disconnect', 'session-check', 'check-session', 'sweep'] as const;
const lazyInReturns = ['default', 'session-check', 'session-check', 'sweep'] as const;
const OFTEN = 0.4;
const SELDOM = 0.03;

export function scheduleOf(seed: number, number: number): Schedule {
  const random = randomOf(seed, number, 'plan');
  // Below a function's time limit too: then a slow function meets a later life of its session.
  const graceSeconds = random.pick([30, 30, 30, 2]);
  const isReturn = random.chance(0.5);
  const temper = {
    stickiness: random.pick([0, 0.5, 0.9]),
    lazy: random.pick(isReturn ? lazyInReturns : lazy),
    crashes: random.below(4),
    outages: random.below(4),
    slowness: random.pick([0, 0.5, 1]),
  };
  const plan = makePlan(random, graceSeconds, isReturn);
  // By chance of its own, so that what else a schedule has stays what it was.
  const rule = randomOf(seed, number, 'rule');
  const growth = randomOf(seed, number, 'growth');
  const steps = growth.chance(0.3) ? withGrowth(growth, plan) : plan;
  return {
    seed,
    number,
    graceSeconds,
    ...temper,
    limits: {
      sessionsPerUser: rule.pick([SESSIONS_PER_USER, SESSIONS_PER_USER, 1]),
      connectionsPerSession: rule.pick([CONNECTIONS_PER_SESSION, CONNECTIONS_PER_SESSION, 2, 1]),
    },
    steps: rule.chance(0.3) ? withOperator(rule, steps) : steps,
    copies: rule.pick([0.15, 1]),
    salt: 0,
  };
}

interface Run {
  readonly world: World;
  readonly scheduler: Scheduler;
  /** The first promise that broke. */
  broken: Broken | undefined;
}

const ENOUGH_MOVES = 5000;
const IDLE_AND_MORE_SECONDS = 700;
const MINUTE_SECONDS = 60;

/** Plays a schedule on tables of its own; undefined when every promise held. */
export async function play(
  arena: Arena,
  schedule: Schedule,
  plant: Plant,
): Promise<{ readonly finding: Finding | undefined; readonly trace: readonly string[] }> {
  const { seed, number, graceSeconds, limits, salt } = schedule;
  const random = randomOf(seed, number, 'play', salt);
  const { stickiness, slowness, copies, crashes, outages } = schedule;
  const temper = { stickiness, slowness, copies, crashes, outages };
  const actors = castActors(() => world);
  const world: World = openWorld(arena, random, actors, { graceSeconds, limits, temper, plant });
  const scheduler = openScheduler(random, temper);
  const run: Run = { world, scheduler, broken: undefined };
  if (copies === 1) scheduler.trace.push('every batch of the stream comes twice');
  const left = [...schedule.steps];

  const start = (actor: Actor): Promise<void> => {
    const { now } = world;
    return scheduler.start({
      name: actor.name,
      deadline: deadlineOf(actor.does, now),
      laziness: actor.does === schedule.lazy ? OFTEN : SELDOM,
      run: (gate) =>
        letWait(
          () => gate('waits a moment', world.settle),
          () => actor.run(world.reachThrough(gate), now, gate),
        ),
      crashed: () => {
        actor.crashed?.();
        const dueAt = world.now + 1000 * (1 + random.below(30));
        if (actor.comesAgain) world.deliver({ ...actor, dueAt });
        else if (actor.does === 'disconnect') world.lost += 1;
      },
    });
  };

  /** Starts or skips the next step; false when it has to wait for something. */
  const take = async (): Promise<boolean> => {
    const [step] = left;
    if (!step) return false;
    const readiness = readinessOf(step, world, scheduler);
    if (readiness === 'waits') return false;
    left.shift();
    if (readiness === 'moot') return true;
    if (step.does === 'wait') {
      await pass(run, step.seconds);
    } else if (step.does === 'close') {
      scheduler.trace.push(`${step.connection} closes`);
      world.close(step.connection, step.disconnects);
    } else {
      if (step.does === 'connect') world.sockets.set(step.connection, 'opening');
      await start(actors.of(step));
    }
    return true;
  };

  /** Until nothing is left to do. */
  const drain = async (): Promise<void> => {
    for (let moves = 0; !run.broken; moves += 1) {
      if (moves > ENOUGH_MOVES) run.broken = { promise: 'everything ends', seen: 'it goes on' };
      if (scheduler.isAwake() && random.chance(0.65)) await scheduler.step();
      else if (random.chance(0.5) && (await take())) {
        // Something new has begun beside what runs.
      } else {
        const delivery = world.takeDue();
        if (delivery) await start(delivery);
        else if (scheduler.isBusy()) {
          if (random.chance(0.05)) await pass(run, 1 + random.below(3));
          else await scheduler.step();
        } else if (!(await take())) {
          const next = world.nextDueAt();
          if (next === undefined) return world.settle();
          await pass(run, Math.max(0, (next - world.now) / 1000));
        }
      }
      judge(run);
    }
  };

  const sweepAfter = async (seconds: number): Promise<void> => {
    if (run.broken) return;
    await pass(run, seconds);
    await start(actors.of({ does: 'sweep' }));
    await drain();
  };
  const settle = async (judgeRest: typeof judgeSwept): Promise<void> => {
    await pass(run, IDLE_AND_MORE_SECONDS);
    // Each asks about every socket; more than one, since its questions may go astray.
    for (let round = 0; round < 5; round += 1) await sweepAfter(MINUTE_SECONDS);
    expectAll(run, judgeRest);
  };

  await drain();
  expectAll(run, judgeQuiet);
  Object.assign(temper, { crashes: 0, outages: 0 });
  await settle(judgeSwept);
  for (const [id, state] of world.sockets) if (state === 'open') world.close(id, 0);
  await settle(judgeEmpty);

  const { trace } = scheduler;
  return { finding: run.broken && { ...run.broken, schedule, trace }, trace };
}

async function pass({ world, scheduler }: Run, seconds: number): Promise<void> {
  await world.settle();
  world.now += seconds * 1000;
  if (seconds > 0) scheduler.trace.push(`${seconds} s pass`);
  scheduler.killOverdue(world.now);
}

function judge(run: Run): void {
  const { world, scheduler } = run;
  const [defect] = scheduler.defects;
  if (defect) run.broken ??= { promise: 'no flow throws', seen: defect };
  for (const change of world.changes.splice(0)) {
    for (const broken of judgeChange(world, change)) run.broken ??= broken;
  }
  expectAll(run, judgeAlways);
}

function expectAll(run: Run, check: typeof judgeAlways): void {
  for (const broken of run.broken ? [] : check(run.world)) run.broken ??= broken;
}

function readinessOf(step: Step, world: World, scheduler: Scheduler): 'ready' | 'waits' | 'moot' {
  if (step.does === 'wait') return step.isCalm && scheduler.isBusy() ? 'waits' : 'ready';
  if (!('connection' in step)) return 'ready';
  const socket = world.sockets.get(step.connection);
  switch (step.does) {
    case 'connect':
      return 'ready';
    case 'close':
      return socket === 'opening' || socket === 'open' ? 'ready' : 'moot';
    case 'reap':
    case 'drop':
      return socket === undefined ? 'moot' : 'ready';
    case 'post':
      return socket === 'open' || socket === 'closed' ? 'ready' : 'moot';
    default:
      if (socket === 'opening') return 'waits';
      return socket === 'open' ? 'ready' : 'moot';
  }
}
