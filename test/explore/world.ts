import { type FunctionName, functions, type QueueName, queues } from '../../contract/functions.ts';
import { type SessionName, type SessionRow, sessionOfKey } from '../../contract/tables.ts';
import type { Queues } from '../../lambdas/platform/queues.ts';
import type { SocketOutcome, Sockets } from '../../lambdas/platform/sockets.ts';
import type { EveryReach } from '../support/engine.ts';
import { type Claims, openClaims } from './claims.ts';
import { type Command, describe, isPlainWrite, writtenBy } from './commands.ts';
import type { Random } from './random.ts';
import { type Change, type Rows, watchRows } from './rows.ts';
import type { Gate } from './scheduler.ts';

export type ActorReach = EveryReach & {
  readonly sockets: Sockets<'post' | 'get' | 'delete'>;
  readonly queues: Queues<QueueName>;
};

/** Something that AWS will invoke when its time has come. */
export interface Delivery {
  readonly name: string;
  readonly does: FunctionName;
  readonly dueAt: number;
  /** Queues and streams deliver again what was not finished; a socket's frame is lost. */
  readonly comesAgain: boolean;
  run(reach: ActorReach, now: number, gate: Gate): Promise<void>;
  /** What is left to do outside when it was killed. */
  crashed?(): void;
}

/** Changes what flows send to the engine: a fault that a test plants. One command becomes any number. */
export type Plant = (command: Command) => readonly Command[];

/** What is around the functions: the gateway's sockets, queues, the sessions' stream, and the time. */
export interface World {
  now: number;
  readonly graceSeconds: number;
  readonly sockets: Map<string, 'opening' | 'open' | 'closed'>;
  readonly rows: Rows;
  readonly claims: Claims;
  /** Every change of a row so far that nobody has judged yet. */
  readonly changes: Change[];
  /** How many events AWS lost: only the sweep makes good for them. */
  lost: number;
  reachThrough(gate: Gate): ActorReach;
  deliver(delivery: Delivery): void;
  /** Takes out what is due, in the order in which it became so. */
  takeDue(): Delivery | undefined;
  nextDueAt(): number | undefined;
  close(connectionId: string, disconnects?: number): void;
}

/** What AWS invokes for each thing that happens; made by `actors.ts`. */
export interface Happenings {
  disconnected(connectionId: string): Omit<Delivery, 'dueAt'>;
  message(queue: QueueName, body: unknown): Omit<Delivery, 'dueAt'>;
  detached(session: SessionName): Omit<Delivery, 'dueAt'>;
}

export const START = Date.parse('2026-01-01T12:00:00.000Z');
export const RETENTION_SECONDS = 3600;

export function openWorld(
  reach: EveryReach,
  random: Random,
  happenings: Happenings,
  { graceSeconds, plant }: { readonly graceSeconds: number; readonly plant: Plant },
): World {
  let due: Delivery[] = [];
  const later = (seconds: number) => world.now + seconds * 1000;

  const enqueue = (queue: QueueName, body: unknown, delay: number): void => {
    for (let copies = random.chance(0.1) ? 2 : 1; copies > 0; copies -= 1) {
      const dueAt = later(delay + random.below(2));
      world.deliver({ ...happenings.message(queue, body), dueAt });
    }
  };

  const tellStream = ({ table, before, after }: Change): void => {
    if (table !== 'sessions' || !before || !after) return;
    const [was, row] = [before, after] as unknown as [SessionRow, SessionRow];
    const session = sessionOfKey(row.player, row.item);
    if (!session || row.state !== 'live' || row.conns || !was.conns) return;
    if (random.chance(0.05)) world.lost += 1;
    else world.deliver({ ...happenings.detached(session), dueAt: world.now });
  };

  const send = async (gate: Gate, command: Command): Promise<unknown> => {
    let answer: unknown = {};
    for (const each of plant(command)) {
      const written = writtenBy(reach, each);
      const perform = async () => {
        const result = await reach.documents.send(each as never);
        const changes = await world.rows.look(written);
        for (const change of changes) tellStream(change);
        world.changes.push(...changes);
        return result;
      };
      answer = await gate(describe(reach, each), perform, { isRepeatable: isPlainWrite(each) });
    }
    return answer;
  };

  const socketsThrough = (gate: Gate): ActorReach['sockets'] => {
    const ask = (call: string, id: string, ifOpen = () => {}) =>
      gate(`socket ${call} ${id}`, async (): Promise<SocketOutcome> => {
        if (world.sockets.get(id) !== 'open') return 'gone';
        ifOpen();
        return 'done';
      });
    return {
      post: (id) => ask('post', id),
      get: (id) => ask('get', id),
      delete: (id) => ask('delete', id, () => world.close(id)),
    };
  };

  const world: World = {
    now: START,
    graceSeconds,
    sockets: new Map(),
    rows: watchRows(reach),
    claims: openClaims(),
    changes: [],
    lost: 0,
    reachThrough: (gate) => ({
      tables: reach.tables,
      documents: Object.assign(Object.create(reach.documents), {
        send: (command: Command) => send(gate, command),
      }),
      sockets: socketsThrough(gate),
      queues: {
        send: (queue, body, delay = queues[queue].delaySeconds) =>
          gate(`queue ${queue} in ${delay} s`, async () => enqueue(queue, body, delay)),
      },
    }),
    deliver: (delivery) => void due.push(delivery),
    takeDue: () => {
      const next = due.find(({ dueAt }) => dueAt <= world.now);
      due = due.filter((each) => each !== next);
      return next;
    },
    nextDueAt: () => (due.length > 0 ? Math.min(...due.map(({ dueAt }) => dueAt)) : undefined),
    close: (connectionId, disconnects = random.pick([0, 1, 1, 1, 1, 1, 2])) => {
      world.sockets.set(connectionId, 'closed');
      if (disconnects === 0) world.lost += 1;
      for (let at = 0; at < disconnects; at += 1) {
        world.deliver({
          ...happenings.disconnected(connectionId),
          dueAt: later(at * random.below(40)),
        });
      }
    },
  };
  return world;
}

export const deadlineOf = (does: FunctionName, now: number): number =>
  now + functions[does].timeoutSeconds * 1000;
