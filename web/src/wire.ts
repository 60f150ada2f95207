import type { WireFrame } from '../../client/connection.ts';
import { createInbox, type Inbox } from '../../client/inbox.ts';
import type { Fill, Notification, Position, ServerMessage } from '../../contract/protocol.ts';

/** What a frame means for the sequence of its topic. */
export interface WireNote {
  readonly kind: 'gap' | 'fill' | 'lost' | 'twice';
  readonly text: string;
}

/** One frame, as the wire view shows it. */
export interface WireLine {
  readonly id: number;
  readonly direction: 'in' | 'out';
  readonly at: number;
  readonly type: string;
  readonly about: string;
  readonly notes: readonly WireNote[];
  readonly json: string;
}

let lines = 0;

/** Reads frames in the order in which they pass, with an inbox of its own for each topic. */
export function createWireReader(): (frame: WireFrame) => WireLine {
  const inboxes = new Map<string, Inbox>();

  function inboxOf(topic: string): Inbox {
    const inbox = inboxes.get(topic) ?? createInbox(topic);
    inboxes.set(topic, inbox);
    return inbox;
  }

  function noteArrival(frame: Notification): WireNote[] {
    const inbox = inboxOf(frame.topic);
    const before = inbox.cursor;
    const messages = inbox.arrived(frame);
    if (!before || messages.length > 0) return [];
    if (!inbox.behind) return [{ kind: 'twice', text: 'had it already' }];
    const text = `waits for ${rangeOf(before.seq + 1, frame.after ?? frame.seq - 1)}`;
    return [{ kind: 'gap', text }];
  }

  function noteFill(fill: Fill): WireNote[] {
    const inbox = inboxOf(fill.topic);
    const from = inbox.ask();
    const { lost, messages } = inbox.filled(fill);
    if (lost) return [{ kind: 'lost', text: `cannot go on: ${lost}` }];
    if (!fill.recovered || !from || messages.length === 0) return [];
    return [{ kind: 'fill', text: `fills ${rangeOf(from.seq + 1, fill.next)}` }];
  }

  /** One that brings no fill begins anew. */
  function notePosition(position: Position, fills: readonly Fill[]): void {
    const { topic } = position;
    if (fills.some((fill) => fill.topic === topic)) return;
    if (inboxOf(topic).cursor) inboxes.delete(topic);
    inboxOf(topic).positioned(position);
  }

  function note(frame: ServerMessage): WireNote[] {
    switch (frame.type) {
      case 'notification':
        return noteArrival(frame);
      case 'pack':
        return frame.frames.flatMap(note);
      case 'notifications':
        return frame.topics.flatMap(noteFill);
      case 'subscribed':
        for (const position of frame.topics) notePosition(position, frame.missed ?? []);
        return (frame.missed ?? []).flatMap(noteFill);
      default:
        return [];
    }
  }

  return ({ direction, at, frame }) => {
    const { type, action } = Object(frame);
    return {
      id: ++lines,
      direction,
      at,
      type: String(type ?? action ?? 'gateway error'),
      about: aboutOf(frame).join(' · '),
      // What comes over the wire is taken for what the contract says.
      notes: direction === 'in' ? note(frame as ServerMessage) : [],
      json: JSON.stringify(frame, null, 2),
    };
  };
}

const rangeOf = (from: number, to: number): string => (from < to ? `${from}–${to}` : `${to}`);

/** The facts that tell a frame from others of its type. */
function aboutOf(frame: unknown): string[] {
  const { topic, topics, cursors, positions, frames, seq, session, code } = Object(frame);
  const facts = [
    topic,
    ...(Array.isArray(topics) ? topics.map(describeTopic) : []),
    ...(Array.isArray(cursors) ? cursors : (positions ?? [])).map(describeCursor),
    ...(Array.isArray(frames) ? frames.flatMap(aboutOf) : []),
    seq === undefined ? undefined : `seq ${seq}`,
    session,
    code,
  ];
  return facts.filter((fact) => fact !== undefined);
}

/** A name, a position, or a fill with its messages. */
function describeTopic(one: unknown): string {
  if (typeof one === 'string') return one;
  const { topic, messages, head } = Object(one);
  return Array.isArray(messages) ? `${topic}: ${messages.length} read` : `${topic} at ${head}`;
}

function describeCursor(one: unknown): string {
  const { topic, seq } = Object(one);
  return `${topic} after ${seq}`;
}
