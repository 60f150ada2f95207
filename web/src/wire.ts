import type { WireFrame } from '../../client/connection.ts';

/** One frame, as the wire view shows it. */
export interface WireLine {
  readonly id: number;
  readonly direction: 'in' | 'out';
  readonly at: number;
  readonly type: string;
  readonly about: string;
  readonly json: string;
}

let lines = 0;

export function describeFrame({ direction, at, frame }: WireFrame): WireLine {
  const { type, action, topic, topics, seq, session, code } = Object(frame);
  const about = [
    topic,
    ...(Array.isArray(topics) ? topics.map(describeTopic) : []),
    seq === undefined ? undefined : `seq ${seq}`,
    session,
    code,
  ];
  return {
    id: ++lines,
    direction,
    at,
    type: String(type ?? action ?? 'gateway error'),
    about: about.filter((fact) => fact !== undefined).join(' · '),
    json: JSON.stringify(frame, null, 2),
  };
}

/** A name, a position, or a fill with its messages. */
function describeTopic(one: unknown): string {
  if (typeof one === 'string') return one;
  const { topic, messages } = Object(one);
  return Array.isArray(messages) ? `${topic}: ${messages.length} read` : String(topic);
}
