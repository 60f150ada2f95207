import { setImmediate as settled } from 'node:timers/promises';
import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { Refusal } from '../../contract/refusals.ts';
import type { Random } from './random.ts';

/** Every call that an actor makes to the outside waits here until it is its turn. */
export type Gate = <Answer>(
  call: string,
  perform: () => Promise<Answer>,
  how?: { readonly isRepeatable?: boolean },
) => Promise<Answer>;

export interface Invocation {
  readonly name: string;
  /** Milliseconds of virtual time: whatever still runs then is killed. */
  readonly deadline: number;
  /** How likely it falls asleep before a call, while others do much. @default 0 */
  readonly laziness?: number;
  run(gate: Gate): Promise<void>;
  /** Killed, by a crash or by its deadline. */
  crashed(): void;
}

export interface Scheduler {
  /** Runs it up to its first call. */
  start(invocation: Invocation): Promise<void>;
  isBusy(): boolean;
  /** Somebody waits who is not asleep. */
  isAwake(): boolean;
  /** Lets exactly one waiting call go on, and its actor up to the next one. */
  step(): Promise<void>;
  killOverdue(now: number): void;
  readonly trace: string[];
  /** What an actor threw that no flow may throw. */
  readonly defects: string[];
}

/** How it mixes actors, and how many of them may still crash: see `World`. */
interface Temper {
  readonly stickiness: number;
  crashes: number;
}

/** What a service answers that cannot serve right now. A function that it fails is no defect. */
export class Outage extends Error {
  override readonly name = 'ServiceUnavailable';
}

interface Actor extends Invocation {
  isOver: boolean;
}

interface Waiting {
  readonly actor: Actor;
  readonly call: string;
  readonly isRepeatable: boolean;
  /** The move before which it does not go on while others can. */
  readonly asleepUntil: number;
  perform(): Promise<unknown>;
  answer(value: unknown): void;
  fail(fault: unknown): void;
}

const CRASH_CHANCE = 0.06;
/** The SDK asks again after a lost answer: a plain write then takes effect twice. */
const REPEAT_CHANCE = 0.03;
/** For so many moves at the most one sleeps who is lazy: others can do much in between. */
const SLEEP_MOVES = 40;

/** Decides, by chance alone, whose call goes on next and who dies: between any two calls, or within one. */
export function openScheduler(random: Random, temper: Temper): Scheduler {
  let waiting: Waiting[] = [];
  let last: Actor | undefined;
  let moves = 0;
  const actors = new Set<Actor>();
  const trace: string[] = [];
  const defects: string[] = [];

  const awake = () => waiting.filter(({ asleepUntil }) => asleepUntil <= moves);

  const kill = (actor: Actor): void => {
    actor.isOver = true;
    actors.delete(actor);
    waiting = waiting.filter((each) => each.actor !== actor);
    actor.crashed();
  };

  const start = async (invocation: Invocation): Promise<void> => {
    const actor: Actor = { ...invocation, isOver: false };
    actors.add(actor);
    const gate: Gate = (call, perform, { isRepeatable = false } = {}) =>
      new Promise((answer, fail) => {
        // A dead actor's calls are never answered: nothing of it goes on.
        if (actor.isOver) return;
        const resolve = answer as (value: unknown) => void;
        const isLazy = actor.laziness !== undefined && random.chance(actor.laziness);
        const asleepUntil = isLazy ? moves + random.below(SLEEP_MOVES) : 0;
        waiting.push({ actor, call, isRepeatable, asleepUntil, perform, answer: resolve, fail });
      });
    trace.push(`${actor.name}: starts`);
    actor
      .run(gate)
      .catch((fault: unknown) => {
        if (fault instanceof Refusal) trace.push(`${actor.name}: refused ${fault.code}`);
        const isBusy = fault instanceof Refusal && fault.code === 'busy';
        if (isBusy || fault instanceof Outage) actor.crashed();
        else if (!(fault instanceof Refusal)) defects.push(`${actor.name} threw ${String(fault)}`);
      })
      .finally(() => {
        actor.isOver = true;
        actors.delete(actor);
      });
    await settled();
  };

  const step = async (): Promise<void> => {
    moves += 1;
    const able = awake().length > 0 ? awake() : waiting;
    const own = able.filter(({ actor }) => actor === last);
    const next = random.pick(own.length > 0 && random.chance(temper.stickiness) ? own : able);
    const { actor, call } = next;
    last = actor;
    waiting = waiting.filter((each) => each !== next);
    const tell = (outcome: string) => trace.push(`${actor.name}: ${call} → ${outcome}`);
    const isCrash = temper.crashes > 0 && random.chance(CRASH_CHANCE);
    const isBefore = isCrash && random.chance(0.5);
    if (isCrash) temper.crashes -= 1;
    if (isBefore) {
      tell('CRASH before it');
      return kill(actor);
    }
    const isRepeated = next.isRepeatable && random.chance(REPEAT_CHANCE);
    if (isRepeated) await next.perform().catch(() => undefined);
    try {
      const value = await next.perform();
      const outcome = `${typeof value === 'string' ? value : 'done'}${isRepeated ? ' twice' : ''}`;
      tell(isCrash ? `${outcome}, CRASH before the answer` : outcome);
      if (!isCrash) next.answer(value);
    } catch (fault) {
      tell(`${nameOf(fault)}${isCrash ? ', CRASH before the answer' : ''}`);
      if (!isCrash) next.fail(fault);
    }
    if (isCrash) kill(actor);
    await settled();
  };

  const killOverdue = (now: number): void => {
    for (const actor of [...actors].filter(({ deadline }) => deadline <= now)) {
      trace.push(`${actor.name}: TIMED OUT`);
      kill(actor);
    }
  };

  const isBusy = () => waiting.length > 0;
  const isAwake = () => awake().length > 0;
  return { start, isBusy, isAwake, step, killOverdue, trace, defects };
}

function nameOf(fault: unknown): string {
  if (!(fault instanceof Error)) return String(fault);
  const name = fault.name.replace(/Exception$/, '');
  if (!(fault instanceof TransactionCanceledException)) return name;
  return `${name} [${fault.CancellationReasons?.map(({ Code }) => Code).join(', ')}]`;
}
