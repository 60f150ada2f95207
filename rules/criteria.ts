import type { Criteria } from '../contract/direct-message.ts';
import { Refusal } from '../contract/refusals.ts';
import { type ConnectionRow, subscriberKey } from '../contract/tables.ts';
import { lastsUntil, seconds, tenantOf } from './connection.ts';
import {
  type Audience,
  demandTopic,
  isIn,
  type TopicPolicy,
  type TopicUser,
} from './topic-policy.ts';

/**
 * May this user name these recipients? Refuses `tenant-not-allowed` for another tenant than their own [S1-13],
 * `topic-invalid` and `topic-not-allowed`.
 */
export function demandCriteria(
  policy: TopicPolicy,
  sender: TopicUser,
  { tenant, topics = [] }: Criteria,
): void {
  if (tenant !== undefined && tenant !== sender.tenant) throw new Refusal('tenant-not-allowed');
  for (const topic of topics) demandTopic(policy, sender, topic);
}

/** Criteria, with what only a look into other rows can tell. */
export interface Meant {
  readonly tenant: string;
  readonly to: Criteria;
  /** Of each of `to.topics`; absent where none is named. */
  readonly listeners?: readonly Listeners[];
}

/** Whose subscriptions to a topic are active, as `subscriberKey` names them, and who may use it. */
export interface Listeners {
  readonly subscribers: ReadonlySet<string>;
  readonly audience: Audience;
}

/** Is the message for this connection? Every criterion that is given must hold [S3-02]. */
export function isMeant(
  row: ConnectionRow,
  { tenant, to, listeners }: Meant,
  now: number,
): boolean {
  const { status = 'CONNECTED', except = {} } = to;
  const { connectionId, userId = '', sessionId = '' } = row;
  const isNamed = (names: readonly string[] | undefined, name: string) =>
    names === undefined || names.includes(name);
  return (
    row.status === status &&
    tenantOf(row) === tenant &&
    lastsUntil(row) > seconds(now) &&
    isNamed(to.connectionIds, connectionId) &&
    isNamed(to.userIds, userId) &&
    isNamed(to.sessionIds, sessionId) &&
    (listeners === undefined || isAmong(listeners, row)) &&
    !except.connectionIds?.includes(connectionId) &&
    !except.userIds?.includes(userId) &&
    !except.sessionIds?.includes(sessionId)
  );
}

function isAmong(listeners: readonly Listeners[], row: ConnectionRow): boolean {
  const { userId = '', sessionId = '', scopes = [] } = row;
  const user = { tenant: tenantOf(row), userId, scopes };
  return listeners.some(
    ({ subscribers, audience }) =>
      subscribers.has(subscriberKey(userId, sessionId)) && isIn(audience, user),
  );
}
