import type { SocketOutcome, Sockets } from '../../lambdas/platform/sockets.ts';

/** Sockets of a gateway that a test looks into: what each was sent, which are open. */
export interface TestSockets extends Sockets<'post' | 'get' | 'delete'> {
  readonly sent: Map<string, string[]>;
  readonly closed: string[];
  /** What the next calls about a connection answer instead, in order. */
  readonly planned: Map<string, SocketOutcome[]>;
  open(connectionId: string): void;
}

export function openTestSockets(): TestSockets {
  const sent = new Map<string, string[]>();
  const closed: string[] = [];
  const planned = new Map<string, SocketOutcome[]>();
  const plannedFor = (connectionId: string) => planned.get(connectionId)?.shift();
  return {
    sent,
    closed,
    planned,
    open: (connectionId) => void sent.set(connectionId, []),
    post: async (connectionId, frame) => {
      const outcome = plannedFor(connectionId);
      if (outcome) return outcome;
      const frames = sent.get(connectionId);
      if (!frames || closed.includes(connectionId)) return 'gone';
      frames.push(frame);
      return 'done';
    },
    delete: async (connectionId) => {
      if (!sent.has(connectionId) || closed.includes(connectionId)) return 'gone';
      closed.push(connectionId);
      return 'done';
    },
    get: async (connectionId) =>
      plannedFor(connectionId) ??
      (sent.has(connectionId) && !closed.includes(connectionId) ? 'done' : 'gone'),
  };
}
