import type { StageContext } from '../service.ts';
import type { EngineFile } from './engine-file.ts';
import { createEngineTime } from './engine-time.ts';
import { repeat } from './repeat.ts';
import { type StreamEvent, type StreamViewType, streamEventOf } from './stream-record.ts';

/** One change of a table, ready to be handed to a function. */
export interface StreamRecord {
  readonly position: number;
  /** ms, by the stage's clock. */
  readonly createdAt: number;
  readonly event: StreamEvent;
}

/** The stream of one table: one shard, in the order of commits. */
export interface TableStream {
  readonly tableId: string;
  readonly shardId: string;
  /** The position of the newest record. */
  latest(): number;
  /**
   * What came after that position, oldest first; `through` is the last position looked at, which may
   * be further than the last record. Nothing while time to live is at work on the table.
   */
  read(after: number, limit: number): { records: readonly StreamRecord[]; through: number };
  /** Calls back soon after each write to the table; the function that is returned ends it. */
  follow(listener: () => void): () => void;
}

/** What the DynamoDB folder itself does with its streams. */
export interface Streams {
  /** A write to this table has been answered. */
  wake(tableName: string): void;
  /** Readers see nothing new of the table until the function that is returned is called. */
  hold(tableName: string): () => void;
  stop(): void;
}

export interface StreamedTable {
  readonly name: string;
  readonly arn: string;
  readonly viewType: StreamViewType;
}

/** The net under `wake`: so long may a write that bypassed the gate go unnoticed. */
const POLL_MS = 1_000;
/** As AWS keeps them. */
export const KEPT_MS = 24 * 3_600_000;
const TRIM_EVERY_MS = 600_000;

const openers = new WeakMap<StageContext, (streamArn: string) => TableStream>();

/** The stream of this ARN, for the mappings of the same stage. Throws a sentence when there is none. */
export function openStream(context: StageContext, streamArn: string): TableStream {
  const open = openers.get(context);
  if (open === undefined)
    throw new Error('DynamoDB is not started yet: its streams cannot be read.');
  return open(streamArn);
}

/** Makes the streams of these tables readable through {@link openStream}. */
export function createStreams(
  context: StageContext,
  file: EngineFile,
  tables: readonly StreamedTable[],
): Streams {
  const { clock, region } = context;
  const time = createEngineTime(clock, file.newestRowId());
  const listeners = new Map<string, Set<() => void>>();
  const woken = new Set<string>();
  const held = new Set<string>();

  // Once per turn for all writes of the turn, and after the writer's answer is on its way.
  const tell = () => {
    const names = [...woken];
    woken.clear();
    for (const name of names) for (const listener of listeners.get(name) ?? []) listener();
  };
  const wake = (name: string) => {
    if (!listeners.has(name)) return;
    time.note(file.newestRowId());
    if (woken.size === 0) setImmediate(tell);
    woken.add(name);
  };

  const streamOf = (table: StreamedTable, arn: string): TableStream => ({
    tableId: table.name,
    shardId: `shardId-00000001700000000000-${table.name.slice(-8)}`,
    latest: () => file.newestSequence(table.name),
    read: (after, limit) => {
      const rows = held.has(table.name) ? [] : file.streamAfter(table.name, after, limit);
      const records: StreamRecord[] = [];
      for (const row of rows) {
        const createdAt = time.stageTimeOf(row.rowId, row.createdAt);
        const event = streamEventOf(row, { arn, region, viewType: table.viewType }, createdAt);
        if (event) records.push({ position: row.sequence, createdAt, event });
      }
      return { records, through: rows.at(-1)?.sequence ?? after };
    },
    follow: (listener) => {
      const all = listeners.get(table.name) ?? new Set();
      listeners.set(table.name, all.add(listener));
      return () => all.delete(listener);
    },
  });
  openers.set(context, (streamArn) => {
    const table = tables.find(({ arn }) => streamArn.startsWith(`${arn}/stream/`));
    if (table === undefined) {
      throw new Error(`No table of the template has the stream ${streamArn}.`);
    }
    return streamOf(table, streamArn);
  });

  const endPoll = repeat(clock, POLL_MS, () => {
    for (const name of listeners.keys()) wake(name);
  });
  const trim = () => file.trimStream(time.machineSeconds(clock.now() - KEPT_MS));
  trim();
  const endTrim = repeat(clock, TRIM_EVERY_MS, trim);

  return {
    wake,
    hold: (name) => {
      held.add(name);
      return () => {
        held.delete(name);
        wake(name);
      };
    },
    stop: () => {
      endPoll();
      endTrim();
      listeners.clear();
      openers.delete(context);
    },
  };
}
