import type { Random } from './random.ts';

interface Frame {
  readonly connection: string;
}

/** What clients and chance do to the system, in this order; how it interleaves is the scheduler's. */
export type Step =
  | ({ readonly does: 'connect' } & Frame)
  | ({
      readonly does: 'authenticate';
      readonly user: string;
      readonly session: string;
      readonly replaces?: string;
      /** By a token that was issued before anything began; else by one of this moment. */
      readonly isOld?: boolean;
    } & Frame)
  | ({ readonly does: 'subscribe' | 'unsubscribe'; readonly topics: readonly string[] } & Frame)
  /** The client closes, or dies; `$disconnect` comes so many times. */
  | ({ readonly does: 'close'; readonly disconnects: number } & Frame)
  /** A message of a queue that comes once more, at any time. */
  | ({ readonly does: 'reap' } & Frame)
  | { readonly does: 'check' | 'probe'; readonly user: string; readonly session: string }
  /** An operator shuts a user out, or one session. */
  | { readonly does: 'revoke'; readonly user: string; readonly session?: string }
  /** A delivery has seen so many subscribers that their topic needs more shards. */
  | { readonly does: 'grow'; readonly topic: string; readonly shards: number }
  /** A delivery to a connection, which may find its socket gone; or somebody drops it. */
  | ({ readonly does: 'post' | 'drop' } & Frame)
  | { readonly does: 'sweep' }
  /** Time passes; calmly when everybody has finished before. */
  | { readonly does: 'wait'; readonly seconds: number; readonly isCalm: boolean };

interface Owner {
  readonly user: string;
  readonly session: string;
}

const users = ['joe', 'sam'] as const;
const sessions = ['tab-1', 'tab-2'] as const;
const topics = ['Pet', 'Toy'] as const;

/**
 * One to three visits: connections come, talk and mostly go; then time passes. Or a story of returns: the same
 * client comes back when its session is just about to end, or has just ended.
 */
export function makePlan(random: Random, graceSeconds: number, isReturn: boolean): Step[] {
  const steps: Step[] = [];
  const owners = new Map<string, Owner>();
  for (let visits = random.below(3) + (isReturn ? 2 : 1); visits > 0; visits -= 1) {
    // Mostly the same one: races are about meeting.
    const [likely = { user: 'joe', session: 'tab-1' }] = owners.values();
    const lives = Array.from({ length: 1 + random.below(isReturn ? 2 : 3) }, () => {
      const connection = `c${owners.size + 1}`;
      const owner = random.chance(isReturn ? 0.9 : 0.5) ? likely : anyOwner(random);
      const life = makeLife(random, connection, owner, [...owners.keys()], isReturn);
      owners.set(connection, owner);
      return life;
    });
    steps.push(...riffle(random, [...lives, disturbances(random, [...owners])]));
    const waits = isReturn ? [0, 1] : [1 - graceSeconds, 6 - graceSeconds, 0, 1, 10, 700];
    const seconds = Math.max(0, graceSeconds + random.pick(waits));
    steps.push({ does: 'wait', seconds, isCalm: isReturn || random.chance(0.7) });
  }
  return steps;
}

const anyOwner = (random: Random): Owner => ({
  user: random.pick(users),
  session: random.pick(sessions),
});

function makeLife(
  random: Random,
  connection: string,
  owner: Owner,
  earlier: readonly string[],
  isReturn: boolean,
): Step[] {
  const life: Step[] = [{ does: 'connect', connection }];
  const authenticate = (): Step => ({
    does: 'authenticate',
    connection,
    ...owner,
    ...(random.chance(0.1) && { user: random.pick(users) }),
    ...(earlier.length > 0 && random.chance(0.4) && { replaces: random.pick(earlier) }),
  });
  if (random.chance(isReturn ? 1 : 0.9)) life.push(authenticate());
  for (let more = random.below(isReturn ? 3 : 4); more > 0; more -= 1) {
    const does = random.pick(['authenticate', 'subscribe', 'subscribe', 'unsubscribe'] as const);
    const about = random.pick([topics, topics.slice(0, 1), topics.slice(1)]);
    life.push(does === 'authenticate' ? authenticate() : { does, connection, topics: about });
  }
  // Long enough for a sign of life to be worth a write.
  if (!isReturn && random.chance(0.15))
    life.push({ does: 'wait', seconds: 700, isCalm: random.chance(0.5) });
  if (random.chance(isReturn ? 0.7 : 0.3)) life.push({ does: 'subscribe', connection, topics });
  if (!random.chance(isReturn ? 0.95 : 0.7)) return life;
  const close: Step = { does: 'close', connection, disconnects: random.pick([0, 1, 1, 1, 2]) };
  if (isReturn) return [...life, { does: 'wait', seconds: 1, isCalm: random.chance(0.5) }, close];
  const at = random.chance(0.7) ? life.length : 1 + random.below(life.length);
  return life.toSpliced(at, 0, close);
}

const disturbing = ['reap', 'check', 'check', 'probe', 'post', 'post', 'drop', 'sweep'] as const;

function disturbances(random: Random, owners: readonly (readonly [string, Owner])[]): Step[] {
  return Array.from({ length: random.below(3) }, (): Step => {
    const [connection, owner] = random.pick(owners);
    const does = random.pick(disturbing);
    if (does === 'check' || does === 'probe') return { does, ...owner };
    return does === 'sweep' ? { does } : { does, connection };
  });
}

/** One list of several, each in its own order. */
function riffle(random: Random, lists: readonly (readonly Step[])[]): Step[] {
  const left = lists.map((list) => [...list]).filter((list) => list.length > 0);
  const mixed: Step[] = [];
  while (left.length > 0) {
    const list = random.pick(left);
    mixed.push(...list.splice(0, 1));
    if (list.length === 0) left.splice(left.indexOf(list), 1);
  }
  return mixed;
}

/** The same plan, with an operator in it: somebody is shut out while others come, some by tokens from before. */
export function withOperator(random: Random, steps: readonly Step[]): Step[] {
  const planned: Step[] = steps.map((step) =>
    step.does === 'authenticate' && random.chance(0.4) ? { ...step, isOld: true } : step,
  );
  for (let acts = 1 + random.below(2); acts > 0; acts -= 1) {
    const user = random.pick(users);
    const session = random.chance(0.5) ? random.pick(sessions) : undefined;
    planned.splice(1 + random.below(planned.length), 0, {
      does: 'revoke',
      user,
      ...(session !== undefined && { session }),
    });
  }
  return planned;
}

/** The same plan, in which topics are spread over more shards meanwhile. */
export function withGrowth(random: Random, steps: readonly Step[]): Step[] {
  const planned = [...steps];
  for (const topic of topics) {
    // Early, so that what comes after meets it.
    const at = random.below(Math.min(planned.length, 6));
    planned.splice(at, 0, { does: 'grow', topic, shards: random.pick([2, 8]) });
  }
  // And who has subscribed changes their mind, soon or late, maybe twice.
  for (const step of steps) {
    if (step.does !== 'subscribe' || random.chance(0.5)) continue;
    let at = planned.indexOf(step);
    for (const does of ['unsubscribe', 'subscribe'] as const) {
      at += 1 + random.below(2);
      if (random.chance(0.8)) planned.splice(at, 0, { ...step, does });
    }
  }
  return planned;
}
