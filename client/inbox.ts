import type {
  Content,
  Cursor,
  Fill,
  Notification,
  NotRecovered,
  Position,
} from '../contract/protocol.ts';

/** One message, as the application gets it. */
export interface Received {
  readonly payload: unknown;
  readonly topic: string;
  readonly seq: number;
  /** The same on every topic that the message was published to. */
  readonly id: string;
  /** ISO: when it was published. */
  readonly at: string;
  /** It was missed when it happened, and was read afterwards. */
  readonly recovered: boolean;
}

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
  positioned(position: Position): Received[];
  arrived(frame: Notification): Received[];
  /** The cursor to ask a fill for. What arrives from now on may be newer than the answer. */
  ask(): Cursor | undefined;
  filled(fill: Fill): { readonly messages: Received[]; readonly lost?: NotRecovered };
  /** The socket was lost, and nobody can say what with it. */
  doubt(): void;
}

/** More than this is not kept while waiting for a fill: the fill brings it anyway. */
const HELD_MOST = 500;

/** The message directly follows this one; those between, if any, were this session's own. */
const continues = (frame: Notification): number => frame.after ?? frame.seq - 1;

export function createInbox(topic: string): Inbox {
  let known = false;
  let epoch: string | null = null;
  let seq = 0;
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

  function release(): Received[] {
    const messages: Received[] = [];
    const waiting = held.sort((one, other) => one.seq - other.seq);
    held = [];
    for (const frame of waiting) {
      // The first message of a topic that had none brings the epoch.
      if (epoch === null && continues(frame) === 0) epoch = frame.epoch;
      if (frame.epoch !== epoch || continues(frame) > seq) hold(frame);
      else if (frame.seq > seq) {
        seq = frame.seq;
        messages.push({
          payload: contentOf(frame),
          topic,
          seq,
          id: frame.id,
          at: frame.at,
          recovered: false,
        });
      }
    }
    return messages;
  }

  function recover(fill: Fill & { recovered: true }): Received[] {
    const messages: Received[] = [];
    for (const entry of fill.messages) {
      if ('own' in entry) seq = Math.max(seq, entry.to);
      else if (entry.seq > seq) {
        seq = entry.seq;
        const { id, at } = entry;
        messages.push({ payload: contentOf(entry), topic, seq, id, at, recovered: true });
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
      return fill.recovered ? { messages } : { messages, lost: fill.reason };
    },
    doubt() {
      doubtful = known;
    },
  };
}

/** A reference is handed on as it is: whoever listens can fetch it. */
const contentOf = (content: Content): unknown =>
  'payload' in content ? content.payload : content.reference;
