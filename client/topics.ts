import { TOPICS_PER_REQUEST } from '../contract/limits.ts';
import type { Cursor, Fill, Notification, NotRecovered, Refused } from '../contract/protocol.ts';
import { backoffMs } from './backoff.ts';
import { type Connection, Unanswered } from './connection.ts';
import { cureOf } from './cure.ts';
import { createInbox, type Inbox, type Received } from './inbox.ts';

export type Handler = (message: Received) => void;

/** What a time without a socket came to. */
export interface Recovery {
  /** Every message that was missed has been delivered [G4]. */
  readonly recovered: boolean;
  readonly messages: number;
  /** The topics that could not be continued: read their state anew. */
  readonly lost: readonly { readonly topic: string; readonly reason: NotRecovered }[];
}

export interface Topics {
  add(topic: string, handler: Handler): void;
  remove(topic: string, handler: Handler): void;
  arrived(frame: Notification): void;
  /** A socket is there. `resumed`: the subscriptions of the last one are active on it. */
  attach(connection: Connection, resumed: boolean): void;
  detach(): void;
}

interface Listeners {
  /** From now on every message on the topic arrives [G6]. */
  subscribed(topic: string): void;
  refused(frame: Refused): void;
  /** Once after each reconnect, and whenever a topic could not be continued. */
  recovered(recovery: Recovery): void;
  /** Only a new socket helps. */
  useless(failure: Unanswered): void;
}

interface Topic {
  readonly inbox: Inbox;
  readonly handlers: Set<Handler>;
  refused: boolean;
}

interface Job {
  readonly names: readonly string[];
  run(on: Connection): Promise<void>;
}

/** Frames overtake each other: so long a hole may close by itself before it is asked about. */
const OVERTAKING_MS = 150;

/** What is wanted, what Switchboard was told, what is missing: and the one loop that settles all three. */
export function createTopics(listeners: Listeners): Topics {
  const wanted = new Map<string, Topic>();
  /** Topics that Switchboard has a subscription of ours for. */
  const told = new Set<string>();
  let connection: Connection | undefined;
  let settling: Connection | undefined;
  let overtaking: ReturnType<typeof setTimeout> | undefined;
  let resting: ReturnType<typeof setTimeout> | undefined;
  let tally: { messages: number; lost: Recovery['lost'][number][] } | undefined;

  function deliver(topic: Topic, messages: readonly Received[]): void {
    for (const message of messages) {
      if (message.recovered && tally) tally.messages += 1;
      for (const handler of topic.handlers) {
        try {
          handler(message);
        } catch (error) {
          // The application's own fault: told as one, and the other handlers still get the message.
          queueMicrotask(() => {
            throw error;
          });
        }
      }
    }
  }

  function fill(fills: readonly Fill[]): void {
    for (const one of fills) {
      const topic = wanted.get(one.topic);
      if (!topic) continue;
      const { messages, lost } = topic.inbox.filled(one);
      if (lost) {
        tally ??= { messages: 0, lost: [] };
        tally.lost.push({ topic: one.topic, reason: lost });
      }
      deliver(topic, messages);
    }
  }

  const ask = (names: readonly string[]): Cursor[] =>
    names.flatMap((name) => wanted.get(name)?.inbox.ask() ?? []);

  const subscribing = (topics: string[]): Job => ({
    names: topics,
    async run(on) {
      const cursors = ask(topics);
      const missed = cursors.length > 0 ? { cursors } : {};
      const reply = await on.request({ action: 'subscribe', topics, ...missed });
      for (const position of reply.topics) {
        told.add(position.topic);
        const topic = wanted.get(position.topic);
        if (!topic || topic.inbox.cursor) continue;
        const early = topic.inbox.positioned(position);
        listeners.subscribed(position.topic);
        deliver(topic, early);
      }
      fill(reply.missed ?? []);
    },
  });

  const unsubscribing = (topics: string[]): Job => ({
    names: topics,
    async run(on) {
      await on.request({ action: 'unsubscribe', topics });
      for (const name of topics) told.delete(name);
    },
  });

  const catchingUp = (names: string[]): Job => ({
    names,
    async run(on) {
      const cursors = ask(names);
      fill((await on.request({ action: 'readNotifications', cursors })).topics);
      const stuck = ({ topic, seq }: Cursor) => {
        const inbox = wanted.get(topic)?.inbox;
        return inbox?.behind && inbox.cursor?.seq === seq;
      };
      if (cursors.every(stuck)) throw new Unanswered('busy', 'Nothing new could be read.');
    },
  });

  /** The next thing to do. One at a time, because parallel invocations overtake each other. */
  function nextJob(most: number): Job | undefined {
    const which = (claim: (name: string, topic: Topic) => boolean): string[] =>
      [...wanted]
        .filter(([name, topic]) => !topic.refused && claim(name, topic))
        .slice(0, most)
        .map(([name]) => name);
    const fresh = which((name) => !told.has(name));
    if (fresh.length > 0) return subscribing(fresh);
    const unwanted = [...told].filter((name) => !wanted.has(name)).slice(0, most);
    if (unwanted.length > 0) return unsubscribing(unwanted);
    const behind = which((_, topic) => topic.inbox.behind);
    return behind.length > 0 ? catchingUp(behind) : undefined;
  }

  function refuse(name: string, refused: Refused): void {
    told.delete(name);
    const topic = wanted.get(name);
    if (topic) topic.refused = true;
    listeners.refused(refused);
  }

  async function settle(on: Connection): Promise<void> {
    if (settling === on) return;
    settling = on;
    let most = TOPICS_PER_REQUEST;
    let tries = 0;
    for (let job = nextJob(most); job && on === connection; job = nextJob(most)) {
      try {
        await job.run(on);
        tries = 0;
      } catch (failure) {
        if (!(failure instanceof Unanswered)) throw failure;
        if (on !== connection) return;
        const cure = cureOf(failure.code);
        if (cure === 'new-socket') return listeners.useless(failure);
        if (cure === 'wait') await rest(backoffMs(++tries));
        // One by one, so that only the topic at fault is left out.
        else if (job.names.length > 1) most = 1;
        else if (failure.refused) refuse(String(job.names[0]), failure.refused);
      }
    }
    if (on !== connection) return;
    settling = undefined;
    if (!tally) return;
    const recovery = { ...tally, recovered: tally.lost.length === 0 };
    tally = undefined;
    listeners.recovered(recovery);
  }

  const rest = (ms: number): Promise<void> =>
    new Promise((done) => {
      resting = setTimeout(done, ms);
    });

  function settleNow(): void {
    if (connection) void settle(connection);
  }

  return {
    add(name, handler) {
      let topic = wanted.get(name);
      if (!topic) {
        topic = { inbox: createInbox(name), handlers: new Set(), refused: false };
        wanted.set(name, topic);
        // Its subscription may still stand, but only a reply tells the new inbox where it begins.
        told.delete(name);
      }
      topic.handlers.add(handler);
      settleNow();
    },
    remove(name, handler) {
      const topic = wanted.get(name);
      if (!topic?.handlers.delete(handler) || topic.handlers.size > 0) return;
      wanted.delete(name);
      settleNow();
    },
    arrived(frame) {
      const topic = wanted.get(frame.topic);
      if (!topic) return;
      deliver(topic, topic.inbox.arrived(frame));
      if (!topic.inbox.behind) return;
      clearTimeout(overtaking);
      overtaking = setTimeout(settleNow, OVERTAKING_MS);
    },
    attach(on, resumed) {
      connection = on;
      if (!resumed) told.clear();
      for (const topic of wanted.values()) {
        topic.refused = false;
        topic.inbox.doubt();
        if (topic.inbox.cursor) tally ??= { messages: 0, lost: [] };
      }
      void settle(on);
    },
    detach() {
      connection = undefined;
      clearTimeout(overtaking);
      // Whoever rests is left there: its socket is gone, and with it all that it could do.
      clearTimeout(resting);
    },
  };
}
