import { randomUUID } from 'node:crypto';
import { FRAME_BYTES, TOPICS_PER_PUBLISH } from '../../contract/limits.ts';
import { isTenant, isTopic } from '../../contract/names.ts';
import { Refusal } from '../../contract/refusals.ts';
import { type NotificationRow, type Origin, topicKey } from '../../contract/tables.ts';
import { isoTime, seconds } from '../../rules/connection.ts';
import { notificationFrame } from '../../rules/frames.ts';
import type { Reaches } from '../platform/reach.ts';
import { type Outcome, type TransactItem, transact } from '../platform/transact.ts';
import { putNotification } from '../stores/notifications.ts';

export type PublishReach = Reaches<{ notifications: 'put' }> & {
  readonly retentionSeconds: number;
};

export interface Publication {
  readonly tenant: string;
  /** One to ten; each topic has the message once, in a sequence of its own. */
  readonly topics: readonly string[];
  /** Anything that JSON can say. */
  readonly payload: unknown;
  /** Who caused it, if a session did: verified user and session id. It is not sent back to them. */
  readonly origin?: Origin;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * Publishes a message together with the record that it tells of: both are committed, or neither is
 * [S1-14] [G1]. `alongside` are the caller's own transaction items, under the caller's own rights; a lost
 * condition among them is told in the outcome, and then nothing was written.
 *
 * Refuses `topic-invalid` and `too-large`; nothing is written then either.
 */
export async function publish(
  reach: PublishReach,
  publication: Publication,
  alongside: readonly TransactItem[] = [],
): Promise<Outcome & { readonly notificationId: string }> {
  const { topics, tenant, payload, origin, now } = publication;
  const text = JSON.stringify(payload);
  const areTopics =
    topics.length > 0 && topics.length <= TOPICS_PER_PUBLISH && topics.every(isTopic);
  if (!areTopics || !isTenant(tenant)) throw new Refusal('topic-invalid');
  if (text === undefined)
    throw new Refusal('malformed', 'The payload is nothing that JSON can say.');

  const id = newId(now);
  const distinct = [...new Set(topics)];
  const rows = distinct.map((topic): NotificationRow => {
    demandFrameFits(topic, id, text);
    return {
      topic: topicKey(tenant, topic),
      id,
      payload: text,
      at: isoTime(now),
      ttl: seconds(now) + reach.retentionSeconds,
      topics: distinct,
      ...(origin && { origin }),
    };
  });
  const items = [...alongside, ...rows.map((row) => putNotification(reach, row))];
  return { ...(await transact(reach, items)), notificationId: id };
}

/** Begins with the time, so that ids of one topic sort roughly as they were published. */
const newId = (now: number): string => `${now.toString(36).padStart(9, '0')}-${randomUUID()}`;

/** Measured on the frame that a subscriber will get, with every number at its longest. */
function demandFrameFits(topic: string, id: string, payload: string): void {
  const longest = notificationFrame(
    {
      type: 'notification',
      topic,
      epoch: 'x'.repeat(64),
      seq: Number.MAX_SAFE_INTEGER,
      after: Number.MAX_SAFE_INTEGER,
      id,
      at: isoTime(0),
    },
    payload,
  );
  const bytes = Buffer.byteLength(longest);
  if (bytes > FRAME_BYTES) {
    throw new Refusal('too-large', `The frame would have ${bytes} bytes of ${FRAME_BYTES}.`);
  }
}
