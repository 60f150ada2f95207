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
    } & Frame)
  | ({ readonly does: 'subscribe' | 'unsubscribe'; readonly topics: readonly string[] } & Frame)
  /** The client closes, or dies; `$disconnect` comes so many times. */
  | ({ readonly does: 'close'; readonly disconnects: number } & Frame)
  /** A message of a queue that comes once more, at any time. */
  | ({ readonly does: 'reap' } & Frame)
  | { readonly does: 'check'; readonly user: string; readonly session: string }
  /** A delivery to a connection that finds its socket gone. */
  | ({ readonly does: 'post' } & Frame)
  | { readonly does: 'sweep' }
  /** Time passes; calmly when everybody has finished before. */
  | { readonly does: 'wait'; readonly seconds: number; readonly isCalm: boolean };

export const users = ['joe', 'sam'] as const;
export const sessions = ['tab-1', 'tab-2'] as const;
const topics = ['Pet', 'Toy'] as const;

/** One to three visits: connections come, talk and mostly go; then time passes. */
export function makePlan(random: Random, graceSeconds: number): Step[] {
  const steps: Step[] = [];
  const owners = new Map<string, { user: string; session: string }>();
  for (let visits = 1 + random.below(3); visits > 0; visits -= 1) {
    const lives = Array.from({ length: 1 + random.below(3) }, () => {
      const connection = `c${owners.size + 1}`;
      // Mostly the same one: races are about meeting.
      const owner = { user: random.pick(['joe', 'joe', ...users]), session: pickSession(random) };
      const life = makeLife(random, connection, owner, [...owners.keys()]);
      owners.set(connection, owner);
      return life;
    });
    steps.push(...riffle(random, [...lives, disturbances(random, [...owners])]));
    steps.push({
      does: 'wait',
      seconds: random.pick([1, 6, graceSeconds, graceSeconds + 1, graceSeconds + 10, 700]),
      isCalm: random.chance(0.7),
    });
  }
  return steps;
}

const pickSession = (random: Random): string => random.pick(['tab-1', 'tab-1', ...sessions]);

function makeLife(
  random: Random,
  connection: string,
  owner: { readonly user: string; readonly session: string },
  earlier: readonly string[],
): Step[] {
  const life: Step[] = [{ does: 'connect', connection }];
  const authenticate = (): Step => ({
    does: 'authenticate',
    connection,
    ...owner,
    ...(random.chance(0.1) && { user: random.pick(users) }),
    ...(earlier.length > 0 && random.chance(0.4) && { replaces: random.pick(earlier) }),
  });
  if (random.chance(0.9)) life.push(authenticate());
  for (let more = random.below(4); more > 0; more -= 1) {
    const does = random.pick(['authenticate', 'subscribe', 'subscribe', 'unsubscribe'] as const);
    const about = random.pick([topics, topics.slice(0, 1), topics.slice(1)]);
    life.push(does === 'authenticate' ? authenticate() : { does, connection, topics: about });
  }
  if (random.chance(0.7)) {
    const disconnects = random.pick([0, 1, 1, 1, 2]);
    const at = random.chance(0.7) ? life.length : 1 + random.below(life.length);
    life.splice(at, 0, { does: 'close', connection, disconnects });
  }
  return life;
}

function disturbances(
  random: Random,
  owners: readonly (readonly [string, { readonly user: string; readonly session: string }])[],
): Step[] {
  return Array.from({ length: random.below(3) }, (): Step => {
    const [connection, owner] = random.pick(owners);
    const does = random.pick(['reap', 'check', 'check', 'post', 'post', 'sweep'] as const);
    if (does === 'check') return { does, ...owner };
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
