import { type QueueName, queues, streamFailures } from '../../contract/functions.ts';
import { PARKED_SHOWN } from '../../contract/limits.ts';
import type {
  LyingMessage,
  LyingQueue,
  ParkedQueues,
} from '../../lambdas/platform/parked-queues.ts';

/** Ends of queues that a test lays messages into, and what was sent back from them. */
export interface TestParked extends ParkedQueues {
  lay(queue: LyingQueue['queue'], body: unknown, more?: Partial<LyingMessage>): void;
  readonly sentBack: (readonly [queue: QueueName, body: string])[];
}

export function openTestParked(): TestParked {
  const lying = new Map<LyingQueue['queue'], LyingMessage[]>();
  const sentBack: [QueueName, string][] = [];
  const at = (queue: LyingQueue['queue']) => lying.get(queue) ?? [];
  return {
    sentBack,
    lay(queue, body, more = {}) {
      const message = {
        messageId: `${queue}-${at(queue).length}`,
        sentAt: '2026-01-01T12:00:00.000Z',
      };
      lying.set(queue, [...at(queue), { ...message, body: JSON.stringify(body), ...more }]);
    },
    look: async () =>
      [...(Object.keys(queues) as QueueName[]), ...streamFailures].map((queue) => ({
        queue,
        parked: at(queue).length,
        ...(queue in queues && { waiting: 0 }),
        messages: at(queue).slice(0, PARKED_SHOWN),
      })),
    async sendBack(queue, isMeant, until) {
      if (Date.now() >= until) return { moved: 0, isWhole: false };
      const meant = at(queue).filter(({ body }) => isMeant(body));
      sentBack.push(...meant.map(({ body }) => [queue, body] as [QueueName, string]));
      lying.set(
        queue,
        at(queue).filter(({ body }) => !isMeant(body)),
      );
      return { moved: meant.length, isWhole: true };
    },
  };
}
