import type { Clock, StageContext } from '../service.ts';
import { type Accounts, openAccounts } from './account.ts';
import { type Attempts, countAttempts } from './attempts.ts';
import { type Groups, openGroups } from './group.ts';
import { type Input, notFound } from './input.ts';
import { openKeys, type PoolKeys } from './keys.ts';
import { type Pool, readPools } from './pool.ts';
import { type PoolClient, readPoolClients } from './pool-client.ts';
import { openSessions, type Sessions } from './session.ts';

/** A pool with its users, their sign-ins and its keys. */
export interface OpenPool extends Pool {
  readonly accounts: Accounts;
  readonly sessions: Sessions;
  readonly groups: Groups;
  readonly keys: PoolKeys;
}

/** What every action works on. */
export interface Room {
  readonly clock: Clock;
  readonly attempts: Attempts;
  readonly pools: readonly OpenPool[];
  /** Throws a ResourceNotFoundException. */
  pool(id: string): OpenPool;
  /** The client and its pool. Throws a ResourceNotFoundException. */
  client(id: string): { readonly client: PoolClient; readonly pool: OpenPool };
}

/** One action of the API: the members of its request in, those of its answer out. */
export type Action = (room: Room, input: Input) => object | Promise<object>;

/** Reads the pools of the template and opens what the store has of each. */
export async function openRoom(context: StageContext): Promise<Room> {
  const { assembly, region, store, clock } = context;
  const clients = new Map(readPoolClients(assembly).map((client) => [client.id, client]));
  const pools = await Promise.all(
    readPools(assembly, region).map(async (pool) => ({
      ...pool,
      accounts: openAccounts(pool, store, clock),
      sessions: openSessions(pool.id, store, clock),
      groups: openGroups(pool, store, clock),
      keys: await openKeys(pool.id, store),
    })),
  );
  const pool = (id: string): OpenPool => {
    const found = pools.find((candidate) => candidate.id === id);
    if (!found) throw notFound(`User pool ${id} does not exist.`);
    return found;
  };
  return {
    clock,
    attempts: countAttempts(clock),
    pools,
    pool,
    client(id) {
      const client = clients.get(id);
      if (!client) throw notFound(`User pool client ${id} does not exist.`);
      return { client, pool: pool(client.poolId) };
    },
  };
}
