import type { Moment, TopicProgress } from '../contract/connection-manager.ts';
import type { Fact } from '../contract/journal.ts';
import type { Cursor } from '../contract/protocol.ts';
import type { AuditRow, SessionName } from '../contract/tables.ts';

/** A line of the log that the rules below read. */
interface Line extends Moment {
  readonly what: Exclude<Moment['what'], 'act'>;
}

/** Conditions on the log's lines. Values are quoted as JSON, which is how Insights reads text. */
const is = (name: string, value: string): string => `message.${name} = ${JSON.stringify(value)}`;
const isOneOf = (name: string, values: readonly string[]): string =>
  `message.${name} in [${values.map((value) => JSON.stringify(value)).join(', ')}]`;

export const ofSession = ({ tenant, userId, sessionId }: SessionName): string =>
  [is('tenant', tenant), is('userId', userId), is('sessionId', sessionId)].join(' and ');
export const ofConnections = (ids: readonly string[]): string => isOneOf('connectionId', ids);
export const ofDeliveries = (tenant: string, topics: readonly string[]): string =>
  [
    is('fact', 'topic.delivered' satisfies Fact),
    is('tenant', tenant),
    isOneOf('topic', topics),
  ].join(' and ');

export const ofFailedMessages = (messageIds: readonly string[]): string =>
  [is('fact', 'message.failed' satisfies Fact), isOneOf('messageId', messageIds)].join(' and ');
/** Everything that is named has to hold. */
export const ofFailures = (named: Readonly<Record<string, string | undefined>>): string =>
  [
    is('fact', 'delivery.failed' satisfies Fact),
    ...Object.entries(named).flatMap(([name, value]) =>
      value === undefined ? [] : [is(name, value)],
    ),
  ].join(' and ');

/** A noted fact, as a moment among others. */
export const momentOfLine = ({
  fact,
  at,
  ...about
}: {
  readonly fact: Fact;
  readonly at: string;
}): Moment & { readonly what: Fact } => ({ at, what: fact, ...about });

/** The act of an audit line, as a moment among the others. */
export const momentOf = ({ at, actor, act, target, outcome, requestId }: AuditRow): Moment => ({
  at,
  what: 'act',
  actor,
  act,
  target,
  outcome,
  requestId,
});

/**
 * The life in order; `hereNow` are the connections that the session has at its end. Deliveries of a topic
 * count only while it had one; of those in a row, the last tells how far it had got, and so it is with what the client acknowledged.
 */
export function timelineOf(
  lines: readonly Line[],
  acts: readonly Moment[],
  hereNow: readonly string[] = [],
): readonly Moment[] {
  const ordered = [...lines, ...acts].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  const here = hereBefore(lines, hereNow);
  const kept: Moment[] = [];
  for (const moment of ordered) {
    if (moment.what === 'session.bound') here.add(moment.connectionId);
    if (moment.what === 'connection.left') here.delete(moment.connectionId);
    if (moment.what === 'topic.delivered' && here.size === 0) continue;
    const last = kept.at(-1);
    const isSame = last && subjectOf(last) !== undefined && subjectOf(last) === subjectOf(moment);
    if (isSame) kept.pop();
    kept.push(isSame && 'from' in last ? { ...moment, from: last.from } : moment);
  }
  return kept;
}

/** Connections that the session had before the first of these lines: they come to it in none of them. */
function hereBefore(lines: readonly Line[], hereNow: readonly string[]): Set<unknown> {
  const all = (what: Line['what']) =>
    lines.filter((line) => line.what === what).map(({ connectionId }) => connectionId);
  const came = new Set(all('session.bound'));
  return new Set([...hereNow, ...all('connection.left')].filter((id) => !came.has(id)));
}

/** What a moment goes on telling about, if it is one of a row. */
function subjectOf({ what, topic, connectionId, positions }: Moment): string | undefined {
  if (what === 'topic.delivered') return `delivered ${topic}`;
  if (what !== 'session.acknowledged') return undefined;
  const topics = (positions as readonly Cursor[]).map((each) => each.topic);
  return `acknowledged ${connectionId} ${topics.join(' ')}`;
}

/** How far each topic has come, by the moments that tell of it. */
export function progressOf(
  moments: readonly Moment[],
  heads: readonly { readonly topic: string; readonly head: number }[],
): readonly TopicProgress[] {
  const delivered = new Map<unknown, number>();
  const acknowledged = new Map<string, number>();
  for (const moment of moments) {
    if (moment.what === 'topic.delivered') delivered.set(moment.topic, moment.upTo as number);
    if (moment.what === 'session.acknowledged') {
      for (const { topic, seq } of moment.positions as readonly Cursor[])
        acknowledged.set(topic, seq);
    }
  }
  return heads.map(({ topic, head }) => ({
    topic,
    head,
    ...(delivered.has(topic) && { delivered: delivered.get(topic) as number }),
    ...(acknowledged.has(topic) && { acknowledged: acknowledged.get(topic) as number }),
  }));
}
