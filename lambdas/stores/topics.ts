import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { SUBSCRIPTIONS_PER_SESSION } from '../../contract/limits.ts';
import { playerKey, type SessionName, type TopicsRow, topicsItem } from '../../contract/tables.ts';
import type { Reaches } from '../platform/reach.ts';
import { ex, holds, updating } from './expression.ts';

type Reach<Rights extends 'get' | 'update'> = Reaches<{ sessions: Rights }>;

const keyOf = ({ tenant, userId, sessionId }: SessionName) => ({
  player: playerKey(tenant, userId),
  item: topicsItem(sessionId),
});

/** The topics that a session has subscribed to, in this life or in one before. */
export async function getTopics(
  { documents, tables }: Reach<'get'>,
  session: SessionName,
): Promise<ReadonlySet<string>> {
  const { Item } = await documents.send(
    new GetCommand({ TableName: tables.sessions.name, Key: keyOf(session), ConsistentRead: true }),
  );
  return (Item as TopicsRow | undefined)?.topics ?? new Set();
}

/** False when the session would have more than it may. */
export const addTopics = (
  { documents, tables }: Reach<'update'>,
  session: SessionName,
  topics: ReadonlySet<string>,
): Promise<boolean> =>
  holds(
    documents.send(
      new UpdateCommand({
        TableName: tables.sessions.name,
        Key: keyOf(session),
        ...updating(
          ex`ADD #topics ${topics} REMOVE #ttl`,
          ex`attribute_not_exists(#topics) OR size(#topics) <= ${SUBSCRIPTIONS_PER_SESSION - topics.size}`,
        ),
      }),
    ),
  );

/** Harmless where there is no such row. */
export const removeTopics = (
  { documents, tables }: Reach<'update'>,
  session: SessionName,
  topics: ReadonlySet<string>,
): Promise<boolean> =>
  holds(
    documents.send(
      new UpdateCommand({
        TableName: tables.sessions.name,
        Key: keyOf(session),
        ...updating(ex`DELETE #topics ${topics}`, ex`attribute_exists(#item)`),
      }),
    ),
  );

/** With a time it goes then; without one it stays. Harmless where there is no such row. */
export const keepTopicsUntil = (
  { documents, tables }: Reach<'update'>,
  session: SessionName,
  ttl: number | undefined,
): Promise<boolean> =>
  holds(
    documents.send(
      new UpdateCommand({
        TableName: tables.sessions.name,
        Key: keyOf(session),
        ...updating(
          ttl === undefined ? ex`REMOVE #ttl` : ex`SET #ttl = ${ttl}`,
          ex`attribute_exists(#item)`,
        ),
      }),
    ),
  );
