import type { StageContext } from '../service.ts';
import type { Engine } from './engine.ts';
import type { EngineFile } from './engine-file.ts';
import type { Item } from './item-size.ts';
import { repeat } from './repeat.ts';
import type { Streams } from './streams.ts';
import type { Table } from './tables.ts';

interface TimeToLiveProps {
  readonly context: StageContext;
  readonly engine: Engine;
  readonly file: EngineFile;
  readonly streams: Streams;
  readonly tables: readonly Table[];
}

/** AWS takes up to days; nobody may rely on promptness, nor on slowness. */
const LOOK_EVERY_MS = 2_000;
/** AWS leaves alone what "expired" longer ago: such a number is more likely no time in seconds (D). */
const TOO_OLD_S = 5 * 365 * 86_400;
const AT_ONCE = 100;
const BY_TIME_TO_LIVE = JSON.stringify({
  type: 'Service',
  principalId: 'dynamodb.amazonaws.com',
});

/** Deletes what has expired, as AWS does and the engine does not. Ends with the function that is returned. */
export function startTimeToLive(props: TimeToLiveProps): () => Promise<void> {
  const { context, tables } = props;
  let isStopped = false;
  let isWanted = false;
  let working: Promise<void> | undefined;

  const work = async () => {
    while (isWanted && !isStopped) {
      isWanted = false;
      await expireAll(props, tables, () => isStopped);
    }
  };
  const end = repeat(context.clock, LOOK_EVERY_MS, () => {
    // Wanted again while at work: the clock may have been moved on since.
    isWanted = true;
    working ??= work()
      .catch((error) => {
        if (!isStopped) context.warn(`Expired items could not be deleted: ${error.message}`);
      })
      .finally(() => {
        working = undefined;
      });
  });
  return async () => {
    isStopped = true;
    end();
    await working;
  };
}

async function expireAll(
  props: TimeToLiveProps,
  tables: readonly Table[],
  isStopped: () => boolean,
): Promise<void> {
  const { context, file } = props;
  for (const table of tables) {
    const { expiry, name, logicalId } = table;
    if (expiry === undefined) continue;
    const seen = { at: 'ttl', by: [], what: [logicalId, name], text: () => '' } as const;
    const now = context.clock.now() / 1_000;
    for (let isMore = true; isMore && !isStopped(); ) {
      // Asked for each piece: a gate stops one that is at it, too, though thousands have expired.
      if (context.gates.meet(seen)) break;
      const items = file.itemsBetween(table.name, expiry, now - TOO_OLD_S, now, AT_ONCE);
      const removed = await expire(
        props,
        table,
        expiry,
        items.map((item) => JSON.parse(item) as Item),
      );
      isMore = items.length === AT_ONCE && removed > 0;
    }
  }
}

/** Deletes those that are still as they were found; their stream records say who did it. */
async function expire(
  { engine, file, streams }: TimeToLiveProps,
  table: Table,
  expiry: string,
  items: readonly Item[],
): Promise<number> {
  if (items.length === 0) return 0;
  const release = streams.hold(table.name);
  try {
    const before = file.newestSequence(table.name);
    const removed = new Set<string>();
    for (const item of items) {
      const Key = Object.fromEntries(table.keys.map((name) => [name, item[name]]));
      const isRemoved = await deleteIf(engine, {
        TableName: table.name,
        Key,
        ConditionExpression: '#expiry = :seen',
        ExpressionAttributeNames: { '#expiry': expiry },
        ExpressionAttributeValues: { ':seen': item[expiry] },
      });
      if (isRemoved) removed.add(identify(Key, table));
    }
    const count = removed.size;
    for (const row of file.streamAfter(table.name, before, Number.MAX_SAFE_INTEGER)) {
      const isOurs =
        row.eventName === 'REMOVE' && removed.delete(identify(JSON.parse(row.keys), table));
      if (isOurs) file.markRemovedBy(row.rowId, BY_TIME_TO_LIVE);
    }
    return count;
  } finally {
    release();
  }
}

async function deleteIf(engine: Engine, input: object): Promise<boolean> {
  try {
    await engine.call('DeleteItem', input);
    return true;
  } catch (error) {
    // Somebody has written it anew since: it lives on.
    if (error instanceof Error && error.name === 'ConditionalCheckFailedException') return false;
    throw error;
  }
}

/** The same text for the same key, in whatever order its parts come. */
const identify = (key: Readonly<Record<string, unknown>>, { keys }: Table) =>
  JSON.stringify(keys.map((name) => key[name]));
