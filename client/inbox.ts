import type {
  Content,
  Cursor,
  Fill,
  Notification,
  NotRecovered,
  Position,
} from '../contract/protocol.ts';

/** Which message it is, and how it came. */
interface About {
  readonly topic: string;
  readonly epoch: string;
  readonly seq: number;
  /** The same on every topic that the message was published to. */
  readonly id: string;
  /** ISO: when it was published. */
  readonly at: string;
  /** It was missed when it happened, and was read afterwards. */
  readonly recovered: boolean;
}

/** One message, as the application gets it. */
export type Received = About & { readonly payload: unknown };

/** One message in its place, which may only say where it is. */
export type Taken = About & Content;

/**
 * One topic, from frames in any order and number to messages in sequence, each once [G2] [G3].
 * It neither sends nor waits: whoever owns it reads what is `behind` and brings the fills.
 */
export interface Inbox {
  /** Where to read on from; undefined until the reply to `subscribe` has told the position. */
  readonly cursor: Cursor | undefined;
  /** Something is missing, or may be: bring a fill. */
  readonly behind: boolean;
  /** Once: the reply to the first `subscribe`. */
  positioned(position: Position): Taken[];
  arrived(frame: Notification): Taken[];
  /** The cursor to ask a fill for. What arrives from now on may be newer than the answer. */
  ask(): Cursor | undefined;
  filled(fill: Fill): { readonly messages: Taken[]; readonly lost?: NotRecovered | undefined };
  /** The socket was lost, and nobody can say what with it. */
  doubt(): void;
}

/** More than this is not kept while waiting for a fill: the fill brings it anyway. */
const HELD_MOST = 500;

/** The message directly follows this one; those between, if any, were this session's own. */
const continues = (frame: Notification): number => frame.after ?? frame.seq - 1;

/** `from`: where an earlier page of the same application has got to. */
export function createInbox(topic: string, from?: Cursor): Inbox {
  let known = from !== undefined;
  let epoch = from?.epoch ?? null;
  let seq = from?.seq ?? 0;
  let doubtful = false;
  /** Frames ahead of the position, and all frames before the position is known. */
  let held: Notification[] = [];
  /** Frames of another epoch: either ours is over, or they come late. A fill tells which. */
  let foreign: Notification[] = [];
  let foreignWhenAsked = 0;

  const cursor = (): Cursor | undefined => (known ? { topic, epoch, seq } : undefined);

  function hold(frame: Notification): void {
    const list = epoch === null || frame.epoch === epoch ? held : foreign;
    if (list.length < HELD_MOST) list.push(frame);
    else doubtful = true;
  }

  function release(): Taken[] {
    const messages: Taken[] = [];
    const waiting = held.sort((one, other) => one.seq - other.seq);
    held = [];
    for (const frame of waiting) {
      // The first message of a topic that had none brings the epoch.
      if (epoch === null && continues(frame) === 0) epoch = frame.epoch;
      if (frame.epoch !== epoch || continues(frame) > seq) hold(frame);
      else if (frame.seq > seq) {
        seq = frame.seq;
        const { type, after, ...message } = frame;
        messages.push({ ...message, recovered: false });
      }
    }
    return messages;
  }

  function recover(fill: Fill & { recovered: true }): Taken[] {
    const messages: Taken[] = [];
    for (const entry of fill.messages) {
      if ('own' in entry) seq = Math.max(seq, entry.to);
      else if (entry.seq > seq) {
        seq = entry.seq;
        // Of the frames that wait for a hole to close, none was missed itself.
        const recovered = !held.some((frame) => frame.seq === seq);
        messages.push({ ...entry, topic, epoch: fill.epoch ?? '', recovered });
      }
    }
    seq = Math.max(seq, fill.next);
    return messages;
  }

  return {
    get cursor() {
      return cursor();
    },
    get behind() {
      return known && (doubtful || held.length + foreign.length > 0);
    },
    positioned(position) {
      known = true;
      epoch = position.epoch;
      seq = position.head;
      return release();
    },
    arrived(frame) {
      hold(frame);
      return known ? release() : [];
    },
    ask() {
      foreignWhenAsked = foreign.length;
      return cursor();
    },
    filled(fill) {
      if (fill.recovered && epoch !== null && fill.epoch !== epoch) return { messages: [] };
      const sinceAsked = foreign.slice(foreignWhenAsked);
      epoch = fill.epoch;
      doubtful = fill.recovered && fill.more;
      const messages = fill.recovered ? recover(fill) : [];
      if (!fill.recovered) seq = fill.head;
      const waiting = [...held, ...foreign];
      held = [];
      foreign = [];
      for (const frame of waiting) {
        if (frame.epoch === epoch || sinceAsked.includes(frame)) hold(frame);
      }
      messages.push(...release());
      return { messages, lost: fill.recovered ? undefined : fill.reason };
    },
    doubt() {
      doubtful = known;
    },
  };
}
