import {
  GRACE_SECONDS,
  RECIPIENTS_PER_PAGE,
  RETENTION_SECONDS,
  SUBSCRIBERS_PER_SHARD,
} from '../../contract/limits.ts';
import { type NotificationRow, type SessionName, topicKey } from '../../contract/tables.ts';
import { authenticate } from '../../lambdas/flows/authenticate.ts';
import { checkSession } from '../../lambdas/flows/check-session.ts';
import { type DeliverReach, deliver } from '../../lambdas/flows/deliver.ts';
import { deliverPage } from '../../lambdas/flows/deliver-page.ts';
import { depart } from '../../lambdas/flows/depart.ts';
import { publish } from '../../lambdas/flows/publish.ts';
import { openRoutes } from '../../lambdas/flows/routes.ts';
import { stampAll } from '../../lambdas/flows/stamp.ts';
import { subscribe } from '../../lambdas/flows/subscribe.ts';
import { putConnection } from '../../lambdas/stores/connections.ts';
import { isoTime, newConnection, seconds } from '../../rules/connection.ts';
import type { Engine, EveryReach } from '../../test/support/engine.ts';
import { identityOf } from '../../test/support/identity.ts';
import { openTestSockets, type TestSockets } from '../../test/support/sockets.ts';
import { TENANT } from './crowd.ts';
import { type Meter, openMeter, sumOf, type Units } from './meter.ts';

export const NOW = Date.parse('2026-11-20T12:00:00.000Z');
export const times = { graceSeconds: GRACE_SECONDS, retentionSeconds: RETENTION_SECONDS };
const TEN_TOPICS = Array.from({ length: 10 }, (_, at) => `pets/${at}`);

export type Reach = EveryReach &
  DeliverReach & {
    readonly sockets: TestSockets;
    readonly retentionSeconds: number;
  };

/** Tables of their own, and flows on them whose calls are counted. */
export interface Workload {
  readonly unmetered: EveryReach;
  readonly meter: Meter;
  readonly reach: Reach;
}

export async function openWorkload(engine: Engine): Promise<Workload> {
  const unmetered = await engine.createTables({ hasStreams: false });
  const meter = openMeter(unmetered.documents);
  const reach: Reach = {
    ...unmetered,
    // What waits in the queue is worked off at once, by a function that remembers nothing.
    queues: { send: (_, page) => deliverPage({ ...reach, routes: openRoutes() }, page, NOW) },
    recipientsPerPage: RECIPIENTS_PER_PAGE,
    subscribersPerShard: SUBSCRIBERS_PER_SHARD,
    documents: meter.documents,
    sockets: openTestSockets(),
    routes: openRoutes(),
    retentionSeconds: RETENTION_SECONDS,
  };
  return { unmetered, meter, reach };
}

export type Measured = Map<string, Units>;

/** One client's life: comes, subscribes, drops and returns twice, leaves. */
export async function measureLife(meter: Meter, reach: Reach): Promise<Measured> {
  const measured: Measured = new Map();
  const measure = async (name: string, work: () => Promise<unknown>) => {
    measured.set(name, await meter.measure(work));
  };
  const session: SessionName = { tenant: TENANT, userId: 'somebody', sessionId: 'tab' };
  const identity = identityOf({ ...session, expiresAt: seconds(NOW) + 3600 });
  const connect = (id: string) => {
    reach.sockets.open(id);
    return putConnection(reach, newConnection(id, 'PENDING', NOW));
  };
  const bind = (connectionId: string, replaces?: string) =>
    authenticate(reach, identity, {
      connectionId,
      sessionId: session.sessionId,
      now: NOW,
      ...(replaces && { replaces }),
    });

  await measure('connect', () => connect('socket-1'));
  await measure('authenticate', () => bind('socket-1'));
  await measure('subscribe1', () => subscribe(reach, session, 'socket-1', ['pets/0']));
  await measure('subscribe10', () => subscribe(reach, session, 'socket-1', TEN_TOPICS));
  await measure('disconnect', () => depart(reach, 'socket-1', NOW));
  await connect('socket-2');
  await measure('rebind', () => bind('socket-2'));
  await measure('dropAndReturn', async () => {
    reach.sockets.closed.push('socket-2');
    await depart(reach, 'socket-2', NOW);
    await connect('socket-3');
    await bind('socket-3', 'socket-2');
  });
  await measure('replaceHalfDead', async () => {
    await connect('socket-4');
    await bind('socket-4', 'socket-3');
  });
  await measure('renewToken', () => bind('socket-4'));
  const afterGrace = { ...times, now: NOW + GRACE_SECONDS * 1000 };
  await measure('checkOfOneThatIsBack', () => checkSession(reach, session, afterGrace));
  await depart(reach, 'socket-4', NOW);
  await measure('sessionEnd', () => checkSession(reach, session, afterGrace));
  const parts = ['connect', 'authenticate', 'subscribe10', 'disconnect', 'sessionEnd'];
  measured.set('wholeSession', sumOf(...parts.map((name) => of(measured, name))));
  return measured;
}

/** From the publisher's transaction to the last post. */
export function measurePublish(meter: Meter, reach: Reach, topic: string): Promise<Units> {
  return meter.measure(async () => {
    const payload = { id: 'luna', price: 100, status: 'sold' };
    const { notificationId: id } = await publish(reach, {
      tenant: TENANT,
      topics: [topic],
      payload,
      now: NOW,
    });
    const key = topicKey(TENANT, topic);
    const row: NotificationRow = {
      topic: key,
      id,
      payload: JSON.stringify(payload),
      at: isoTime(NOW),
      ttl: seconds(NOW) + RETENTION_SECONDS,
      topics: [topic],
    };
    await deliver(reach, key, await stampAll(reach, key, [row]), NOW);
  });
}

export function of(measured: Measured, name: string): Units {
  const units = measured.get(name);
  if (units === undefined) throw new Error(`Nothing was measured as ${name}.`);
  return units;
}
