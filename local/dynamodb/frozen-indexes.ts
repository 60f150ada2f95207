import type { StageContext } from '../service.ts';
import { API, type Engine, type EngineAnswer } from './engine.ts';
import type { EngineFile } from './engine-file.ts';
import { copyOf, type Table } from './tables.ts';

/** Global indexes that a gate keeps as they were. */
export interface FrozenIndexes {
  /** The answer as of the moment when a gate was put up; undefined where none stands. */
  query(action: string, body: Buffer): Promise<EngineAnswer | undefined>;
  stop(): void;
}

interface FrozenProps {
  readonly context: StageContext;
  readonly engine: Engine;
  readonly file: EngineFile;
  readonly tables: readonly Table[];
}

interface Asked {
  readonly TableName?: unknown;
  readonly IndexName?: unknown;
}

/** What one batch of the engine takes. */
const AT_ONCE = 25;

/**
 * A copy of each table that a gate freezes an index of, made while the gate goes up: the engine answers
 * from the copy, so that conditions, filters and pages are its own.
 */
export function freezeIndexes({ context, engine, file, tables }: FrozenProps): FrozenIndexes {
  const { gates } = context;
  /** Names of copies, by gate and table. */
  const copies = new Map<string, ReadonlyMap<string, Promise<string>>>();
  let made = 0;

  const copy = async (table: Table): Promise<string> => {
    // Read at once, written later: what happens in between is not in it.
    const items = file.itemsOf(table.name).map((item) => JSON.parse(item));
    made += 1;
    const name = `${table.name}-frozen-${made}`;
    await engine.call('CreateTable', copyOf(table, name));
    for (let from = 0; from < items.length; from += AT_ONCE) {
      const puts = items.slice(from, from + AT_ONCE).map((Item) => ({ PutRequest: { Item } }));
      await engine.call('BatchWriteItem', { RequestItems: { [name]: puts } });
    }
    return name;
  };

  const throwAway = async (thawed: Iterable<Promise<string>>) => {
    for (const name of thawed) await engine.call('DeleteTable', { TableName: await name });
  };

  const look = () => {
    const frozen = new Set(gates.list().flatMap(({ at, id }) => (at === 'index' ? [id] : [])));
    for (const [id, ofTables] of copies) {
      if (frozen.has(id) || !copies.delete(id)) continue;
      throwAway(ofTables.values()).catch((error) => context.warn(`A frozen index stays: ${error}`));
    }
    for (const id of frozen) {
      if (copies.has(id)) continue;
      const indexed = tables.filter(({ globalIndexes }) => globalIndexes.length > 0);
      copies.set(id, new Map(indexed.map((table) => [table.name, copy(table)])));
    }
  };

  return {
    async query(action, body) {
      if (gates.areOpen || (action !== 'Query' && action !== 'Scan')) return undefined;
      const input: Asked = JSON.parse(body.toString());
      const table = tables.find(({ name }) => name === input.TableName);
      const index = table?.globalIndexes.find((name) => name === input.IndexName);
      if (table === undefined || index === undefined) return undefined;
      const what = [`${table.logicalId}/${index}`, `${table.name}/${index}`];
      const met = gates.meet({ at: 'index', by: [], what, text: () => '' });
      const TableName = met && (await copies.get(met.gate.id)?.get(table.name));
      if (TableName === undefined) return undefined;
      const answer = await engine.send(`${API}.${action}`, JSON.stringify({ ...input, TableName }));
      const told = answer.body.toString().replaceAll(TableName, table.name);
      return { ...answer, body: Buffer.from(told) };
    },
    stop: gates.follow(look),
  };
}
