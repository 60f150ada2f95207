import { SUBSCRIPTIONS_AT_ONCE, SUBSCRIPTIONS_PER_SESSION } from '../../contract/limits.ts';
import type { Position } from '../../contract/protocol.ts';
import { Refusal } from '../../contract/refusals.ts';
import { type SessionName, subscriberKey } from '../../contract/tables.ts';
import { shardFor } from '../../rules/shards.ts';
import { inParallel } from '../platform/parallel.ts';
import type { Reaches } from '../platform/reach.ts';
import { transact } from '../platform/transact.ts';
import { getSession } from '../stores/sessions.ts';
import { deleteSubscription, getShards, putSubscription } from '../stores/subscriptions.ts';
import { addTopics, getTopics, isElsewhere, type Topics } from '../stores/topics.ts';
import { positionsOf } from './positions.ts';

export type SubscribeReach = Reaches<{
  sessions: 'get' | 'update';
  subscriptions: 'batchGet' | 'update' | 'delete';
  notifications: 'batchGet';
}>;

/**
 * Subscribes a session to topics [S1-03]. Each subscription is on the base table before the head is
 * read: whatever is stamped after the heads in the reply finds the subscriber there [G6].
 *
 * Refuses `session-over` and `too-many-subscriptions`. Repeating it is harmless.
 */
export async function subscribe(
  reach: SubscribeReach,
  session: SessionName,
  connectionId: string,
  topics: readonly string[],
): Promise<Position[]> {
  const distinct = [...new Set(topics)];
  const [firstLife, shards] = await Promise.all([
    lifeOf(reach, session, connectionId),
    getShards(reach, session.tenant, distinct),
  ]);
  const subscriber = subscriberKey(session.userId, session.sessionId);
  const meant = new Map(
    [...shards].map(([topic, count]) => [topic, shardFor(subscriber, count)] as const),
  );
  for (let life = firstLife; ; ) {
    const places = await rememberTopics(reach, session, meant);
    await putSubscriptions(reach, session, life, places);
    // An `unsubscribe` beside this may have come between: a subscription that is not among its session's
    // topics would be lost with this life.
    const known = await getTopics(reach, session);
    if (await tookAwayStrays(reach, session, places, known)) continue;
    // Had the session ended in between, a late end of that life could still find what was just written.
    const now = await lifeOf(reach, session, connectionId);
    if (now === life) return positionsOf(reach, session.tenant, distinct);
    life = now;
  }
}

const putSubscriptions = (
  reach: SubscribeReach,
  session: SessionName,
  life: number,
  topics: Topics,
): Promise<unknown> =>
  inParallel([...topics], SUBSCRIPTIONS_AT_ONCE, ([topic, shard]) =>
    putSubscription(reach, session, { topic, shard }, life),
  );

/**
 * Are there subscriptions that were just written, and are not where the session's topics say? Somebody else has
 * ended them meanwhile, and maybe begun them anew in another shard: they are taken away.
 */
async function tookAwayStrays(
  reach: SubscribeReach,
  session: SessionName,
  written: Topics,
  known: Topics,
): Promise<boolean> {
  const strays = [...written].filter(([topic, shard]) => known.get(topic) !== shard);
  for (const [topic, shard] of strays) {
    const place = { topic, shard };
    await transact(reach, [
      isElsewhere(reach, session, place, known),
      deleteSubscription(reach, session, place),
    ]);
  }
  return strays.length > 0;
}

async function lifeOf(
  reach: SubscribeReach,
  session: SessionName,
  connectionId: string,
): Promise<number> {
  const row = await getSession(reach, session);
  if (row?.state !== 'live' || !row.conns?.has(connectionId)) throw new Refusal('session-over');
  return row.life;
}

/** Where these topics stand now: those that are new to the session where they were meant to be. */
async function rememberTopics(
  reach: SubscribeReach,
  session: SessionName,
  meant: Topics,
): Promise<Topics> {
  for (let added = meant; ; ) {
    const topics = await addTopics(reach, session, added);
    const missing = [...meant].filter(([topic]) => !topics.has(topic));
    if (missing.length === 0)
      return new Map([...meant.keys()].map((topic) => [topic, topics.get(topic) ?? 0]));
    // Full, if all of them were new. Those that it has already take no room.
    if (topics.size + missing.length > SUBSCRIPTIONS_PER_SESSION) {
      throw new Refusal('too-many-subscriptions', `${SUBSCRIPTIONS_PER_SESSION} at the most.`);
    }
    added = new Map(missing);
  }
}
