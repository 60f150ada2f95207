import type { Criteria } from '../contract/direct-message.ts';
import { Refusal } from '../contract/refusals.ts';
import { type ConnectionRow, subscriberKey } from '../contract/tables.ts';
import { lastsUntil, seconds, tenantOf } from './connection.ts';
import type { Identity } from './identity.ts';
import { demandTopic } from './topic-policy.ts';

type Sender = Pick<Identity, 'tenant' | 'userId'>;

/**
 * May this user name these recipients? Refuses `tenant-not-allowed` for another tenant than their own [S1-13],
 * `topic-invalid` and `topic-not-allowed`.
 */
export function demandCriteria(sender: Sender, { tenant, topics = [] }: Criteria): void {
  if (tenant !== undefined && tenant !== sender.tenant) throw new Refusal('tenant-not-allowed');
  for (const topic of topics) demandTopic(sender, topic);
}

/** Criteria, with what only a look into other rows can tell. */
export interface Meant {
  readonly tenant: string;
  readonly to: Criteria;
  /** Who listens to one of `to.topics`, as `subscriberKey` names them; absent where no topic is named. */
  readonly subscribers?: ReadonlySet<string>;
}

/** Is the message for this connection? Every criterion that is given must hold [S3-02]. */
export function isMeant(
  row: ConnectionRow,
  { tenant, to, subscribers }: Meant,
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
    (subscribers === undefined || subscribers.has(subscriberKey(userId, sessionId))) &&
    !except.connectionIds?.includes(connectionId) &&
    !except.userIds?.includes(userId) &&
    !except.sessionIds?.includes(sessionId)
  );
}
