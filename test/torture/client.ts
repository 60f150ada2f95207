import { setTimeout as pause } from 'node:timers/promises';
import type {
  Accepted,
  Notification,
  Notifications,
  Pong,
  Subscribed,
} from '../../contract/protocol.ts';
import { topicKey } from '../../contract/tables.ts';
import type { Heard } from '../audit/evidence.ts';
import { type Person, signIn } from '../support/people.ts';
import type { Place } from '../support/place.ts';
import { openPosition, type Position } from './position.ts';
import { NoReply, openWire, type Wire } from './wire.ts';

/** A client that never gives up: it keeps to the protocol, comes back, and counts what it hands on. */
export interface Client {
  readonly who: string;
  readonly connectionId: string | undefined;
  readonly wire: Wire | undefined;
  readonly position: (topic: string) => Position | undefined;
  subscribe(...topics: readonly string[]): Promise<void>;
  unsubscribe(...topics: readonly string[]): Promise<void>;
  /** Everything that it wants is settled with Switchboard. */
  settled(): Promise<void>;
  /** A heartbeat with its positions. */
  ping(): Promise<void>;
  /** Loses its socket, and comes back: at once, or when it is told to. */
  cut(): void;
  stayAway(): void;
  comeBack(): Promise<void>;
  /** Opens another socket in the place of this one, and closes this one only then. */
  moveOver(): Promise<void>;
  /** Ends, with a close frame or without. */
  leave(how?: 'closed' | 'cut'): Promise<void>;
  heard(): Heard[];
  tally(): ClientTally;
}

export interface ClientTally {
  readonly resumes: number;
  readonly rawDuplicates: number;
  readonly impossible: readonly string[];
}

export interface ClientProps {
  readonly place: Place;
  readonly tenant: string;
  readonly person: Person;
  readonly sessionId: string;
  readonly accepts?: readonly Accepted[];
  /** Names the connection that it had when it comes back. @default true */
  readonly remembers?: boolean;
}

/** A hole may close by itself: frames overtake each other. */
const OVERTAKING_MS = 100;
const FILL_LIMIT = 200;
const WAITS_MS = 40;

export function openClient(props: ClientProps): Client {
  const { place, tenant, sessionId, accepts, remembers = true } = props;
  let { person } = props;
  const who = `${person.userId.slice(0, 8)} ${sessionId}`;
  const positions = new Map<string, Position>();
  const wanted = new Set<string>();
  const told = new Set<string>();
  const waiting = new Set<() => void>();
  let wire: Wire | undefined;
  let connectionId: string | undefined;
  let isBound = false;
  let isLeaving = false;
  let isAway = false;
  let isSettling = false;
  let resumes = 0;
  let overtaking: NodeJS.Timeout | undefined;

  const heard = (frame: Notification) => {
    const position = positions.get(frame.topic);
    position?.arrived(frame);
    if (!position?.isBehind) return;
    clearTimeout(overtaking);
    overtaking = setTimeout(settle, OVERTAKING_MS);
  };

  /** That socket is over, if it is the one that counts. */
  const forget = (lost: Wire | undefined): void => {
    if (lost === undefined || wire !== lost) return;
    wire = undefined;
    isBound = false;
    settle();
  };

  const connect = async (): Promise<Wire> => {
    const opened: Wire = await openWire(String(place.outputs.WebSocketUrl), {
      heard: (frame) => heard(frame as unknown as Notification),
      lost: () => {
        forget(opened);
      },
    });
    return opened;
  };

  const authenticate = async (on: Wire): Promise<void> => {
    const replaces = remembers && connectionId !== undefined ? { replaces: connectionId } : {};
    const request = { action: 'authenticate', token: person.token, sessionId, ...replaces };
    const reply = await on.ask({ ...request, ...(accepts && { accepts }) });
    if (connectionId !== undefined) resumes += 1;
    connectionId = String(reply.connectionId);
    isBound = true;
    if (reply.session === 'new') told.clear();
    for (const position of positions.values()) position.doubt();
  };

  const subscribeTo = async (on: Wire, topics: readonly string[]): Promise<void> => {
    const cursors = topics.flatMap((topic) => positions.get(topic)?.cursor ?? []);
    for (const topic of topics) {
      if (!positions.has(topic)) positions.set(topic, openPosition(topic));
    }
    const reply = (await on.ask({
      ...{ action: 'subscribe', topics },
      ...(cursors.length > 0 && { cursors }),
    })) as unknown as Subscribed;
    for (const position of reply.topics) {
      told.add(position.topic);
      positions.get(position.topic)?.told(position);
    }
    for (const fill of reply.missed ?? []) positions.get(fill.topic)?.filled(fill);
  };

  const fill = async (on: Wire, topics: readonly string[]): Promise<void> => {
    const cursors = topics.flatMap((topic) => positions.get(topic)?.cursor ?? []);
    const request = { action: 'readNotifications', cursors, limit: FILL_LIMIT };
    const reply = (await on.ask(request)) as unknown as Notifications;
    for (const one of reply.topics) positions.get(one.topic)?.filled(one);
  };

  /** The next thing to do, one at a time. */
  const nextStep = (): (() => Promise<void>) | undefined => {
    const on = wire;
    if (isAway) return undefined;
    if (on === undefined)
      return async () => {
        wire = await connect();
      };
    if (!isBound) return () => authenticate(on);
    const fresh = [...wanted].filter((topic) => !told.has(topic));
    if (fresh.length > 0) return () => subscribeTo(on, fresh.slice(0, 100));
    const unwanted = [...told].filter((topic) => !wanted.has(topic));
    if (unwanted.length > 0) {
      return async () => {
        await on.ask({ action: 'unsubscribe', topics: unwanted });
        for (const topic of unwanted) {
          told.delete(topic);
          positions.delete(topic);
        }
      };
    }
    const behind = [...wanted].filter((topic) => positions.get(topic)?.isBehind);
    return behind.length > 0 ? () => fill(on, behind.slice(0, 100)) : undefined;
  };

  const run = async (): Promise<void> => {
    for (let step = nextStep(); step && !isLeaving; step = nextStep()) {
      const on = wire;
      try {
        await step();
      } catch (fault) {
        if (!(fault instanceof NoReply)) throw fault;
        if (fault.code === 'token-expired')
          person = await signIn(place, person.userName, person.password);
        const isWaiting = fault.kind === 'gateway' || fault.code === 'busy';
        // Whatever else is refused to this connection, a new one may have.
        if (!isWaiting) {
          on?.cut();
          forget(on);
        }
        await pause(WAITS_MS);
      }
    }
    for (const settled of waiting) settled();
    waiting.clear();
  };

  function settle(): void {
    if (isSettling || isLeaving) return;
    isSettling = true;
    void run().finally(() => {
      isSettling = false;
      if (nextStep() && !isLeaving) settle();
    });
  }

  const settled = (): Promise<void> =>
    new Promise((resolve) => {
      if (isLeaving || (!isSettling && nextStep() === undefined)) return resolve();
      waiting.add(resolve);
      settle();
    });

  return {
    who,
    get connectionId() {
      return connectionId;
    },
    get wire() {
      return wire;
    },
    position: (topic) => positions.get(topic),
    settled,
    async subscribe(...topics) {
      for (const topic of topics) wanted.add(topic);
      await settled();
    },
    async unsubscribe(...topics) {
      for (const topic of topics) wanted.delete(topic);
      await settled();
    },
    async ping() {
      const cursors = [...positions.values()].flatMap(({ cursor }) => cursor ?? []);
      try {
        const pong = (await wire?.ask({ type: 'ping', positions: cursors })) as unknown as
          | Pong
          | undefined;
        for (const { topic } of pong?.behind ?? []) positions.get(topic)?.doubt();
      } catch (fault) {
        if (!(fault instanceof NoReply)) throw fault;
      }
      settle();
    },
    cut: () => {
      wire?.cut();
      forget(wire);
    },
    stayAway() {
      isAway = true;
      wire?.cut();
      forget(wire);
    },
    comeBack() {
      isAway = false;
      return settled();
    },
    async moveOver() {
      const old = wire;
      const next = await connect();
      wire = next;
      isBound = false;
      await settled();
      await old?.close();
    },
    async leave(how = 'closed') {
      isLeaving = true;
      clearTimeout(overtaking);
      const last = wire;
      wire = undefined;
      if (how === 'cut') last?.cut();
      else await last?.close();
    },
    heard: () =>
      [...positions].flatMap(([topic, { from, numbers }]) =>
        from === undefined ? [] : [{ who, topic: topicKey(tenant, topic), from, numbers }],
      ),
    tally: () => ({
      resumes,
      rawDuplicates: [...positions.values()].reduce((sum, one) => sum + one.rawDuplicates, 0),
      impossible: [...positions.values()].flatMap(({ impossible }) => impossible),
    }),
  };
}
