import { SUBSCRIPTIONS_AT_ONCE, SUBSCRIPTIONS_PER_SESSION } from '../../contract/limits.ts';
import type { Position } from '../../contract/protocol.ts';
import { Refusal } from '../../contract/refusals.ts';
import type { SessionName } from '../../contract/tables.ts';
import { inParallel } from '../platform/parallel.ts';
import type { Reaches } from '../platform/reach.ts';
import { getSession } from '../stores/sessions.ts';
import { putSubscription } from '../stores/subscriptions.ts';
import { addTopics, getTopics } from '../stores/topics.ts';
import { positionsOf } from './positions.ts';

export type SubscribeReach = Reaches<{
  sessions: 'get' | 'update';
  subscriptions: 'update';
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
  const distinct = new Set(topics);
  let life = await lifeOf(reach, session, connectionId);
  for (;;) {
    await rememberTopics(reach, session, distinct);
    await putSubscriptions(reach, session, life, [...distinct]);
    // An `unsubscribe` beside this may have come between: a subscription that is not among its session's
    // topics would be lost with this life.
    const known = await getTopics(reach, session);
    if (![...distinct].every((topic) => known.has(topic))) continue;
    // Had the session ended in between, a late end of that life could still find what was just written.
    const now = await lifeOf(reach, session, connectionId);
    if (now === life) break;
    life = now;
  }
  return positionsOf(reach, session.tenant, [...distinct]);
}

const putSubscriptions = (
  reach: SubscribeReach,
  session: SessionName,
  life: number,
  topics: readonly string[],
): Promise<unknown> =>
  inParallel(topics, SUBSCRIPTIONS_AT_ONCE, (topic) =>
    putSubscription(reach, session, topic, life),
  );

async function lifeOf(
  reach: SubscribeReach,
  session: SessionName,
  connectionId: string,
): Promise<number> {
  const row = await getSession(reach, session);
  if (row?.state !== 'live' || !row.conns?.has(connectionId)) throw new Refusal('session-over');
  return row.life;
}

async function rememberTopics(
  reach: SubscribeReach,
  session: SessionName,
  topics: ReadonlySet<string>,
): Promise<void> {
  if (await addTopics(reach, session, topics)) return;
  // Full, if all of them were new. Those that it has already take no room.
  const known = await getTopics(reach, session);
  const added = new Set([...topics].filter((topic) => !known.has(topic)));
  if (added.size === 0) return;
  const isRoom = known.size + added.size <= SUBSCRIPTIONS_PER_SESSION;
  if (!isRoom || !(await addTopics(reach, session, added))) {
    throw new Refusal('too-many-subscriptions', `${SUBSCRIPTIONS_PER_SESSION} at the most.`);
  }
}
