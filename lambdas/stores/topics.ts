import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { SUBSCRIPTIONS_PER_SESSION } from '../../contract/limits.ts';
import {
  inShard,
  playerKey,
  type SessionName,
  shardedTopic,
  type TopicsRow,
  topicsItem,
} from '../../contract/tables.ts';
import type { Reaches } from '../platform/reach.ts';
import type { Row, TransactItem } from '../platform/transact.ts';
import {
  attempt,
  type Expression,
  ex,
  holds,
  together,
  updateItem,
  updating,
} from './expression.ts';
import type { Place } from './subscriptions.ts';

type Reach<Rights extends 'get' | 'update'> = Reaches<{ sessions: Rights }>;

const keyOf = ({ tenant, userId, sessionId }: SessionName) => ({
  player: playerKey(tenant, userId),
  item: topicsItem(sessionId),
});

/** Topics of a session, each with the shard that its subscription is in. */
export type Topics = ReadonlyMap<string, number>;

/** The topics that a session has subscribed to, in this life or in one before. */
export async function getTopics(
  { documents, tables }: Reach<'get'>,
  session: SessionName,
): Promise<Topics> {
  const { Item } = await documents.send(
    new GetCommand({ TableName: tables.sessions.name, Key: keyOf(session), ConsistentRead: true }),
  );
  return topicsOf(Item);
}

/** As a row of topics, or that there is none, tells it. */
export function topicsOf(row: Row | undefined): Topics {
  const { topics = new Set(), shards = new Set() }: Partial<TopicsRow> = row ?? {};
  const further = new Map(
    [...shards].map(shardedTopic).map(({ topic, shard }) => [topic, shard] as const),
  );
  return new Map([...topics].map((topic) => [topic, further.get(topic) ?? 0]));
}

/**
 * Adds topics, each in the shard that is meant for it, and answers all that the session has then. None is added when
 * that would be more than it may have, or when it has one of those already that are meant for a further shard: each
 * stays where it is.
 */
export async function addTopics(
  { documents, tables }: Reach<'update'>,
  session: SessionName,
  meant: Topics,
): Promise<Topics> {
  const further = furtherOf(meant);
  const elsewhere = [...further].map((named) => shardedTopic(named).topic);
  const { row } = await attempt(() =>
    documents.send(
      new UpdateCommand({
        TableName: tables.sessions.name,
        Key: keyOf(session),
        ...updating(
          together(
            ex`ADD #topics ${new Set(meant.keys())}`,
            further.size > 0 ? ex`, #shards ${further}` : ex``,
            ex`REMOVE #ttl`,
          ),
          together(
            ex`(attribute_not_exists(#topics) OR size(#topics) <= ${SUBSCRIPTIONS_PER_SESSION - meant.size})`,
            ...hasNoneOf(elsewhere),
          ),
        ),
        ReturnValues: 'ALL_NEW',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    ),
  );
  return topicsOf(row);
}

/** One negation for all of them: DynamoDB takes 300 operators in an expression, and a request names 100 topics. */
function hasNoneOf(topics: readonly string[]): Expression[] {
  const [first, ...others] = topics;
  if (first === undefined) return [];
  return [
    ex`AND NOT (contains(#topics, ${first})`,
    ...others.map((topic) => ex`OR contains(#topics, ${topic})`),
    ex`)`,
  ];
}

/** Takes topics out, while those that are known of the session are where they were. A lost condition brings the row. */
export function removeTopics(
  { tables }: Reach<'update'>,
  session: SessionName,
  topics: readonly string[],
  known: Topics,
): TransactItem {
  const further = furtherOf(known);
  const left = new Set([...further].filter((named) => topics.includes(shardedTopic(named).topic)));
  return updateItem(
    tables.sessions.name,
    keyOf(session),
    together(ex`DELETE #topics ${new Set(topics)}`, left.size > 0 ? ex`, #shards ${left}` : ex``),
    further.size > 0
      ? ex`#shards = ${further}`
      : ex`attribute_exists(#item) AND attribute_not_exists(#shards)`,
  );
}

/** Changes nothing, and is lost when a topic's subscription is in this shard; `known` is where it was last seen. */
export const isElsewhere = (
  { tables }: Reach<'update'>,
  session: SessionName,
  { topic, shard }: Place,
  known: Topics,
): TransactItem =>
  updateItem(
    tables.sessions.name,
    keyOf(session),
    ex`REMOVE #ttl`,
    shard > 0
      ? ex`NOT contains(#shards, ${inShard(shard, topic)})`
      : ex`NOT contains(#topics, ${topic}) OR contains(#shards, ${inShard(known.get(topic) ?? 0, topic)})`,
  );

const furtherOf = (topics: Topics): Set<string> =>
  new Set(
    [...topics].filter(([, shard]) => shard > 0).map(([topic, shard]) => inShard(shard, topic)),
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
