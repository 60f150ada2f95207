import { setTimeout as pause } from 'node:timers/promises';
import {
  POST_AGAIN_AFTER_MS,
  POSTS_AT_ONCE,
  YOUNG_CONNECTION_SECONDS,
} from '../../contract/limits.ts';
import {
  type SessionName,
  type SessionRow,
  type SubscriptionRow,
  subscriberOfKey,
  topicOfKey,
} from '../../contract/tables.ts';
import { ageInSeconds, seconds } from '../../rules/connection.ts';
import { notificationFrame } from '../../rules/frames.ts';
import { continuesFrom, isSame, visibleEpoch } from '../../rules/sequence.ts';
import { settings } from '../platform/environment.ts';
import { log } from '../platform/log.ts';
import { inParallel } from '../platform/parallel.ts';
import type { Reaches } from '../platform/reach.ts';
import type { SocketOutcome, Sockets } from '../platform/sockets.ts';
import { getConnection } from '../stores/connections.ts';
import { getSession, getSessions } from '../stores/sessions.ts';
import { subscribersOf } from '../stores/subscriptions.ts';
import { type DepartReach, depart } from './depart.ts';
import type { Stamped } from './stamp.ts';

export type DeliverReach = DepartReach &
  Reaches<{ sessions: 'get' | 'batchGet' | 'update'; subscriptions: 'query' }> & {
    readonly sockets: Sockets<'post' | 'delete'>;
  };

/**
 * Posts stamped messages of one topic to every connection of every subscribed session [S1-07], in order
 * for each connection, and never back to the session that caused them [S1-08]. One recipient's trouble
 * is never another's: a socket that is gone leaves [S4-05], one that cannot be served is closed, so
 * that resume takes over [G5].
 */
export async function deliver(
  reach: DeliverReach,
  topic: string,
  messages: readonly Stamped[],
  now: number,
): Promise<void> {
  const framesFor = framing(topic, messages);
  for await (const subscribers of subscribersOf(reach, topic)) {
    const recipients = await recipientsOf(reach, topic, subscribers, now);
    await inParallel(recipients, POSTS_AT_ONCE, (recipient) =>
      serve(reach, recipient, framesFor(recipient.session), now),
    );
  }
}

interface Recipient {
  readonly session: SessionName;
  readonly connectionId: string;
  /** Every connection that the session had when it was read. */
  readonly known: readonly string[];
}

async function recipientsOf(
  reach: DeliverReach,
  topic: string,
  subscribers: readonly SubscriptionRow[],
  now: number,
): Promise<Recipient[]> {
  const { tenant } = topicOfKey(topic);
  const sessions = subscribers.map(({ subscriber }) => ({
    tenant,
    ...subscriberOfKey(subscriber),
  }));
  const rows = await getSessions(reach, sessions);
  return sessions.flatMap((session, at) => {
    const known = connectionsOf(rows[at], now);
    return known.map((connectionId) => ({ session, connectionId, known }));
  });
}

/** None of a session that has ended, and none after its token's expiry. */
const connectionsOf = (row: SessionRow | undefined, now: number): string[] =>
  row?.state === 'live' && row.authExpiresAt > seconds(now) ? [...(row.conns ?? [])] : [];

/** The frames of these messages for any session. Nearly all sessions share the same ones, made once. */
function framing(
  key: string,
  messages: readonly Stamped[],
): (session: SessionName) => readonly string[] {
  const { topic } = topicOfKey(key);
  const frameOf = ({ seq, epoch, id, at, payload }: Stamped, from: number): string => {
    const after = from === seq - 1 ? undefined : from;
    const shown = visibleEpoch(epoch, settings.EPOCH());
    const envelope = { type: 'notification', topic, epoch: shown, seq, after, id, at } as const;
    return notificationFrame(envelope, payload);
  };
  const shared = messages.map((message) => ({ message, frame: frameOf(message, message.seq - 1) }));
  return (session) =>
    shared
      .filter(({ message: { origin } }) => !(origin && isSame(origin, session)))
      .map(({ message, frame }) => {
        const from = continuesFrom(message.seq, message.run, session);
        return from === message.seq - 1 ? frame : frameOf(message, from);
      });
}

async function serve(
  reach: DeliverReach,
  { session, connectionId, known }: Recipient,
  frames: readonly string[],
  now: number,
): Promise<void> {
  const outcome = await postAll(reach, connectionId, frames, now);
  if (outcome === 'done') return;
  log('delivery.failed', { connectionId, outcome });
  const isShut = outcome === 'gone' || (await reach.sockets.delete(connectionId)) !== 'failed';
  // One that nobody can shut stays: its client sees the hole in the next frame, and hears of it no other way.
  if (!isShut) return;
  await depart(reach, connectionId, now);
  // The session may have come back on another connection since its row was read.
  const present = connectionsOf(await getSession(reach, session), now);
  const unserved = present.filter((id) => !known.includes(id));
  await inParallel(unserved, POSTS_AT_ONCE, (id) =>
    serve(reach, { session, connectionId: id, known: [...known, ...present] }, frames, now),
  );
}

/** In order; the first that does not arrive ends it, since nothing may follow over a hole. */
async function postAll(
  reach: DeliverReach,
  connectionId: string,
  frames: readonly string[],
  now: number,
): Promise<SocketOutcome> {
  for (const frame of frames) {
    let outcome = await reach.sockets.post(connectionId, frame);
    if (outcome === 'gone' && (await isYoung(reach, connectionId, now))) {
      // Not every part of the gateway may know it yet.
      await pause(POST_AGAIN_AFTER_MS);
      outcome = await reach.sockets.post(connectionId, frame);
    }
    if (outcome !== 'done') return outcome;
  }
  return 'done';
}

async function isYoung(reach: DeliverReach, connectionId: string, now: number): Promise<boolean> {
  const row = await getConnection(reach, connectionId);
  const isThere = row !== undefined && row.status !== 'DISCONNECTED';
  return isThere && ageInSeconds(row, now) < YOUNG_CONNECTION_SECONDS;
}
