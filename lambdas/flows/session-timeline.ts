import type { ManagerRequest, Moment, TimelineAnswer } from '../../contract/connection-manager.ts';
import type { JournalLine } from '../../contract/journal.ts';
import { DELIVERIES_TOLD, JOURNAL_LINES, TIMELINE_HOURS } from '../../contract/limits.ts';
import { DEFAULT_TENANT } from '../../contract/names.ts';
import { Refusal } from '../../contract/refusals.ts';
import {
  type ConnectionRow,
  type SessionName,
  type TARGET_INDEX,
  targetOf,
} from '../../contract/tables.ts';
import type { AuditedCall } from '../../rules/audit.ts';
import {
  momentOf,
  momentOfLine,
  ofConnections,
  ofDeliveries,
  ofSession,
  progressOf,
  timelineOf,
} from '../../rules/timeline.ts';
import type { JournalReader } from '../platform/journal.ts';
import { inParallel } from '../platform/parallel.ts';
import type { Reaches } from '../platform/reach.ts';
import { auditLinesOf } from '../stores/audit.ts';
import { getConnection } from '../stores/connections.ts';
import { getSession } from '../stores/sessions.ts';
import { getTopics } from '../stores/topics.ts';
import { positionsOf } from './positions.ts';

export type TimelineReach = Reaches<{
  connections: 'get';
  sessions: 'get';
  notifications: 'batchGet';
  audit: `query ${typeof TARGET_INDEX}`;
}> & { readonly journal: JournalReader };

interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * Tells the life of a session in order: connect, authenticate, subscribe, delivered and acknowledged up to,
 * a 410, drops, events. It comes from what functions noted in their logs and from the audit log; rows only
 * tell how things stand now. Of a connection that was never bound there is its own life alone.
 *
 * Refuses `malformed` where neither a session nor a connection is named, and `not-found`.
 */
export async function sessionTimeline(
  reach: TimelineReach,
  request: ManagerRequest<'get_session_timeline'>,
  { now }: AuditedCall,
): Promise<TimelineAnswer> {
  const { since } = request;
  const from = since === undefined ? now - TIMELINE_HOURS * 3600 * 1000 : Date.parse(since);
  const span = { from, to: now };
  const session = await sessionAskedFor(reach, request);
  return session
    ? lifeOfSession(reach, session, span)
    : lifeOfConnection(reach, request.connectionId ?? '', span);
}

async function sessionAskedFor(
  reach: TimelineReach,
  {
    connectionId,
    userId,
    sessionId,
    tenant = DEFAULT_TENANT,
  }: ManagerRequest<'get_session_timeline'>,
): Promise<SessionName | undefined> {
  if (userId !== undefined && sessionId !== undefined) return { tenant, userId, sessionId };
  if (connectionId === undefined) {
    throw new Refusal('malformed', 'Name a connection, or a user and a session.');
  }
  const row = await getConnection(reach, connectionId);
  if (row === undefined) throw new Refusal('not-found');
  return belongedTo(row);
}

/** Also of one that has left. */
function belongedTo(row: ConnectionRow): SessionName | undefined {
  const { tenant, sessionId, userId = row.formerUserId } = row;
  return tenant !== undefined && sessionId !== undefined && userId !== undefined
    ? { tenant, userId, sessionId }
    : undefined;
}

async function lifeOfSession(
  reach: TimelineReach,
  name: SessionName,
  span: Span,
): Promise<TimelineAnswer> {
  const [row, topics, own] = await Promise.all([
    getSession(reach, name),
    getTopics(reach, name),
    reach.journal.read({ ...span, where: ofSession(name) }),
  ]);
  const connectionIds = [...(row?.conns ?? [])];
  const everyone = new Set([...connectionIds, ...own.flatMap(connectionOf)]);
  const { tenant, userId, sessionId } = name;
  const [others, deliveries, heads, acts] = await Promise.all([
    linesOfConnections(reach, [...everyone], span),
    topics.size === 0
      ? []
      : reach.journal.read({
          ...span,
          where: ofDeliveries(tenant, [...topics.keys()]),
          order: 'desc',
          most: DELIVERIES_TOLD,
        }),
    positionsOf(reach, tenant, [...topics.keys()]),
    actsOn(
      reach,
      [
        targetOf('user', tenant, userId),
        targetOf('session', tenant, userId, sessionId),
        ...[...everyone].map((id) => targetOf('connection', id)),
      ],
      span,
    ),
  ]);
  const isOwn = (line: JournalLine) => line.sessionId === undefined;
  const lines = [...own, ...others.filter(isOwn), ...deliveries].map(momentOfLine);
  const moments = timelineOf(lines, acts, connectionIds);
  return {
    session: { ...name, sessionId, state: row?.state ?? 'unknown', connectionIds },
    moments,
    topics: progressOf(moments, heads),
    isWhole: own.length < JOURNAL_LINES,
  };
}

async function lifeOfConnection(
  reach: TimelineReach,
  connectionId: string,
  span: Span,
): Promise<TimelineAnswer> {
  const [lines, acts] = await Promise.all([
    linesOfConnections(reach, [connectionId], span),
    actsOn(reach, [targetOf('connection', connectionId)], span),
  ]);
  const moments = timelineOf(lines.map(momentOfLine), acts);
  return { moments, topics: [], isWhole: lines.length < JOURNAL_LINES };
}

const connectionOf = ({ connectionId }: JournalLine): string[] =>
  typeof connectionId === 'string' ? [connectionId] : [];

const linesOfConnections = async (
  reach: TimelineReach,
  ids: readonly string[],
  span: Span,
): Promise<readonly JournalLine[]> =>
  ids.length === 0 ? [] : reach.journal.read({ ...span, where: ofConnections(ids) });

const ACTS_AT_ONCE = 8;

async function actsOn(
  reach: TimelineReach,
  targets: readonly string[],
  { from }: Span,
): Promise<Moment[]> {
  const rows = await inParallel(targets, ACTS_AT_ONCE, (target) =>
    auditLinesOf(reach, target, from),
  );
  return rows.flat().map(momentOf);
}
