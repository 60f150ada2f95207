import { randomUUID } from 'node:crypto';
import type { StageContext } from '../service.ts';
import { createDueList } from './due-list.ts';
import type { Message, QueuedMessage, ReceivedMessage } from './message.ts';
import type { QueueSettings } from './queue-settings.ts';

type NewMessage = Pick<Message, 'body' | 'attributes' | 'senderId'>;

/** One standard queue; what it holds outlives the stage. */
export interface Queue {
  readonly settings: QueueSettings;
  /** Puts a message in, visible after the delay (the queue's own when undefined). Returns its id. */
  send(message: NewMessage, delayMs?: number): string;
  /** Takes over a message of another queue, whose id and time of sending it keeps (D). */
  adopt(message: Message): void;
  /** Takes up to `limit` visible messages into flight; the poisonous ones move to the dead-letter queue. */
  receive(limit: number, visibilityMs?: number): ReceivedMessage[];
  /** Deletes by handle. A handle of an earlier receive, or of a deleted message, changes nothing. */
  delete(receiptHandle: string): void;
  /** Makes a message in flight visible after that time. False when it is not in flight. */
  changeVisibility(receiptHandle: string, visibilityMs: number): boolean;
  purge(): void;
  counts(): { visible: number; inFlight: number; delayed: number };
  /**
   * Calls back whenever there may be something to receive, and a last time with `true` when the queue
   * closes; the function that is returned ends it.
   */
  follow(listener: (isEnding: boolean) => void): () => void;
  stop(): void;
}

/** Opens the queue with what it held before. `find` gives the dead-letter queue by ARN. */
export function openQueue(
  { clock, store }: StageContext,
  settings: QueueSettings,
  find: (arn: string) => Queue | undefined,
): Queue {
  const area = `sqs/${settings.name}`;
  const messages = createDueList<QueuedMessage>();
  const listeners = new Set<(isEnding: boolean) => void>();
  let cancelAlarm = () => {};
  let alarmAt = Number.POSITIVE_INFINITY;

  const put = (message: QueuedMessage) => {
    messages.add(message, message.visibleAt);
    store.set(area, message.id, JSON.stringify(message));
    arm();
  };
  const drop = (id: string) => {
    if (messages.remove(id)) store.delete(area, id);
  };

  /** Sets the alarm for the next message that becomes visible. */
  const arm = () => {
    const next = messages.nextDue(clock.now()) ?? Number.POSITIVE_INFINITY;
    if (next === alarmAt) return;
    cancelAlarm();
    alarmAt = next;
    if (next === Number.POSITIVE_INFINITY) return;
    cancelAlarm = clock.at(next, () => {
      alarmAt = Number.POSITIVE_INFINITY;
      tell();
      arm();
    });
  };
  const tell = (isEnding = false) => {
    for (const listener of [...listeners]) listener(isEnding);
  };

  /** The message in flight under this handle: only its latest receive counts. */
  const inFlight = (receiptHandle: string) => {
    const { id, receiveCount } = readHandle(receiptHandle);
    const message = messages.get(id);
    return message?.receiveCount === receiveCount ? message : undefined;
  };

  const isExpired = (message: QueuedMessage) =>
    clock.now() - message.sentAt >= settings.retentionMs;

  const redrive = (message: QueuedMessage): boolean => {
    const { deadLetters } = settings;
    if (deadLetters === undefined || message.receiveCount < deadLetters.maxReceiveCount)
      return false;
    const { id, body, attributes, senderId, sentAt } = message;
    find(deadLetters.arn)?.adopt({
      ...{ id, body, attributes, senderId, sentAt },
      deadLetterSource: settings.arn,
    });
    drop(id);
    return true;
  };

  for (const [, kept] of store.entries(area)) {
    const message: QueuedMessage = JSON.parse(kept);
    messages.add(message, message.visibleAt);
  }
  arm();

  return {
    settings,
    send: (message, delayMs = settings.delayMs) => {
      const now = clock.now();
      const id = randomUUID();
      put({ ...message, id, sentAt: now, visibleAt: now + delayMs, receiveCount: 0 });
      if (delayMs === 0) tell();
      return id;
    },
    adopt: (message) => {
      put({ ...message, visibleAt: clock.now(), receiveCount: 0 });
      tell();
    },
    receive: (limit, visibilityMs = settings.visibilityMs) => {
      const received: ReceivedMessage[] = [];
      const now = clock.now();
      while (received.length < limit) {
        const message = messages.firstDue(now);
        if (message === undefined) break;
        if (isExpired(message)) {
          drop(message.id);
          continue;
        }
        if (redrive(message)) continue;
        messages.remove(message.id);
        const receiveCount = message.receiveCount + 1;
        const taken: QueuedMessage = {
          ...message,
          // Visible again only later than now, even with a visibility timeout of 0: this call takes it once.
          visibleAt: now + Math.max(visibilityMs, 1),
          receiveCount,
          firstReceivedAt: message.firstReceivedAt ?? now,
        };
        put(taken);
        received.push({ ...taken, receiptHandle: writeHandle(message.id, receiveCount) });
      }
      return received;
    },
    delete: (receiptHandle) => {
      const message = inFlight(receiptHandle);
      if (message) drop(message.id);
    },
    changeVisibility: (receiptHandle, visibilityMs) => {
      const message = inFlight(receiptHandle);
      if (message === undefined || message.visibleAt <= clock.now()) return false;
      messages.remove(message.id);
      put({ ...message, visibleAt: clock.now() + visibilityMs });
      if (visibilityMs === 0) tell();
      return true;
    },
    purge: () => {
      for (const { id } of [...messages.values()]) drop(id);
    },
    counts: () => {
      const now = clock.now();
      const counts = { visible: 0, inFlight: 0, delayed: 0 };
      for (const message of messages.values()) {
        if (isExpired(message)) continue;
        if (message.visibleAt <= now) counts.visible += 1;
        else if (message.receiveCount > 0) counts.inFlight += 1;
        else counts.delayed += 1;
      }
      return counts;
    },
    follow: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stop: () => {
      cancelAlarm();
      tell(true);
      listeners.clear();
    },
  };
}

// Opaque to callers, as AWS's are; this one says which receive of which message it belongs to.
const writeHandle = (id: string, receiveCount: number) =>
  Buffer.from(`${id}/${receiveCount}`).toString('base64');

/** Throws a RangeError when this is no handle that a queue of ours gave. */
function readHandle(receiptHandle: string): { id: string; receiveCount: number } {
  const [id = '', count = ''] = Buffer.from(receiptHandle, 'base64').toString().split('/');
  if (!/^[0-9a-f-]{36}$/.test(id) || !/^\d+$/.test(count)) throw new RangeError('not a handle');
  return { id, receiveCount: Number(count) };
}
