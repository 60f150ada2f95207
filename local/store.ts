import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Store } from './service.ts';

const FILE = 'stage.sqlite';

/**
 * One SQLite file in `directory`. What `set` returned from is there after a kill -9. Throws a sentence
 * when another stage has the directory open.
 */
export function openStore(directory: string): Store & { close(): void } {
  const path = join(directory, FILE);
  const database = new DatabaseSync(path);
  try {
    // Written ahead to a log without a sync each time: safe when the process dies, a power cut may take
    // the last moments. Exclusive, because two stages on one directory would undo each other's work.
    database.exec(`
      PRAGMA locking_mode = EXCLUSIVE;
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = NORMAL;
      CREATE TABLE IF NOT EXISTS facts (
        area TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (area, key)
      ) WITHOUT ROWID;
      BEGIN IMMEDIATE; COMMIT;
    `);
  } catch (cause) {
    database.close();
    throw new Error(
      `The stage's file ${path} cannot be opened: stop the other stage that uses ${directory}, or give this one a --data directory of its own.`,
      { cause },
    );
  }
  const get = database.prepare('SELECT value FROM facts WHERE area = ? AND key = ?');
  const set = database.prepare('INSERT OR REPLACE INTO facts (area, key, value) VALUES (?, ?, ?)');
  const remove = database.prepare('DELETE FROM facts WHERE area = ? AND key = ?');
  const entries = database.prepare('SELECT key, value FROM facts WHERE area = ? ORDER BY key');

  return {
    get: (area, key) => {
      const value = get.get(area, key)?.value;
      return typeof value === 'string' ? value : undefined;
    },
    set: (area, key, value) => {
      set.run(area, key, value);
    },
    delete: (area, key) => {
      remove.run(area, key);
    },
    entries: (area) => entries.all(area).map((row) => [String(row.key), String(row.value)]),
    close: () => {
      if (database.isOpen) database.close();
    },
  };
}
