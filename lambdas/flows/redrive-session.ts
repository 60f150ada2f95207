import type { RedriveAnswer } from '../../contract/connection-manager.ts';
import {
  MESSAGES_PER_READ,
  REDRIVE_MESSAGES_MOST,
  REDRIVE_MESSAGES_PER_TOPIC,
} from '../../contract/limits.ts';
import { Refusal } from '../../contract/refusals.ts';
import {
  type HeadRow,
  type NotificationRow,
  type SEQ_INDEX,
  type SessionName,
  topicKey,
} from '../../contract/tables.ts';
import { seconds } from '../../rules/connection.ts';
import { isIn } from '../../rules/topic-policy.ts';
import type { Reaches } from '../platform/reach.ts';
import { getHeads, readNotifications } from '../stores/notifications.ts';
import { getSession } from '../stores/sessions.ts';
import { getTopics } from '../stores/topics.ts';
import { framing } from './framing.ts';
import { type RedriveTopicReach, redriveTopic } from './redrive.ts';
import { routeOf } from './routes.ts';
import { serveAll } from './serve.ts';
import type { Stamped } from './stamp.ts';

export type RedriveSessionReach = RedriveTopicReach &
  Reaches<{ notifications: 'batchGet' | `query ${typeof SEQ_INDEX}` }>;

type Answer = Pick<RedriveAnswer, 'numbered' | 'isWhole'> &
  Required<Pick<RedriveAnswer, 'posted' | 'connections'>>;

/**
 * Posts to the connections of a session what it may not have got: of each of its topics the newest messages that
 * are kept, in order, up to the head. A client drops what it has had; one that misses even older ones sees the hole
 * before the first of these, and asks for them. Its own messages are not sent back, here neither.
 *
 * Refuses `not-found` for a session without a row. One that has no connection gets nothing: it resumes when it comes.
 */
export async function redriveSession(
  reach: RedriveSessionReach,
  name: SessionName,
  now: number,
  until: number,
  most = REDRIVE_MESSAGES_MOST,
): Promise<Answer> {
  const [row, topics] = await Promise.all([getSession(reach, name), getTopics(reach, name)]);
  if (row === undefined) throw new Refusal('not-found');
  const route = routeOf(name, row, now);
  const { connections, scopes } = route;
  const keys = [...topics.keys()]
    .filter((topic) => isIn(reach.topics.audienceOf(topic), { ...name, scopes }))
    .map((topic) => topicKey(name.tenant, topic));
  let numbered = 0;
  let posted = 0;
  let done = 0;
  for (const key of keys) {
    if (Date.now() >= until || posted >= most) break;
    numbered += await redriveTopic(reach, key, now);
    if (connections.length > 0) {
      const head = (await getHeads(reach, [key])).get(key);
      const room = Math.min(REDRIVE_MESSAGES_PER_TOPIC, most - posted);
      const messages = head ? await newestOf(reach, head, room, now) : [];
      await serveAll(reach, framing(reach, key, messages), [route], now);
      posted += messages.length;
    }
    done += 1;
  }
  return { numbered, posted, connections: connections.length, isWhole: done === keys.length };
}

/** The last so many messages of a topic that are still kept, in order. */
async function newestOf(
  reach: RedriveSessionReach,
  { topic, head, epoch }: HeadRow,
  room: number,
  now: number,
): Promise<readonly Stamped[]> {
  const found: NotificationRow[] = [];
  for (let after = Math.max(0, head - room); after < head; ) {
    const range = { after, upTo: head, limit: MESSAGES_PER_READ };
    const { rows, isComplete } = await readNotifications(reach, topic, range);
    found.push(...rows);
    if (isComplete) break;
    after = found.at(-1)?.seq ?? head;
  }
  return found.flatMap((row) =>
    row.seq !== undefined && row.ttl > seconds(now) ? [{ ...row, seq: row.seq, epoch }] : [],
  );
}
