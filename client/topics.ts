import type { Cursor, Fill, Notification, Position } from '../contract/protocol.ts';
import { type Audience, createAudience, type Subscriber } from './audience.ts';
import { type Connection, Unanswered } from './connection.ts';
import type { ClientEvents, Emitter, Gap } from './events.ts';
import { fitting } from './fitting.ts';
import { createInbox, type Inbox } from './inbox.ts';
import type { Memory } from './memory.ts';
import type { Fetcher } from './references.ts';
import { createSettler, type Job } from './settler.ts';

export interface Topics {
  add(topic: string, subscriber: Subscriber): void;
  remove(topic: string, subscriber: Subscriber): void;
  arrived(frame: Notification): void;
  /** A pong said that these have moved on. */
  behind(positions: readonly Position[]): void;
  /** For one ping. Topics that it has no room for are read instead. */
  positions(): Cursor[];
  /**
   * A socket is there. `isResumed`: the subscriptions of the last one are active on it. `since`: there was
   * none since then, by `performance.now()`.
   */
  attach(connection: Connection, isResumed: boolean, since?: number): void;
  /** Until there is another socket, nothing is handed on any more. */
  detach(): void;
  /** Everything belonged to another user. */
  forget(): void;
}

export interface TopicsOptions {
  readonly fetch: Fetcher;
  readonly memory: Memory | undefined;
  readonly tell: Emitter<ClientEvents>['tell'];
  /** Only a new socket helps. */
  useless(failure: Unanswered): void;
}

interface Topic {
  readonly name: string;
  inbox: Inbox;
  /** Nobody any more: the subscription is to be given up. */
  readonly audience: Audience;
  /** On this page: who comes now is late, and has to load its state. */
  hasBegun: boolean;
  /** Switchboard has a subscription of ours for it. */
  isTold: boolean;
  /** Not to be asked for again on this socket. */
  isRefused: boolean;
  /** Read afterwards, since the inbox was last whole. */
  missed: number;
}

/** Frames overtake each other: so long a hole may close by itself before it is asked about. */
const OVERTAKING_MS = 150;

const isWanted = ({ audience, isRefused }: Topic) => audience.size > 0 && !isRefused;
const isFresh = (topic: Topic) => isWanted(topic) && !topic.isTold;
const isUnwanted = (topic: Topic) => topic.isTold && topic.audience.size === 0;
const isBehind = (topic: Topic) => isWanted(topic) && topic.inbox.behind;

/** What is wanted, what Switchboard was told, what is missing: and what is to be done about all three. */
export function createTopics({ fetch, memory, tell, useless }: TopicsOptions): Topics {
  const topics = new Map<string, Topic>();
  let isAttached = false;
  let overtaking: ReturnType<typeof setTimeout> | undefined;
  /** While a reconnect is being settled: what comes of it. */
  let back: { since: number; recovered: boolean; messages: number; gaps: Gap[] } | undefined;

  function create(name: string): Topic {
    const moved = () => {
      const position = topic.audience.position(topic.inbox.cursor);
      if (position) memory?.moved(position);
    };
    const topic: Topic = {
      name,
      inbox: createInbox(name, memory?.cursorOf(name)),
      audience: createAudience(name, { fetch, tell, moved, isPaused: () => !isAttached }),
      hasBegun: false,
      isTold: false,
      isRefused: false,
      missed: 0,
    };
    topics.set(name, topic);
    return topic;
  }

  function restart(topic: Topic): void {
    topic.audience.clear();
    topic.inbox = createInbox(topic.name, memory?.cursorOf(topic.name));
    topic.hasBegun = topic.isTold = false;
    topic.missed = 0;
  }

  function close(gap: Gap): void {
    if (back) {
      back.gaps.push(gap);
      if (gap.recovered) back.messages += gap.messages;
      else back.recovered = false;
    }
    tell('gap', gap);
  }

  function fill(fills: readonly Fill[]): void {
    for (const one of fills) {
      const topic = topics.get(one.topic);
      if (!topic) continue;
      const { name } = topic;
      const { messages, lost } = topic.inbox.filled(one);
      topic.missed += messages.filter(({ recovered }) => recovered).length;
      if (lost) {
        close({ topic: name, recovered: false, reason: lost });
        topic.audience.load(lost);
      }
      topic.audience.hand(messages);
      if (topic.inbox.behind) continue;
      if (topic.missed > 0) close({ topic: name, recovered: true, messages: topic.missed });
      topic.missed = 0;
    }
  }

  async function subscribe(on: Connection, some: readonly Topic[]): Promise<void> {
    const cursors = some.flatMap(({ inbox }) => inbox.ask() ?? []);
    const reply = await on.request({
      action: 'subscribe',
      topics: some.map(({ name }) => name),
      cursors,
    });
    for (const position of reply.topics) {
      const topic = topics.get(position.topic);
      if (!topic) continue;
      topic.isTold = topic.hasBegun = true;
      if (topic.inbox.cursor) continue;
      const early = topic.inbox.positioned(position);
      tell('subscribed', { topic: topic.name });
      topic.audience.load('subscribed');
      topic.audience.hand(early);
    }
    fill(reply.missed ?? []);
  }

  async function unsubscribe(on: Connection, some: readonly Topic[]): Promise<void> {
    await on.request({ action: 'unsubscribe', topics: some.map(({ name }) => name) });
    for (const topic of some) {
      topic.isTold = false;
      if (topic.audience.size === 0) topics.delete(topic.name);
    }
  }

  async function catchUp(on: Connection, some: readonly Topic[]): Promise<void> {
    const cursors = some.flatMap(({ inbox }) => inbox.ask() ?? []);
    fill((await on.request({ action: 'readNotifications', cursors })).topics);
    const isStuck = ({ inbox }: Topic, at: number) =>
      inbox.behind && inbox.cursor?.seq === cursors[at]?.seq;
    if (some.every(isStuck)) throw new Unanswered('busy', '');
  }

  function next(most: number): Job<Topic> | undefined {
    for (const [claim, run] of [
      [isFresh, subscribe],
      [isUnwanted, unsubscribe],
      [isBehind, catchUp],
    ] as const) {
      const some = fitting([...topics.values()].filter(claim), most);
      if (some.length > 0) return { topics: some, run: (on) => run(on, some) };
    }
    return undefined;
  }

  function refused(topic: Topic, { code, message }: Unanswered): void {
    topic.isTold = false;
    topic.isRefused = true;
    tell('error', { code, message, topic: topic.name });
  }

  function settled(): void {
    if (!back) return;
    const { since, ...recovery } = back;
    back = undefined;
    tell('recovered', { ...recovery, ms: performance.now() - since });
  }

  const settler = createSettler({ next, refused, useless, settled });

  function overtaken(): void {
    overtaking = undefined;
    settler.settle();
  }

  return {
    add(name, subscriber) {
      const topic = topics.get(name) ?? create(name);
      // An old subscription may still stand, but only a reply tells where a new one begins.
      if (topic.audience.size === 0) restart(topic);
      const resumed = topic.inbox.cursor && 'resumed';
      topic.audience.add(subscriber, topic.hasBegun ? 'subscribed' : resumed);
      settler.settle();
    },
    remove(name, subscriber) {
      const topic = topics.get(name);
      topic?.audience.remove(subscriber);
      if (topic?.audience.size !== 0) return;
      memory?.dropped(name);
      settler.settle();
    },
    arrived(frame) {
      const topic = topics.get(frame.topic);
      if (!topic) return;
      topic.audience.hand(topic.inbox.arrived(frame));
      // Begun once: on a busy topic each frame would put it off again.
      if (topic.inbox.behind) overtaking ??= setTimeout(overtaken, OVERTAKING_MS);
    },
    behind(positions) {
      for (const { topic } of positions) topics.get(topic)?.inbox.doubt();
      settler.settle();
    },
    positions() {
      const known = [...topics.values()].filter(isWanted);
      const some = fitting(known);
      for (const { inbox } of known.slice(some.length)) inbox.doubt();
      return some.flatMap(({ inbox }) => inbox.cursor ?? []);
    },
    attach(on, isResumed, since) {
      settler.use(on);
      isAttached = true;
      for (const topic of topics.values()) {
        topic.isTold &&= isResumed;
        topic.isRefused = false;
        topic.inbox.doubt();
        topic.audience.resume();
        if (topic.inbox.cursor && since !== undefined)
          back = { recovered: true, messages: 0, gaps: [], ...back, since };
      }
      settler.settle();
    },
    detach() {
      settler.use(undefined);
      isAttached = false;
      clearTimeout(overtaking);
      overtaking = undefined;
    },
    forget() {
      for (const topic of topics.values()) restart(topic);
    },
  };
}
