import { DatabaseSync } from 'node:sqlite';

/** One record of a table's stream as the engine keeps it; images are DynamoDB JSON. */
export interface StreamRow {
  /** Unique in the whole file, growing in the order of commits. */
  readonly rowId: number;
  /** 1, 2, 3 … within the table. */
  readonly sequence: number;
  readonly eventName: string;
  readonly keys: string;
  readonly newImage: string | null;
  readonly oldImage: string | null;
  /** Seconds since the epoch, by the engine's own clock. */
  readonly createdAt: number;
  /** Set by {@link EngineFile.markRemovedBy}; JSON. */
  readonly removedBy: string | null;
}

/**
 * The engine's SQLite file, read beside the engine: it keeps a write-ahead log, so that a reader sees
 * every commit at once and blocks nobody. Asking the engine (GetRecords) costs a request and gets
 * slower with the length of the stream; a read here takes about 15 µs at any length.
 */
export interface EngineFile {
  /** Stream records of a table after that sequence, oldest first. */
  streamAfter(table: string, sequence: number, limit: number): StreamRow[];
  /** The sequence of the table's newest stream record; 0 when there is none. */
  newestSequence(table: string): number;
  /** The row id of the newest stream record of all tables; 0 when there is none. */
  newestRowId(): number;
  /** Notes who removed the item of a REMOVE record. */
  markRemovedBy(rowId: number, identity: string): void;
  /** Forgets stream records before that time (engine's clock, s), but never a table's newest one. */
  trimStream(beforeS: number): void;
  /** Items (DynamoDB JSON) whose number in `attribute` lies in [from, to). */
  itemsBetween(table: string, attribute: string, from: number, to: number, limit: number): string[];
  /** All items of the table, as DynamoDB JSON. */
  itemsOf(table: string): string[];
  close(): void;
}

const BUSY_TIMEOUT_MS = 5_000;
/** So many records are trimmed at once; the engine waits meanwhile (about 1 ms). */
const TRIM_AT_ONCE = 1_000;
const SEQUENCE = 'CAST(sequence_number AS INTEGER)';

/** Opens the file of a running engine whose tables exist, and adds the indexes that it lacks. */
export function openEngineFile(
  path: string,
  expiring: ReadonlyArray<{ readonly table: string; readonly attribute: string }>,
): EngineFile {
  const file = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
  // The engine looks for a table's highest sequence at each write: a walk over all records without this.
  file.exec(
    `CREATE INDEX IF NOT EXISTS "stage::stream" ON _stream_records (table_name, ${SEQUENCE})`,
  );
  for (const { table, attribute } of expiring) {
    const value = numberIn(attribute);
    file.exec(
      `CREATE INDEX IF NOT EXISTS ${quoted(`${table}::stage::expiry::${attribute}`)}
         ON ${quoted(table)} (${value}) WHERE ${value} IS NOT NULL`,
    );
  }

  const after = file.prepare(
    `SELECT id AS rowId, ${SEQUENCE} AS sequence, event_name AS eventName, keys_json AS keys,
            new_image AS newImage, old_image AS oldImage, created_at AS createdAt,
            user_identity AS removedBy
       FROM _stream_records WHERE table_name = ? AND ${SEQUENCE} > ?
      ORDER BY ${SEQUENCE} LIMIT ?`,
  );
  const newest = file.prepare(
    `SELECT MAX(${SEQUENCE}) AS newest FROM _stream_records WHERE table_name = ?`,
  );
  const newestRow = file.prepare('SELECT MAX(id) AS newest FROM _stream_records');
  const mark = file.prepare('UPDATE _stream_records SET user_identity = ? WHERE id = ?');
  // The engine counts on from the highest sequence it finds: without a newest record it would begin anew.
  const trim = file.prepare(
    `DELETE FROM _stream_records WHERE id IN (
       SELECT id FROM _stream_records
        WHERE created_at < ?
          AND id NOT IN (SELECT MAX(id) FROM _stream_records GROUP BY table_name)
        ORDER BY id LIMIT ${TRIM_AT_ONCE})`,
  );

  return {
    streamAfter: (table, sequence, limit) =>
      after.all(table, sequence, limit) as unknown as StreamRow[],
    newestSequence: (table) => Number(newest.get(table)?.newest ?? 0),
    newestRowId: () => Number(newestRow.get()?.newest ?? 0),
    markRemovedBy: (rowId, identity) => {
      mark.run(identity, rowId);
    },
    trimStream: (beforeS) => {
      while (Number(trim.run(beforeS).changes) === TRIM_AT_ONCE);
    },
    itemsBetween: (table, attribute, from, to, limit) => {
      const value = numberIn(attribute);
      return file
        .prepare(
          `SELECT item_json AS item FROM ${quoted(table)}
            WHERE ${value} IS NOT NULL AND ${value} >= ? AND ${value} < ? ORDER BY ${value} LIMIT ?`,
        )
        .all(from, to, limit)
        .map(({ item }) => String(item));
    },
    itemsOf: (table) =>
      file
        .prepare(`SELECT item_json AS item FROM ${quoted(table)}`)
        .all()
        .map(({ item }) => String(item)),
    close: () => {
      if (file.isOpen) file.close();
    },
  };
}

/** SQL for the number in an attribute; NULL when it holds none. */
const numberIn = (attribute: string) =>
  `CAST(json_extract(item_json, '$.${JSON.stringify(attribute).replaceAll("'", "''")}.N') AS REAL)`;

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;
