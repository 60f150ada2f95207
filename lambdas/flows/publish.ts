import { randomUUID } from 'node:crypto';
import { FRAME_BYTES, PAYLOAD_BYTES, TOPICS_PER_PUBLISH } from '../../contract/limits.ts';
import { isNotificationId, isTenant, isTopic } from '../../contract/names.ts';
import { Refusal } from '../../contract/refusals.ts';
import {
  type NotificationRow,
  type Origin,
  PAYLOAD_ID,
  type PayloadRow,
  payloadKey,
  topicKey,
} from '../../contract/tables.ts';
import { isoTime, seconds } from '../../rules/connection.ts';
import { longestFrameBytes } from '../../rules/frames.ts';
import type { ExpressLine } from '../platform/express-line.ts';
import type { Reaches } from '../platform/reach.ts';
import { type Outcome, type TransactItem, transact } from '../platform/transact.ts';
import { putNotification, putPayload } from '../stores/notifications.ts';

export type PublishReach = Reaches<{ notifications: 'put' }> & {
  readonly retentionSeconds: number;
  /** Where new messages are handed on at once, if anywhere. */
  readonly express?: ExpressLine | undefined;
};

export interface Publication {
  readonly tenant: string;
  /** One to ten; each topic has the message once, in a sequence of its own. */
  readonly topics: readonly string[];
  /** Anything that JSON can say; up to 350 KB. One that no frame holds travels by reference. */
  readonly payload: unknown;
  /**
   * The publisher's own name for the message, new in its tenant: publishing it again, within the retention
   * time, does nothing more. 1 to 64 letters, digits, "_", "-", "." or "~".
   */
  readonly id?: string;
  /** Who caused it, if a session did: verified user and session id. It is not sent back to them. */
  readonly origin?: Origin;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export type Published = Outcome & {
  readonly notificationId: string;
  /** It had been published before, with everything alongside; this call wrote nothing. */
  readonly isRepeated: boolean;
};

/**
 * Publishes a message together with the record that it tells of: both are committed, or neither is
 * [S1-14] [G1]. `alongside` are the caller's own transaction items, under the caller's own rights; a lost
 * condition among them is told in the outcome, and then nothing was written.
 *
 * Refuses `topic-invalid`, `too-large`, `malformed` and `id-taken`; nothing is written then either.
 */
export async function publish(
  reach: PublishReach,
  publication: Publication,
  alongside: readonly TransactItem[] = [],
): Promise<Published> {
  const { tenant, topics, id: ownId, origin, now } = publication;
  const areTopics =
    topics.length > 0 && topics.length <= TOPICS_PER_PUBLISH && topics.every(isTopic);
  if (!areTopics || !isTenant(tenant)) throw new Refusal('topic-invalid');
  if (ownId !== undefined && !isNotificationId(ownId)) {
    throw new Refusal('malformed', 'The id of the message is not one.');
  }
  const payload = textOf(publication.payload);
  const id = ownId ?? newId(now);
  const ttl = seconds(now) + reach.retentionSeconds;
  const distinct = [...new Set(topics)];
  const isLarge = distinct.some((topic) => longestFrameBytes(topic, id, payload) > FRAME_BYTES);
  const content = isLarge ? { bytes: Buffer.byteLength(payload) } : { payload };
  const rows: (NotificationRow | PayloadRow)[] = distinct.map((topic) => ({
    topic: topicKey(tenant, topic),
    id,
    ...content,
    at: isoTime(now),
    ttl,
    topics: distinct,
    ...(origin && { origin }),
  }));
  if (isLarge) rows.push({ topic: payloadKey(tenant, id), id: PAYLOAD_ID, payload, ttl });

  const outcome = await transact(reach, [
    ...rows.map((row) => ('at' in row ? putNotification(reach, row) : putPayload(reach, row))),
    ...alongside,
  ]);
  if (outcome.isDone) {
    await reach.express?.send({ tenant, topics: distinct, id });
    return { isDone: true, notificationId: id, isRepeated: false };
  }
  const taken = rows.flatMap((row, at) => {
    const lost = outcome.lost[at];
    return lost ? [isSameMessage(row, lost.row)] : [];
  });
  // Those that were not lost tell nothing: beside a lost condition, a conflict is not told.
  if (taken.length > 0) {
    if (!taken.every((isSame) => isSame)) throw new Refusal('id-taken');
    return { isDone: true, notificationId: id, isRepeated: true };
  }
  const lost = outcome.lost.slice(rows.length);
  return { isDone: false, lost, notificationId: id, isRepeated: false };
}

function textOf(payload: unknown): string {
  const text: string | undefined = JSON.stringify(payload);
  if (text === undefined) {
    throw new Refusal('malformed', 'The payload is nothing that JSON can say.');
  }
  const bytes = Buffer.byteLength(text);
  if (bytes > PAYLOAD_BYTES) {
    throw new Refusal('too-large', `The payload has ${bytes} bytes of ${PAYLOAD_BYTES}.`);
  }
  return text;
}

/** Begins with the time, so that ids of one topic sort roughly as they were published. */
const newId = (now: number): string => `${now.toString(36).padStart(9, '0')}-${randomUUID()}`;

/** When, and by whom, may differ: the first time counts. */
function isSameMessage(mine: NotificationRow | PayloadRow, theirs: object | undefined): boolean {
  const { payload, bytes, topics = [] } = (theirs ?? {}) as Partial<NotificationRow>;
  if (!('at' in mine)) return payload === mine.payload;
  const areSameTopics = mine.topics.toSorted().join() === topics.toSorted().join();
  return areSameTopics && payload === mine.payload && bytes === mine.bytes;
}
