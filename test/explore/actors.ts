import { randomUUID } from 'node:crypto';
import { busEvent } from '../../contract/events.ts';
import type { QueueName } from '../../contract/functions.ts';
import { reaperMessage, sessionCheckMessage } from '../../contract/internal.ts';
import { REAP_AGAIN_AFTER_SECONDS, REAP_TRIES } from '../../contract/limits.ts';
import {
  type PlayerRow,
  type SessionName,
  type SessionRow,
  topicKey,
} from '../../contract/tables.ts';
import { authenticate } from '../../lambdas/flows/authenticate.ts';
import { checkSession } from '../../lambdas/flows/check-session.ts';
import { depart } from '../../lambdas/flows/depart.ts';
import { dropConnection } from '../../lambdas/flows/drop-connection.ts';
import { evict } from '../../lambdas/flows/evict.ts';
import { followSession } from '../../lambdas/flows/follow-session.ts';
import { probeSession } from '../../lambdas/flows/probe-session.ts';
import { reap } from '../../lambdas/flows/reap.ts';
import { revoke } from '../../lambdas/flows/revoke.ts';
import { speakerOf } from '../../lambdas/flows/speaker.ts';
import { subscribe } from '../../lambdas/flows/subscribe.ts';
import { sweep } from '../../lambdas/flows/sweep.ts';
import { unsubscribe } from '../../lambdas/flows/unsubscribe.ts';
import { streamEdge } from '../../lambdas/platform/stream-edge.ts';
import { putConnection } from '../../lambdas/stores/connections.ts';
import { raiseShards } from '../../lambdas/stores/subscriptions.ts';
import { newConnection, seconds } from '../../rules/connection.ts';
import { identityOf } from '../support/identity.ts';
import { textOf } from './claims.ts';
import type { Step } from './plan.ts';
import { Outage } from './scheduler.ts';
import type { Batch } from './session-stream.ts';
import {
  type ActorReach,
  type Delivery,
  type Happenings,
  RETENTION_SECONDS,
  START,
  type World,
} from './world.ts';

/** What runs when AWS invokes something. */
export type Actor = Omit<Delivery, 'dueAt'>;

/** In the explored time no token expires. */
const expiresAt = START / 1000 + 10 * 24 * 3600;

/** The functions as their handlers in `lambdas/` put them together, on the real flows. */
export function castActors(world: () => World): Happenings & { of(step: Step): Actor } {
  const times = (now: number) => ({
    graceSeconds: world().graceSeconds,
    retentionSeconds: RETENTION_SECONDS,
    now,
  });

  const connect = (id: string): Actor => ({
    name: `$connect ${id}`,
    does: 'connect',
    comesAgain: false,
    run: async (reach, now, gate) => {
      await reach.queues.send('reaper', { connectionId: id, tries: 0 });
      const isNew = await putConnection(reach, newConnection(id, 'PENDING', now));
      await gate(`gateway ${isNew ? 'opens' : 'refuses'} ${id}`, async () => {
        if (world().sockets.get(id) === 'opening')
          world().sockets.set(id, isNew ? 'open' : 'closed');
      });
    },
    crashed: () => {
      // It may die of its time limit after the gateway has had its answer.
      if (world().sockets.get(id) === 'opening') world().sockets.set(id, 'closed');
    },
  });

  const disconnected = (id: string) => ({
    name: `$disconnect ${id}`,
    does: 'disconnect' as const,
    comesAgain: false,
    run: async (reach: ActorReach, now: number) => {
      await depart(reach, id, now);
      world().claims.departed.add(id);
    },
  });

  const frame = (id: string, name: string, run: Actor['run'], crashed?: () => void): Actor => ({
    name: `${name} ${id}`,
    does: 'default',
    comesAgain: false,
    run,
    ...(crashed && { crashed }),
  });
  const isOpen = (id: string) => world().sockets.get(id) === 'open';
  const isOpening = (id: string) => world().sockets.get(id) === 'opening';

  const evicted = (connectionId: string): void => {
    world().claims.departed.add(connectionId);
    world().claims.shut.add(connectionId);
  };

  const authenticates = (step: Extract<Step, { does: 'authenticate' }>): Actor => {
    const { connection: connectionId, user: userId, session: sessionId, replaces } = step;
    const title = `authenticate ${userId}/${sessionId}${replaces ? ` replaces ${replaces}` : ''}`;
    return frame(connectionId, `${title} on`, async (reach, now) => {
      const limits = { ...world().limits, retentionSeconds: RETENTION_SECONDS };
      const request = {
        ...{ connectionId, sessionId, now, limits },
        ...(replaces !== undefined && { replaces }),
      };
      const issuedAt = step.isOld ? 0 : seconds(now);
      world().claims.shows(connectionId, issuedAt);
      // One that is bound only beside this is nobody's to replace yet.
      const replaced = world().rows.connection(replaces ?? connectionId);
      const owner = replaced?.userId ?? replaced?.formerUserId;
      const isOwn = owner === userId && replaced?.sessionId === sessionId;
      await authenticate(reach, identityOf({ userId, expiresAt, issuedAt }), request);
      if (isOpen(connectionId)) world().claims.bound(connectionId);
      if (replaces === undefined || replaces === connectionId || !isOwn) return;
      if (!world().unshut.has(replaces)) evicted(replaces);
    });
  };

  const changes = (step: Extract<Step, { does: 'subscribe' | 'unsubscribe' }>): Actor => {
    const { does, connection: connectionId, topics } = step;
    let session: SessionName | undefined;
    let end = () => {};
    const run: Actor['run'] = async (reach, now) => {
      ({ session } = await speakerOf(reach, { connectionId, now }));
      if (does === 'subscribe') {
        const subscribed = world().claims.subscribing(session, topics);
        await subscribe(reach, session, connectionId, topics);
        if (isOpen(connectionId)) subscribed();
      } else {
        end = world().claims.unsubscribing(session, topics);
        await unsubscribe(reach, session, topics);
        end();
      }
    };
    return frame(connectionId, `${does} ${topics.join(', ')} on`, run, () => {
      end();
      if (session && does === 'subscribe') world().claims.torn.add(textOf(session));
    });
  };

  const reaper = (connectionId: string, tries: number) => ({
    name: `reaper ${connectionId}, try ${tries + 1}`,
    does: 'reaper' as const,
    comesAgain: true,
    run: async (reach: ActorReach, now: number) => {
      const outcome = await reap(reach, connectionId, now, tries === 0);
      if (outcome !== 'spared') world().claims.departed.add(connectionId);
      if (outcome === 'closed') world().claims.shut.add(connectionId);
      if (outcome === 'again' && tries + 1 < REAP_TRIES) {
        const message = { connectionId, tries: tries + 1 };
        await reach.queues.send('reaper', message, REAP_AGAIN_AFTER_SECONDS);
      }
    },
  });

  const check = (session: SessionName) => ({
    name: `session check ${session.userId}/${session.sessionId}`,
    does: 'session-check' as const,
    comesAgain: true,
    run: async (reach: ActorReach, now: number) => {
      const verdict = await checkSession(reach, session, times(now));
      if (verdict.is === 'waiting')
        await reach.queues.send('session-check', session, verdict.seconds);
    },
  });

  const parkedEvent = (body: unknown) => ({
    name: 'parked event',
    does: 'parked-events' as const,
    comesAgain: true,
    run: async (reach: ActorReach) => {
      const left = await reach.bus.put([busEvent.parse(body)]);
      if (left.length > 0) throw new Outage();
    },
  });

  const changed = (batch: Batch) => ({
    name: `session stream ${batch.Records.map(({ dynamodb }) => dynamodb.SequenceNumber)}`,
    does: 'session-stream' as const,
    comesAgain: false,
    run: async (reach: ActorReach) => {
      const follow = streamEdge<PlayerRow | SessionRow>(
        'sessions',
        ({ player, item }) => `${player}\n${item}`,
        ({ changes }) => followSession({ ...reach, ...times(0) }, changes),
      );
      batch.answered(await follow(batch));
    },
    crashed: batch.crashed,
  });

  const post = (connectionId: string): Actor => ({
    name: `delivery to ${connectionId}`,
    does: 'fan-out',
    comesAgain: false,
    run: async (reach, now) => {
      if ((await reach.sockets.post(connectionId, '{}')) === 'done') return;
      if ((await evict(reach, connectionId, now)) !== 'stays') evicted(connectionId);
    },
  });

  const drop = (connectionId: string): Actor => ({
    name: `drop ${connectionId}`,
    does: 'drop-connection',
    comesAgain: false,
    run: async (reach, now) => {
      // One that was only just opening is its reaper's to close.
      const isJustOpening = isOpening(connectionId);
      try {
        await dropConnection(reach, connectionId, now);
        if (isJustOpening) world().claims.departed.add(connectionId);
        else evicted(connectionId);
      } catch (fault) {
        // The gateway could not: told to whoever invoked, who may come again.
        if (!world().unshut.has(connectionId)) throw fault;
      }
    },
  });

  const probe = (session: SessionName): Actor => ({
    name: `probe of ${session.userId}/${session.sessionId}`,
    does: 'check-session',
    comesAgain: false,
    run: async (reach, now) => void (await probeSession(reach, session, times(now))),
  });

  const revokes = ({ user: userId, session }: Extract<Step, { does: 'revoke' }>): Actor => ({
    name: `revoke of ${userId}${session === undefined ? '' : `/${session}`}`,
    does: 'revoke',
    comesAgain: false,
    run: async (reach, now) => {
      const requestId = randomUUID();
      const act = (target: string) => ({ actor: 'ops', act: 'revoke', target, requestId });
      const request = { userId, ...(session !== undefined && { sessionId: session }) };
      await revoke(reach, request, { act }, () => world().now);
      // A session that nobody had begun is no session to shut.
      const name = session !== undefined && { tenant: 'default', userId, sessionId: session };
      const isKnown = !name || world().rows.session(name)?.revokedUntil !== undefined;
      if (isKnown) world().claims.revoked(userId, session, seconds(now));
    },
  });

  const grows = ({ topic, shards }: Extract<Step, { does: 'grow' }>): Actor => ({
    name: `${topic} grows to ${shards} shards`,
    does: 'fan-out',
    comesAgain: false,
    run: async (reach) => void (await raiseShards(reach, topicKey('default', topic), shards)),
  });

  return {
    disconnected,
    changed,
    message: (queue: QueueName, body) => {
      if (queue === 'parked-events') return parkedEvent(body);
      if (queue === 'session-check') return check(sessionCheckMessage.parse(body));
      const { connectionId, tries } = reaperMessage.parse(body);
      return reaper(connectionId, tries);
    },
    of: (step): Actor => {
      switch (step.does) {
        case 'connect':
          return connect(step.connection);
        case 'authenticate':
          return authenticates(step);
        case 'subscribe':
        case 'unsubscribe':
          return changes(step);
        case 'reap':
          return reaper(step.connection, 0);
        case 'check':
          return check({ tenant: 'default', userId: step.user, sessionId: step.session });
        case 'post':
          return post(step.connection);
        case 'drop':
          return drop(step.connection);
        case 'probe':
          return probe({ tenant: 'default', userId: step.user, sessionId: step.session });
        case 'revoke':
          return revokes(step);
        case 'grow':
          return grows(step);
        case 'sweep':
          return {
            name: 'sweep',
            does: 'sweep',
            comesAgain: false,
            run: async (reach, now) => void (await sweep(reach, times(now))),
          };
        case 'close':
        case 'wait':
          throw new Error(`${step.does} invokes nothing.`);
      }
    },
  };
}
