import type { ManagerRequest, RedriveAnswer } from '../../contract/connection-manager.ts';
import { type QueueName, queues } from '../../contract/functions.ts';
import { REDRIVE_SECONDS } from '../../contract/limits.ts';
import { DEFAULT_TENANT } from '../../contract/names.ts';
import { targetOf, topicKey } from '../../contract/tables.ts';
import type { AuditedCall } from '../../rules/audit.ts';
import { isOfTopic } from '../../rules/parked.ts';
import type { ParkedQueues } from '../platform/parked-queues.ts';
import { type AuditReach, audited } from './audited.ts';
import { type RedriveReach, redrive, redriveTopic } from './redrive.ts';
import { type RedriveSessionReach, redriveSession } from './redrive-session.ts';

export type RedriveParkedReach = RedriveReach &
  RedriveSessionReach &
  AuditReach & { readonly parked: ParkedQueues };

/**
 * Brings on its way again what was parked: of one topic, of one session, or all. Harmless when repeated: a message
 * has its number once, clients drop what they have had, and every queue's function bears repetition.
 *
 * - a topic: its messages without a number get one and are posted, and dead letters about it go back to their queues;
 * - a session: the same for each of its topics, and then what it may not have got is posted to its connections;
 * - all: every message without a number, and every dead letter.
 *
 * Refuses `not-found` for a session that has no row.
 */
export function redriveParked(
  reach: RedriveParkedReach,
  { scope }: ManagerRequest<'redrive'>,
  { act, now }: AuditedCall,
): Promise<RedriveAnswer> {
  const until = Date.now() + REDRIVE_SECONDS * 1000;
  const run = (target: string, work: () => Promise<RedriveAnswer>) =>
    audited(reach, act(target), undefined, work, (answer) => ({ ...answer }));

  if (scope === 'all') {
    return run(targetOf('parked'), async () => {
      const { numbered } = await redrive(reach, now);
      return { numbered, ...(await sendBack(reach, () => true, until)) };
    });
  }
  const { tenant = DEFAULT_TENANT } = scope;
  if ('topic' in scope) {
    return run(targetOf('topic', tenant, scope.topic), async () => {
      const key = topicKey(tenant, scope.topic);
      const numbered = await redriveTopic(reach, key, now);
      const isMeant = (queue: QueueName, body: string) => isOfTopic(queue, body, key);
      return { numbered, ...(await sendBack(reach, isMeant, until)) };
    });
  }
  const name = { tenant, userId: scope.userId, sessionId: scope.sessionId };
  return run(targetOf('session', tenant, name.userId, name.sessionId), async () => ({
    ...(await redriveSession(reach, name, now, until)),
    moved: {},
  }));
}

/** Dead letters of every queue, side by side. */
async function sendBack(
  { parked }: RedriveParkedReach,
  isMeant: (queue: QueueName, body: string) => boolean,
  until: number,
): Promise<Pick<RedriveAnswer, 'moved' | 'isWhole'>> {
  const names = Object.keys(queues) as QueueName[];
  const outcomes = await Promise.all(
    names.map((queue) => parked.sendBack(queue, (body) => isMeant(queue, body), until)),
  );
  const moved = names.flatMap((queue, at) => {
    const count = outcomes[at]?.moved ?? 0;
    return count > 0 ? [[queue, count] as const] : [];
  });
  return {
    moved: Object.fromEntries(moved),
    isWhole: outcomes.every(({ isWhole }) => isWhole),
  };
}
