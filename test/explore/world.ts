import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { BusEvent } from '../../contract/events.ts';
import { type FunctionName, functions, type QueueName, queues } from '../../contract/functions.ts';
import { PLAYER_ITEM } from '../../contract/tables.ts';
import type { FollowSessionReach } from '../../lambdas/flows/follow-session.ts';
import type { RevokeReach } from '../../lambdas/flows/revoke.ts';
import type { Queues } from '../../lambdas/platform/queues.ts';
import type { SocketOutcome, Sockets } from '../../lambdas/platform/sockets.ts';
import type { SessionLimits } from '../../rules/session.ts';
import type { ConflictProxy } from '../support/conflict-proxy.ts';
import type { EveryReach } from '../support/engine.ts';
import { type Claims, openClaims } from './claims.ts';
import { type Command, describe, isPlainWrite, itemsOf, itemsWrittenBy } from './commands.ts';
import { type EventLog, openEventLog } from './event-log.ts';
import type { Random } from './random.ts';
import { type Change, type Rows, watchRows } from './rows.ts';
import { type Gate, Outage } from './scheduler.ts';
import { type Batch, openSessionStream } from './session-stream.ts';
import { openWire } from './wire.ts';

export type ActorReach = EveryReach & {
  readonly sockets: Sockets<'post' | 'get' | 'delete'>;
  readonly queues: Queues<QueueName>;
  readonly bus: FollowSessionReach['bus'];
  readonly users: RevokeReach['users'];
  readonly retentionSeconds: number;
};

export type Limits = Omit<SessionLimits, 'retentionSeconds'>;

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

/** A fault that a test plants into what flows send, never into the flows. */
export interface Plant {
  /** One command to the engine becomes any number. */
  readonly command?: (command: Command) => readonly Command[];
  /** Is a message to this queue sent at all? */
  readonly message?: (queue: QueueName) => boolean;
  /** An event on its way to the bus becomes another one. */
  readonly event?: (event: BusEvent) => BusEvent;
}

/** What may still go wrong in a schedule. */
export interface Temper {
  /** How likely the actor that moved last moves again: 0 mixes finely, 0.9 leaves others waiting long. */
  readonly stickiness: number;
  /** How likely a transaction takes so long that others meet it, from 0 to 1. */
  readonly slowness: number;
  /** How likely a batch of the sessions' stream is delivered twice, from 0 to 1. */
  readonly copies: number;
  /** How many actors may crash. */
  crashes: number;
  /** How many calls may be answered by an error, with or without their effect. */
  outages: number;
}

/** What is around the functions: the gateway's sockets, queues, the sessions' stream, and the time. */
export interface World {
  now: number;
  readonly graceSeconds: number;
  readonly limits: Limits;
  readonly sockets: Map<string, 'opening' | 'open' | 'closed'>;
  readonly rows: Rows;
  readonly claims: Claims;
  readonly events: EventLog;
  /** Sockets of which a gateway said that it could not close them. */
  readonly unshut: Set<string>;
  /** Every change of a row so far that nobody has judged yet. */
  readonly changes: Change[];
  /** How many things AWS lost that only the sweep makes good for. */
  lost: number;
  reachThrough(gate: Gate): ActorReach;
  deliver(delivery: Delivery): void;
  /** Takes out what is due, in the order in which it became so. */
  takeDue(): Delivery | undefined;
  nextDueAt(): number | undefined;
  close(connectionId: string, disconnects?: number): void;
  /** A moment passes: transactions that are under way end. */
  settle(): Promise<void>;
}

/** Where a schedule is played: tables of its own on a real engine, and what stands before that one. */
export interface Arena {
  readonly reach: EveryReach;
  readonly conflicts: ConflictProxy;
}

/** What AWS invokes for each thing that happens; made by `actors.ts`. */
export interface Happenings {
  disconnected(connectionId: string): Omit<Delivery, 'dueAt'>;
  message(queue: QueueName, body: unknown): Omit<Delivery, 'dueAt'>;
  changed(batch: Batch): Omit<Delivery, 'dueAt'>;
}

export const START = Date.parse('2026-01-01T12:00:00.000Z');
export const RETENTION_SECONDS = 3600;

/** How much less likely than a slow transaction is one of somebody whom the schedule does not know. */
const STRANGERS = 0.1;
const OUTAGE_CHANCE = 0.03;
/** How late a message of a queue may be. */
const LATE_SECONDS = 200;

export function openWorld(
  { reach, conflicts }: Arena,
  random: Random,
  happenings: Happenings,
  {
    graceSeconds,
    limits,
    temper,
    plant,
  }: {
    readonly graceSeconds: number;
    readonly limits: Limits;
    readonly temper: Temper;
    readonly plant: Plant;
  },
): World {
  let due: Delivery[] = [];
  const later = (seconds: number) => world.now + seconds * 1000;

  const isOut = (): boolean => {
    const outage = temper.outages > 0 && random.chance(OUTAGE_CHANCE);
    if (outage) temper.outages -= 1;
    return outage;
  };
  /** A call that an error may answer, before its effect or after it. */
  const frail =
    <Answer>(perform: () => Promise<Answer>) =>
    async (): Promise<Answer> => {
      if (isOut()) throw new Outage();
      const answer = await perform();
      if (isOut()) throw new Outage();
      return answer;
    };

  const enqueue = (queue: QueueName, body: unknown, delay: number): void => {
    for (let copies = random.chance(0.1) ? 2 : 1; copies > 0; copies -= 1) {
      const dueAt = later(delay + random.pick([0, 0, 0, 1, 1, random.below(LATE_SECONDS)]));
      world.deliver({ ...happenings.message(queue, body), dueAt });
    }
  };

  const stream = openSessionStream(random, {
    copies: temper.copies,
    deliver: (batch, inSeconds) =>
      world.deliver({ ...happenings.changed(batch), dueAt: later(inSeconds) }),
    giveUp: (records) => {
      for (const { dynamodb } of records) {
        const { player, item, version } = unmarshall(dynamodb.NewImage ?? {});
        if (item === PLAYER_ITEM) world.events.excuse(player, version);
        else world.lost += 1;
      }
    },
  });

  const wire = openWire({
    reach,
    proxy: conflicts,
    random,
    strangers: temper.slowness * STRANGERS,
    perform: async (documents, command) => {
      const result = await documents.send(command as never);
      const changes = await world.rows.look(itemsWrittenBy(reach, command));
      for (const change of changes) stream.record(change, world.now);
      world.changes.push(...changes);
      return result;
    },
  });

  const sendOne = async (gate: Gate, command: Command): Promise<unknown> => {
    const text = describe(reach, command);
    const isRepeatable = isPlainWrite(command);
    const isSlow = itemsOf(command).length > 0 && random.chance(temper.slowness);
    if (!isSlow)
      return gate(
        text,
        frail(() => wire.send(command)),
        { isRepeatable },
      );
    let end = async (): Promise<unknown> => undefined;
    await gate(text, async () => {
      end = await wire.begin(command);
      return 'under way';
    });
    return gate(
      `the answer to ${text}`,
      frail(() => end()),
    );
  };

  const send = async (gate: Gate, command: Command): Promise<unknown> => {
    let answer: unknown = {};
    const planted = plant.command?.(command) ?? [command];
    for (const each of planted) answer = await sendOne(gate, each);
    return answer;
  };

  const socketsThrough = (gate: Gate): ActorReach['sockets'] => {
    const ask = (call: string, id: string, ifOpen = () => {}) =>
      gate(`socket ${call} ${id}`, async (): Promise<SocketOutcome> => {
        const isFailing = isOut();
        if (isFailing && call === 'delete') world.unshut.add(id);
        if (isFailing) return 'failed';
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

  const queuesThrough = (gate: Gate): ActorReach['queues'] => ({
    send: (queue, body, delay = queues[queue].delaySeconds) => {
      const isSent = plant.message?.(queue) ?? true;
      const send = async () => {
        if (isSent) enqueue(queue, body, delay);
      };
      return gate(`queue ${queue} in ${delay} s`, frail(send));
    },
  });

  /** What the bus says it has not taken it may have taken all the same. */
  const busThrough = (gate: Gate): ActorReach['bus'] => ({
    put: (events) =>
      gate(`bus: ${events.length} events`, async () =>
        events.filter((event) => {
          const isLeft = isOut();
          const isTaken = !isLeft || random.chance(0.5);
          if (isTaken) world.events.hear(plant.event?.(event) ?? event);
          return isLeft;
        }),
      ),
  });

  const world: World = {
    now: START,
    graceSeconds,
    limits,
    sockets: new Map(),
    rows: watchRows(reach),
    claims: openClaims(),
    events: openEventLog(),
    unshut: new Set(),
    changes: [],
    lost: 0,
    reachThrough: (gate) => ({
      tables: reach.tables,
      topics: reach.topics,
      documents: Object.assign(Object.create(reach.documents), {
        send: (command: Command) => send(gate, command),
      }),
      sockets: socketsThrough(gate),
      queues: queuesThrough(gate),
      bus: busThrough(gate),
      users: { signOutEverywhere: (user) => gate(`pool signs ${user} out`, async () => {}) },
      retentionSeconds: RETENTION_SECONDS,
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
    settle: wire.settle,
  };
  return world;
}

export const deadlineOf = (does: FunctionName, now: number): number =>
  now + functions[does].timeoutSeconds * 1000;
