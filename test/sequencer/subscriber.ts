import { createInbox, type Inbox, type Taken } from '../../client/inbox.ts';
import type { Notifications } from '../../contract/protocol.ts';
import { Refusal } from '../../contract/refusals.ts';
import type { SessionName } from '../../contract/tables.ts';
import { authenticate } from '../../lambdas/flows/authenticate.ts';
import { depart } from '../../lambdas/flows/depart.ts';
import { readMissed } from '../../lambdas/flows/read-missed.ts';
import { unsubscribe } from '../../lambdas/flows/unsubscribe.ts';
import { putConnection } from '../../lambdas/stores/connections.ts';
import { newConnection } from '../../rules/connection.ts';
import { fillsReply } from '../../rules/frames.ts';
import { identityOf } from '../support/identity.ts';
import type { ActorReach, World } from './world.ts';

/** One topic as the application heard it, from its subscription on. */
export interface Listening {
  readonly topic: string;
  readonly inbox: Inbox;
  readonly got: Taken[];
  /** The head in the reply to `subscribe`, and how many messages had been committed by then. */
  since?: { readonly head: number; readonly commits: number };
  isOver: boolean;
}

/** A client that keeps to the protocol, with the inbox of the real one. */
export interface Subscriber {
  readonly session: SessionName;
  readonly listenings: readonly Listening[];
  isBusy(): boolean;
  /** Something is to be settled with Switchboard: a socket, a subscription, a hole. */
  isUnsettled(): boolean;
  /** One action at a time, as the protocol asks. */
  settle(): Promise<void>;
  /** A change of mind, or of the network. */
  turn(): Promise<void>;
}

/** What an action's reply does once it has reached the client. */
type Reply = () => void;

const SINCE_LONG_MS = 120_000;
const PAGE_MOST = 4;
const FORGETS_CHANCE = 0.3;

export function openSubscriber(world: World, userId: string): Subscriber {
  const { tenant, random, ledger, now, topics, sockets } = world;
  const session: SessionName = { tenant, userId, sessionId: 'tab' };
  const listenings: Listening[] = [];
  const wanted = new Map<string, Listening>();
  /** Topics that Switchboard has a subscription of ours for. */
  const told = new Set<string>();
  let opened = 0;
  let connectionId: string | undefined;
  let replaces: string | undefined;
  let isBound = false;
  /** The connection that an action is under way on; one that was lost is waited for no longer. */
  let busyOn: string | undefined;

  function open(): string {
    opened += 1;
    const id = `${tenant}/${userId}/${opened}`;
    const isCurrent = () => connectionId === id;
    sockets.set(id, {
      state: 'open',
      heard: ({ topic, ...frame }) => {
        const listening = isCurrent() ? wanted.get(topic) : undefined;
        if (!listening) return;
        listening.got.push(...listening.inbox.arrived({ topic, ...frame }));
        if (listening.inbox.behind) world.tell('hole seen');
      },
      closed: () => {
        if (isCurrent()) lose();
      },
    });
    return id;
  }

  function lose(): void {
    // A client that starts anew does not know what it had before.
    replaces = random.chance(FORGETS_CHANCE) ? undefined : connectionId;
    connectionId = undefined;
    isBound = false;
  }

  async function act(
    what: string,
    on: string,
    run: (reach: ActorReach) => Promise<Reply>,
  ): Promise<void> {
    busyOn = on;
    const over = () => {
      if (busyOn === on) busyOn = undefined;
    };
    await world.invoke(
      `${userId} ${what}`,
      async (reach, gate) => {
        try {
          const reply = await run(reach);
          // A notification may overtake the reply, and the socket may be lost under it.
          await gate('reply', async () => connectionId === on && reply());
        } catch (fault) {
          if (!(fault instanceof Refusal)) throw fault;
          if (connectionId === on) lose();
        }
        over();
      },
      over,
    );
  }

  const connect = (id: string) =>
    act(`connects ${id}`, id, async (reach) => {
      await putConnection(reach, newConnection(id, 'PENDING', now - SINCE_LONG_MS));
      const identity = identityOf({ tenant, userId, expiresAt: now / 1000 + 24 * 3600 });
      const old = replaces === undefined ? {} : { replaces };
      const request = { connectionId: id, sessionId: session.sessionId, now, ...old };
      const bound = await authenticate(reach, identity, request);
      return () => {
        isBound = true;
        if (bound.session === 'new') told.clear();
        else world.tell('reconnected');
        for (const { inbox } of wanted.values()) inbox.doubt();
      };
    });

  const subscribeTo = (listening: Listening, on: string) =>
    act(`subscribes to ${listening.topic}`, on, async (reach) => {
      const { topic, inbox, got } = listening;
      const [position] = await world.product.subscribe(reach, session, on, [topic]);
      const commits = ledger.commits.length;
      return () => {
        told.add(topic);
        if (position === undefined || listening.since || listening.isOver) return;
        listening.since = { head: position.head, commits };
        got.push(...inbox.positioned(position));
      };
    });

  const unsubscribeFrom = (topic: string, on: string) =>
    act(`unsubscribes from ${topic}`, on, async (reach) => {
      await unsubscribe(reach, session, [topic]);
      return () => told.delete(topic);
    });

  const fillUp = (behind: readonly Listening[], on: string) =>
    act(`reads what it missed of ${behind.map(({ topic }) => topic)}`, on, async (reach) => {
      world.tell('fill read');
      const cursors = behind.flatMap(({ inbox }) => inbox.ask() ?? []);
      const limit = 1 + random.below(PAGE_MOST);
      const fills = await readMissed(reach, { tenant, reader: session, cursors, limit, now });
      const reply: Notifications = JSON.parse(
        fillsReply({ type: 'notifications' }, 'topics', fills),
      );
      return () => {
        for (const fill of reply.topics) {
          const listening = behind.find(({ topic }) => topic === fill.topic);
          if (!fill.recovered) ledger.broken.push(`${userId} lost ${fill.topic}: ${fill.reason}.`);
          listening?.got.push(...listening.inbox.filled(fill).messages);
        }
      };
    });

  function nextAction(): (() => Promise<void>) | undefined {
    const on = connectionId;
    if (on === undefined || !isBound) {
      return () => {
        connectionId ??= open();
        return connect(connectionId);
      };
    }
    const fresh = [...wanted.values()].find(({ topic }) => !told.has(topic));
    if (fresh) return () => subscribeTo(fresh, on);
    const unwanted = [...told].find((topic) => !wanted.has(topic));
    if (unwanted) return () => unsubscribeFrom(unwanted, on);
    const behind = [...wanted.values()].filter(({ inbox }) => inbox.behind);
    return behind.length > 0 ? () => fillUp(behind, on) : undefined;
  }

  function want(topic: string): void {
    const listening = { topic, inbox: createInbox(topic), got: [], isOver: false };
    listenings.push(listening);
    wanted.set(topic, listening);
    // Its subscription may still stand, but only a reply tells the new inbox where it begins.
    told.delete(topic);
  }

  async function drop(id: string): Promise<void> {
    const isClean = random.chance(0.5);
    const socket = sockets.get(id);
    if (socket) socket.state = isClean ? 'closed' : 'half-dead';
    lose();
    if (!isClean) return;
    await world.invoke(
      `$disconnect ${id}`,
      async (reach) => void (await depart(reach, id, now)),
      () => undefined,
    );
  }

  return {
    session,
    listenings,
    isBusy: () => busyOn !== undefined && busyOn === connectionId,
    isUnsettled: () => nextAction() !== undefined,
    settle: async () => nextAction()?.(),
    async turn() {
      if (connectionId !== undefined && isBound && random.chance(0.3)) return drop(connectionId);
      const topic = random.pick(topics);
      const listening = wanted.get(topic);
      if (!listening) return want(topic);
      if (!random.chance(0.3)) return;
      listening.isOver = true;
      wanted.delete(topic);
    },
  };
}
