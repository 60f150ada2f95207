import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { SUBSCRIPTIONS_PER_SESSION } from '../../contract/limits.ts';
import { playerKey, type SessionName, type TopicsRow, topicsItem } from '../../contract/tables.ts';
import type { Reaches } from '../platform/reach.ts';
import type { TransactItem } from '../platform/transact.ts';
import { ex, holds, updateItem, updating } from './expression.ts';

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
  holds(() =>
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

export const removeTopics = (
  { tables }: Reach<'update'>,
  session: SessionName,
  topics: ReadonlySet<string>,
): TransactItem =>
  updateItem(
    tables.sessions.name,
    keyOf(session),
    ex`DELETE #topics ${topics}`,
    ex`attribute_exists(#item)`,
  );

/**
 * The topics are those of this life now, and stay. The row is made if there is none: it must stand before
 * the first topic, or a late end of the last life could not tell that it is late.
 */
export const keepTopics = (
  { documents, tables }: Reach<'update'>,
  session: SessionName,
  life: number,
): Promise<boolean> =>
  holds(() =>
    documents.send(
      new UpdateCommand({
        TableName: tables.sessions.name,
        Key: keyOf(session),
        ...updating(
          ex`SET #life = ${life} REMOVE #ttl`,
          ex`attribute_not_exists(#life) OR #life <= ${life}`,
        ),
      }),
    ),
  );

/** The topics of an ended life go then; false when there are none, or a later life has taken them over. */
export const keepTopicsUntil = (
  { documents, tables }: Reach<'update'>,
  session: SessionName,
  life: number,
  ttl: number,
): Promise<boolean> =>
  holds(() =>
    documents.send(
      new UpdateCommand({
        TableName: tables.sessions.name,
        Key: keyOf(session),
        ...updating(
          ex`SET #ttl = ${ttl}`,
          ex`attribute_exists(#item) AND (attribute_not_exists(#life) OR #life <= ${life})`,
        ),
      }),
    ),
  );
