import { TransactWriteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Notification } from '../../contract/protocol.ts';
import { type NotificationRow, SHARDS_ID } from '../../contract/tables.ts';
import type { DeliverReach } from '../../lambdas/flows/deliver.ts';
import type { PublishReach } from '../../lambdas/flows/publish.ts';
import type { Queues } from '../../lambdas/platform/queues.ts';
import type { Sockets } from '../../lambdas/platform/sockets.ts';
import { describe } from '../explore/commands.ts';
import type { Random } from '../explore/random.ts';
import type { Gate, Scheduler } from '../explore/scheduler.ts';
import type { EveryReach } from '../support/engine.ts';
import type { Ledger } from './ledger.ts';
import type { PageQueue } from './page-queue.ts';
import type { Documents, Product } from './product.ts';

/** What a flow gets in a schedule: every call waits for its turn. */
export type ActorReach = EveryReach &
  PublishReach &
  Omit<DeliverReach, 'routes'> & { readonly sockets: Sockets<'post' | 'get' | 'delete'> };

/** A call that failed, before its effect or after it. */
export class Flake extends Error {
  override readonly name = 'InternalServerError';
}

/** How a socket stands: a half-dead one takes what nobody hears. */
type SocketState = 'open' | 'half-dead' | 'closed';

export interface World {
  readonly tenant: string;
  readonly topics: readonly string[];
  readonly now: number;
  readonly product: Product;
  readonly random: Random;
  readonly ledger: Ledger;
  readonly temper: { crashes: number; flakes: number; readonly stickiness: number };
  readonly scheduler: Scheduler;
  readonly pages: PageQueue;
  readonly sockets: Map<string, Socket>;
  /** Counts what happened, to show that it did. */
  tell(what: string): void;
  /** Runs a function's invocation; `crashed` when it was killed or a call failed it. */
  invoke(name: string, run: Invocation, crashed: () => void): Promise<void>;
}

type Invocation = (reach: ActorReach, gate: Gate) => Promise<void>;

export interface Socket {
  state: SocketState;
  heard(frame: Notification): void;
  /** The gateway closed it. */
  closed(): void;
}

const FLAKE_CHANCE = 0.03;
const POST_FAILS_CHANCE = 0.02;
const CLOSE_FAILS_CHANCE = 0.05;
/** In a schedule no time passes. */
const NEVER = Number.POSITIVE_INFINITY;

export function openWorld(tables: EveryReach, parts: Omit<World, 'invoke' | 'sockets'>): World {
  const { ledger, random, temper, scheduler, pages, product, tell } = parts;
  /** So few that nearly every delivery has further pages, or so many that none has. */
  const recipientsPerPage = random.pick([1, 10]);
  /** So few that a topic with two has further shards, or so many that none has. */
  const subscribersPerShard = random.pick([1, 10]);
  const sockets = new Map<string, Socket>();

  const isFlake = (): boolean => {
    const flakes = temper.flakes > 0 && random.chance(FLAKE_CHANCE);
    if (flakes) temper.flakes -= 1;
    return flakes;
  };

  const engine: Documents = {
    async send(command: object) {
      const answer = await tables.documents.send(command as never);
      for (const row of written(tables, command)) ledger.committed(row);
      if (command instanceof UpdateCommand && command.input.Key?.subscriber === SHARDS_ID)
        tell('grown');
      return answer;
    },
  };

  const documentsBehind = (gate: Gate): Documents => ({
    send: (command: never) =>
      gate(describe(tables, command), async () => {
        if (isFlake()) throw new Flake('before its effect');
        const answer: unknown = await product.wire(engine).send(command);
        if (isFlake()) throw new Flake('after its effect');
        return answer;
      }),
  });

  const socketsBehind = (gate: Gate): Sockets<'post' | 'get' | 'delete'> => ({
    post: (id, frame) =>
      gate(`post ${id} ${shortly(frame)}`, async () => {
        const socket = sockets.get(id);
        if (socket === undefined || socket.state === 'closed') return 'gone';
        const isLost = random.chance(POST_FAILS_CHANCE);
        if (isLost) tell('post failed');
        const isHeard = !isLost || random.chance(0.3);
        const notification: Notification = JSON.parse(frame);
        const { topic, seq, id: message } = notification;
        ledger.saw(`${parts.tenant}#${topic}`, seq, message);
        if (isHeard && socket.state === 'open') socket.heard(notification);
        return isLost ? 'failed' : 'done';
      }),
    get: (id) =>
      gate(`ask ${id}`, async () => (sockets.get(id)?.state === 'open' ? 'done' : 'gone')),
    delete: (id) =>
      gate(`close ${id}`, async () => {
        const socket = sockets.get(id);
        if (socket === undefined || socket.state === 'closed') return 'gone';
        if (temper.flakes > 0 && random.chance(CLOSE_FAILS_CHANCE)) {
          tell('close failed');
          return 'failed';
        }
        socket.state = 'closed';
        socket.closed();
        return 'done';
      }),
  });

  const queuesBehind = (gate: Gate): Queues<'delivery'> => ({
    send: (_, page) =>
      gate(`hand on to ${page.routes.map(({ session }) => session.userId)}`, async () => {
        if (isFlake()) throw new Flake('before its effect');
        pages.send(page);
        if (isFlake()) throw new Flake('after its effect');
      }),
  });

  return {
    ...parts,
    sockets,
    invoke: (name, run, crashed) =>
      scheduler.start({
        name,
        deadline: NEVER,
        crashed,
        async run(gate) {
          const documents = documentsBehind(gate) as ActorReach['documents'];
          const reach = {
            ...tables,
            documents,
            sockets: product.gateway(socketsBehind(gate)),
            retentionSeconds: 3600,
            queues: queuesBehind(gate),
            recipientsPerPage,
            subscribersPerShard,
          };
          try {
            await run(reach, gate);
          } catch (fault) {
            crashed();
            if (!(fault instanceof Flake)) throw fault;
          }
        },
      }),
  };
}

/** New messages that a command, now that it is done, has committed. */
function written({ tables }: EveryReach, command: unknown): NotificationRow[] {
  if (!(command instanceof TransactWriteCommand)) return [];
  return (command.input.TransactItems ?? []).flatMap(({ Put }) =>
    Put?.TableName === tables.notifications.name ? [Put.Item as NotificationRow] : [],
  );
}

function shortly(frame: string): string {
  const { topic, seq, after, payload } = JSON.parse(frame);
  return `${topic} ${seq}${after === undefined ? '' : ` after ${after}`}: ${payload}`;
}
