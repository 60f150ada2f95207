import { join } from 'node:path';
import { AwsFault, type Service, type StageContext } from '../service.ts';
import { startEngine } from './engine.ts';
import { openEngineFile } from './engine-file.ts';
import { freezeIndexes } from './frozen-indexes.ts';
import { createGate } from './gate.ts';
import { createStreams } from './streams.ts';
import { ensureTables, tablesOf } from './tables.ts';
import { startTimeToLive } from './time-to-live.ts';

const FILE = 'dynamodb.sqlite';

/** DynamoDB: the template's tables on a real engine, with rights, time to live and streams around it. */
export function createDynamoDb(context: StageContext): Service {
  /** Undone in reverse order at the stop. */
  const undo: Array<() => void | Promise<void>> = [];
  let gate: Service['handle'];

  const start = async () => {
    const tables = tablesOf(context);
    const file = join(context.directory, FILE);
    const engine = await startEngine({
      port: context.ports.engine,
      file,
      onEnd: (sentence) => context.warn(sentence),
    });
    undo.push(engine.stop);
    await ensureTables(engine, tables);

    const engineFile = openEngineFile(
      file,
      tables.flatMap(({ name, expiry }) =>
        expiry === undefined ? [] : [{ table: name, attribute: expiry }],
      ),
    );
    undo.push(engineFile.close);
    const streamed = tables.flatMap(({ stream }) => stream ?? []);
    const streams = createStreams(context, engineFile, streamed);
    undo.push(streams.stop);
    undo.push(startTimeToLive({ context, engine, file: engineFile, streams, tables }));
    const frozen = freezeIndexes({ context, engine, file: engineFile, tables });
    undo.push(frozen.stop);
    gate = createGate({ context, engine, streams, frozen, tables });

    return `${tables.length} tables, ${streamed.length} with streams`;
  };

  return {
    name: 'dynamodb',
    scopes: ['dynamodb'],
    start,
    handle: async (call) => {
      if (gate === undefined) {
        throw new AwsFault('ServiceUnavailable', 'DynamoDB is still starting', 503);
      }
      return gate(call);
    },
    stop: async () => {
      gate = undefined;
      for (const end of undo.splice(0).reverse()) await end();
    },
  };
}
