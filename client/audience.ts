import type { Cursor, NotRecovered } from '../contract/protocol.ts';
import { backoffMs } from './backoff.ts';
import { type ClientEvents, call, type Emitter, sentenceOf } from './events.ts';
import type { Received, Taken } from './inbox.ts';
import type { Fetcher } from './references.ts';

export interface Subscriber {
  readonly handler: (message: Received) => void;
  /**
   * Brings the application's state of the topic, which messages then change: when the subscription begins,
   * and when messages are lost for good. What comes meanwhile is handed on after it, though the state may
   * contain it already. One that fails is tried again.
   */
  readonly load?: ((why: LoadReason) => unknown) | undefined;
}

/** `resumed`: a page before this one has got so far, and what it made of the messages was kept. */
export type LoadReason = 'subscribed' | 'resumed' | NotRecovered;

interface Shared {
  readonly fetch: Fetcher;
  readonly tell: Emitter<ClientEvents>['tell'];
  /** While true, nothing is handed on. */
  isPaused(): boolean;
  /** Somebody has had something, or is not waited for any more. */
  moved(): void;
}

/** What a subscriber gets, one after the other: a message, or a reason to load its state. */
interface Item {
  readonly message?: Taken;
  readonly why?: LoadReason;
}

export interface Audience {
  readonly size: number;
  /** `why`: the topic has a position already, so that the newcomer has to load its state. */
  add(subscriber: Subscriber, why: LoadReason | undefined): void;
  remove(subscriber: Subscriber): void;
  hand(messages: readonly Taken[]): void;
  load(why: LoadReason): void;
  /** How far all have got, when the inbox has got so far; undefined: no further than was known. */
  position(inbox: Cursor | undefined): Cursor | undefined;
  resume(): void;
  /** What has not been handed on is not wanted any more. */
  clear(): void;
}

/** The subscribers of one topic: each has its messages in sequence, and no one waits for another. */
export function createAudience(topic: string, shared: Shared): Audience {
  const queues = new Map<Subscriber, Queue>();

  /** All have it before them before anybody has had it, or the position would be ahead of some. */
  function put(item: Item): void {
    for (const { items } of queues.values()) items.push(item);
    run();
  }

  function run(): void {
    for (const queue of queues.values()) queue.run();
  }

  return {
    get size() {
      return queues.size;
    },
    add(subscriber, why) {
      const queue = createQueue(topic, subscriber, shared);
      queues.set(subscriber, queue);
      if (why) queue.items.push({ why });
      queue.run();
    },
    remove(subscriber) {
      queues.get(subscriber)?.clear();
      queues.delete(subscriber);
      shared.moved();
    },
    hand(messages) {
      for (const message of messages) put({ message });
    },
    load(why) {
      put({ why });
    },
    position(inbox) {
      // All get the same: who has most before them is furthest back.
      const [last] = [...queues.values()].sort(
        (one, other) => other.items.length - one.items.length,
      );
      const [next] = last?.items ?? [];
      if (!next) return inbox;
      return next.message && { topic, epoch: next.message.epoch, seq: next.message.seq - 1 };
    },
    resume: run,
    clear() {
      for (const queue of queues.values()) queue.clear();
    },
  };
}

interface Queue {
  readonly items: Item[];
  run(): void;
  clear(): void;
}

function createQueue(
  topic: string,
  { handler, load }: Subscriber,
  { fetch, isPaused, tell, moved }: Shared,
): Queue {
  const items: Item[] = [];
  let isRunning = false;
  /** Counts clearings, so that what was begun before one is recognized and dropped. */
  let current = 0;
  let tries = 0;
  let again: ReturnType<typeof setTimeout> | undefined;

  /** In the same turn, unless there is something to wait for. */
  async function run(): Promise<void> {
    if (isRunning) return;
    isRunning = true;
    clearTimeout(again);
    const mine = current;
    for (let item = items[0]; item && mine === current && !isPaused(); item = items[0]) {
      let { message, why } = item;
      try {
        if (message && 'reference' in message) {
          message = await fetch(message);
          if (!message) why = 'expired';
        }
        if (why && load) await load(why);
      } catch (cause) {
        if (mine !== current) return;
        const code = why ? 'load-failed' : 'reference-failed';
        tell('error', { code, topic, message: sentenceOf(cause), cause });
        again = setTimeout(run, backoffMs(++tries));
        break;
      }
      if (mine !== current) return;
      // Paused meanwhile: it is handed on afterwards.
      if (message && isPaused()) break;
      tries = 0;
      items.shift();
      if (message) call(handler, message);
      moved();
    }
    if (mine === current) isRunning = false;
  }

  return {
    items,
    run: () => void run(),
    clear() {
      clearTimeout(again);
      current += 1;
      isRunning = false;
      items.length = 0;
    },
  };
}
