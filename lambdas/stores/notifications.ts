import { GetCommand, QueryCommand, ScanCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import {
  HEAD_ID,
  type HeadRow,
  type NotificationRow,
  PAYLOAD_ID,
  type PayloadRow,
  payloadKey,
  SEQ_INDEX,
} from '../../contract/tables.ts';
import type { Head, Stamp } from '../../rules/sequence.ts';
import type { Reaches } from '../platform/reach.ts';
import type { TransactItem } from '../platform/transact.ts';
import { batchGet } from './batch-get.ts';
import {
  conditional,
  ex,
  filtering,
  holds,
  selecting,
  selectingOnly,
  updateItem,
  updating,
} from './expression.ts';

type Reach<
  Rights extends 'get' | 'put' | 'update' | 'scan' | 'batchGet' | 'query' | 'query SeqIndex',
> = Reaches<{
  notifications: Rights;
}>;

/** A new message, whose id must be new on its topic. A lost condition brings the one that has it. */
export const putNotification = (reach: Reach<'put'>, row: NotificationRow): TransactItem =>
  putNew(reach, row);

/** What a message refers to, whose id must be new in its tenant. A lost condition brings the one that has it. */
export const putPayload = (reach: Reach<'put'>, row: PayloadRow): TransactItem =>
  putNew(reach, row);

const putNew = (reach: Reach<'put'>, Item: NotificationRow | PayloadRow): TransactItem => ({
  Put: {
    TableName: reach.tables.notifications.name,
    Item,
    ...conditional(ex`attribute_not_exists(#id)`),
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  },
});

export const getNotification = (
  reach: Reach<'get'>,
  topic: string,
  id: string,
): Promise<NotificationRow | undefined> => getItem<NotificationRow>(reach, { topic, id });

/** Messages of one topic by their ids, read consistently; those that are still there. */
export async function getNotifications(
  reach: Reach<'batchGet'>,
  topic: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, NotificationRow>> {
  const keys = [...new Set(ids)].map((id) => ({ topic, id }));
  const rows = await batchGet(reach.documents, reach.tables.notifications.name, keys);
  return new Map((rows as unknown as NotificationRow[]).map((row) => [row.id, row]));
}

export const getPayload = (
  reach: Reach<'get'>,
  tenant: string,
  id: string,
): Promise<PayloadRow | undefined> =>
  getItem<PayloadRow>(reach, { topic: payloadKey(tenant, id), id: PAYLOAD_ID });

/** Moves a head on from exactly where it was read; of a topic without messages, begins it. */
export const moveHead = (
  reach: Reach<'update'>,
  topic: string,
  was: Head | undefined,
  next: Head,
): TransactItem =>
  updateItem(
    reach.tables.notifications.name,
    { topic, id: HEAD_ID },
    next.run
      ? ex`SET #head = ${next.head}, #epoch = ${next.epoch}, #run = ${next.run}`
      : ex`SET #head = ${next.head}, #epoch = ${next.epoch} REMOVE #run`,
    was ? ex`#head = ${was.head} AND #epoch = ${was.epoch}` : ex`attribute_not_exists(#head)`,
  );

/** Gives a message its number: once, and only while it exists. */
export const stampNotification = (
  reach: Reach<'update'>,
  topic: string,
  { id, seq, run }: Stamp,
): TransactItem =>
  updateItem(
    reach.tables.notifications.name,
    { topic, id },
    run ? ex`SET #seq = ${seq}, #run = ${run}` : ex`SET #seq = ${seq}`,
    ex`attribute_exists(#at) AND attribute_not_exists(#seq)`,
  );

/** Notes that a message with a number was posted to everybody; false when it is no more. */
export const markTold = (reach: Reach<'update'>, topic: string, id: string): Promise<boolean> =>
  holds(() =>
    reach.documents.send(
      new UpdateCommand({
        TableName: reach.tables.notifications.name,
        Key: { topic, id },
        ...updating(ex`SET #told = ${true}`, ex`attribute_exists(#seq)`),
      }),
    ),
  );

export const getHead = (reach: Reach<'get'>, topic: string): Promise<HeadRow | undefined> =>
  getItem<HeadRow>(reach, { topic, id: HEAD_ID });

async function getItem<Row>(
  reach: Reach<'get'>,
  Key: { readonly topic: string; readonly id: string },
): Promise<Row | undefined> {
  const TableName = reach.tables.notifications.name;
  const { Item } = await reach.documents.send(
    new GetCommand({ TableName, Key, ConsistentRead: true }),
  );
  return Item as Row | undefined;
}

/** Consistent, by topic key; topics without a message have none. */
export async function getHeads(
  reach: Reach<'batchGet'>,
  topics: readonly string[],
): Promise<ReadonlyMap<string, HeadRow>> {
  const keys = [...new Set(topics)].map((topic) => ({ topic, id: HEAD_ID }));
  const rows = await batchGet(reach.documents, reach.tables.notifications.name, keys);
  return new Map((rows as unknown as HeadRow[]).map((row) => [row.topic, row]));
}

/**
 * Stamped messages of (after, upTo], in order, read consistently: a page at the most. `isComplete` when
 * nothing of that range is left to read.
 */
export async function readNotifications(
  reach: Reach<'query SeqIndex'>,
  topic: string,
  range: { readonly after: number; readonly upTo: number; readonly limit: number },
): Promise<{ readonly rows: readonly NotificationRow[]; readonly isComplete: boolean }> {
  const { Items, LastEvaluatedKey } = await reach.documents.send(
    new QueryCommand({
      TableName: reach.tables.notifications.name,
      IndexName: SEQ_INDEX,
      ConsistentRead: true,
      Limit: range.limit,
      ...selecting(ex`#topic = ${topic} AND #seq BETWEEN ${range.after + 1} AND ${range.upTo}`),
    }),
  );
  return { rows: (Items ?? []) as NotificationRow[], isComplete: LastEvaluatedKey === undefined };
}

const withoutNumber = ex`attribute_exists(#at) AND attribute_not_exists(#seq)`;

/** Messages without a number, wherever they are, a page at a time. */
export const scanUnnumbered = (reach: Reach<'scan'>): AsyncGenerator<NotificationRow[]> =>
  pagesOf((ExclusiveStartKey) =>
    reach.documents.send(
      new ScanCommand({
        TableName: reach.tables.notifications.name,
        ConsistentRead: true,
        ExclusiveStartKey,
        ...filtering(withoutNumber),
      }),
    ),
  );

/** Those of one topic, a page at a time: all that it has is read for it. */
export const queryUnnumbered = (
  reach: Reach<'query'>,
  topic: string,
): AsyncGenerator<NotificationRow[]> =>
  pagesOf((ExclusiveStartKey) =>
    reach.documents.send(
      new QueryCommand({
        TableName: reach.tables.notifications.name,
        ConsistentRead: true,
        ExclusiveStartKey,
        ...selectingOnly(ex`#topic = ${topic}`, withoutNumber),
      }),
    ),
  );

interface Page {
  readonly Items?: readonly object[] | undefined;
  readonly LastEvaluatedKey?: Record<string, unknown> | undefined;
}

async function* pagesOf(
  read: (from: Page['LastEvaluatedKey']) => Promise<Page>,
): AsyncGenerator<NotificationRow[]> {
  let from: Page['LastEvaluatedKey'];
  do {
    const page = await read(from);
    yield (page.Items ?? []) as NotificationRow[];
    from = page.LastEvaluatedKey;
  } while (from);
}
