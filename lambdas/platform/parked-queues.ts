import type { QueueName, StreamFailures } from '../../contract/functions.ts';

/** A message as it lies there. */
export interface LyingMessage {
  readonly messageId: string;
  /** ISO. */
  readonly sentAt: string;
  readonly body: string;
}

/** What lies at the end of a queue, and waits in it. */
export interface LyingQueue {
  readonly queue: QueueName | StreamFailures;
  readonly parked: number;
  /** Absent for one that nobody takes from. */
  readonly waiting?: number;
  /** PARKED_SHOWN at the most. They stay where they are. */
  readonly messages: readonly LyingMessage[];
}

export interface ParkedQueues {
  /** All of them, in the order of the contract. */
  look(): Promise<readonly LyingQueue[]>;
  /**
   * Sends those dead letters of a queue that are meant back into it, each as it was: sent first, then deleted, so
   * that a crash doubles and never loses. The others stay. Begins no call after `until`, in milliseconds since the
   * epoch; gives how many it moved, and whether it saw the end.
   */
  sendBack(
    queue: QueueName,
    isMeant: (body: string) => boolean,
    until: number,
  ): Promise<{ readonly moved: number; readonly isWhole: boolean }>;
}

/** The queues of this deployment, for the function that declares `redrives`. */
export function openParkedQueues(): ParkedQueues {
  const load = async () => (await import('./parked-queue-client.ts')).openParkedQueueClient();
  let loading: ReturnType<typeof load> | undefined;
  const client = () => (loading ??= load());
  return {
    look: async () => (await client()).look(),
    sendBack: async (...asked) => (await client()).sendBack(...asked),
  };
}
