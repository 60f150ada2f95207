import type {
  ManagerRequest,
  ParkedAnswer,
  ParkedQueue,
  UnnumberedTopic,
} from '../../contract/connection-manager.ts';
import { UNNUMBERED_AFTER_SECONDS } from '../../contract/limits.ts';
import { topicOfKey } from '../../contract/tables.ts';
import type { AuditedCall } from '../../rules/audit.ts';
import { isoTime, seconds } from '../../rules/connection.ts';
import { aboutOf, conditionOf } from '../../rules/parked.ts';
import { ofFailedMessages } from '../../rules/timeline.ts';
import type { JournalReader } from '../platform/journal.ts';
import type { LyingQueue, ParkedQueues } from '../platform/parked-queues.ts';
import type { Reaches } from '../platform/reach.ts';
import { scanUnnumbered } from '../stores/notifications.ts';

export type ListParkedReach = Reaches<{ notifications: 'scan' }> & {
  readonly journal: JournalReader;
  readonly parked: ParkedQueues;
};

/**
 * What lies where nobody takes it: how much, since when and why, queue by queue. A message is told by its
 * names, its reason is what its function logged as it failed. Where `unnumbered` is asked for, also topics with
 * messages that no batch has numbered.
 */
export async function listParked(
  reach: ListParkedReach,
  { unnumbered = false }: ManagerRequest<'get_parked'>,
  { now }: AuditedCall,
): Promise<ParkedAnswer> {
  const [lying, topics] = await Promise.all([
    reach.parked.look(),
    unnumbered ? unnumberedTopics(reach, now) : undefined,
  ]);
  const reasons = await reasonsOf(reach, lying, now);
  const queues = lying.map(({ messages, ...queue }): ParkedQueue => {
    const times = messages.map(({ sentAt }) => sentAt).toSorted();
    return {
      ...queue,
      ...(times[0] !== undefined && { oldestAt: times[0] }),
      messages: messages.map(({ messageId, sentAt, body }) => {
        const reason = reasons.get(messageId) ?? conditionOf(body);
        return { messageId, sentAt, about: aboutOf(body), ...(reason && { reason }) };
      }),
    };
  });
  return { queues, ...(topics && { topics }) };
}

/** By message id: what its function failed with last. */
async function reasonsOf(
  { journal }: ListParkedReach,
  lying: readonly LyingQueue[],
  now: number,
): Promise<ReadonlyMap<string, string>> {
  const messages = lying.flatMap((queue) => queue.messages);
  if (messages.length === 0) return new Map();
  const lines = await journal.read({
    where: ofFailedMessages(messages.map(({ messageId }) => messageId)),
    from: Math.min(...messages.map(({ sentAt }) => Date.parse(sentAt))),
    to: now,
  });
  return new Map(
    lines.map(({ messageId, cause }) => [
      String(messageId),
      (cause as { message?: string } | undefined)?.message ?? '',
    ]),
  );
}

async function unnumberedTopics(
  reach: ListParkedReach,
  now: number,
): Promise<readonly UnnumberedTopic[]> {
  const found = new Map<string, { count: number; oldestAt: string }>();
  const before = isoTime(now - UNNUMBERED_AFTER_SECONDS * 1000);
  for await (const rows of scanUnnumbered(reach)) {
    for (const { topic, at, ttl } of rows) {
      if (ttl <= seconds(now) || at > before) continue;
      const { count, oldestAt } = found.get(topic) ?? { count: 0, oldestAt: at };
      found.set(topic, { count: count + 1, oldestAt: at < oldestAt ? at : oldestAt });
    }
  }
  return [...found].map(([key, told]) => ({ ...topicOfKey(key), ...told }));
}
