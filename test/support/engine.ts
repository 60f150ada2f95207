import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DynamoDBClient,
  ListTablesCommand,
} from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Right } from '../../contract/functions.ts';
import { type TableName, tables } from '../../contract/tables.ts';
import type { Reaches } from '../../lambdas/platform/reach.ts';
import { compileTopics, type TopicPolicy } from '../../rules/topic-policy.ts';

/** Every right on every table: for tests that are about something else than rights. */
export type EveryReach = Reaches<{ [Table in TableName]: Right<Table> }> & {
  /** Every topic is open to everybody. */
  readonly topics: TopicPolicy;
};

export interface Engine {
  readonly endpoint: string;
  readonly client: DynamoDBClient;
  readonly documents: DynamoDBDocumentClient;
  /** Fresh tables of the published layout, under names of their own. */
  createTables(options?: TablesOptions): Promise<EveryReach>;
  stop(): Promise<void>;
}

export interface TablesOptions {
  /**
   * Who reads no stream can do without: a write to a table that has one takes Dynoxide the longer, the
   * more were written before.
   *
   * @default true
   */
  readonly hasStreams?: boolean;
}

/** A real engine of its own, in memory. DYNAMODB_ENDPOINT names another one that runs already. */
export async function startEngine(): Promise<Engine> {
  const elsewhere = process.env.DYNAMODB_ENDPOINT;
  const port = elsewhere === undefined ? await freePort() : 0;
  const child = elsewhere === undefined ? startDynoxide(port) : undefined;
  const endpoint = elsewhere ?? `http://127.0.0.1:${port}`;
  const client = new DynamoDBClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  await untilAnswers(client);
  const documents = DynamoDBDocumentClient.from(client, {
    marshallOptions: { removeUndefinedValues: true },
  });
  return {
    endpoint,
    client,
    documents,
    createTables: (options) => createTables(client, documents, options),
    stop: async () => {
      client.destroy();
      if (child && child.exitCode === null) {
        const ended = once(child, 'exit');
        child.kill();
        await ended;
      }
    },
  };
}

function startDynoxide(port: number): ChildProcess {
  const binary = createRequire(import.meta.url).resolve('@dynoxide/linux-x64/dynoxide');
  return spawn(binary, ['serve', '--port', String(port)], { stdio: 'ignore' });
}

async function untilAnswers(client: DynamoDBClient): Promise<void> {
  for (let tried = 0; ; tried += 1) {
    try {
      await client.send(new ListTablesCommand({}));
      return;
    } catch (fault) {
      if (tried > 200) throw fault;
      await pause(20);
    }
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}

let created = 0;
const EVERY_TOPIC = compileTopics([{ topics: '**' }]);

async function createTables(
  client: DynamoDBClient,
  documents: DynamoDBDocumentClient,
  options: TablesOptions = {},
): Promise<EveryReach> {
  created += 1;
  const suffix = `${process.pid}-${created}`;
  const opened = await Promise.all(
    (Object.keys(tables) as TableName[]).map(async (table) => {
      const name = `${table}-${suffix}`;
      await client.send(new CreateTableCommand(describe(table, name, options)));
      return [table, { name, rights: {} }];
    }),
  );
  return { documents, topics: EVERY_TOPIC, tables: Object.fromEntries(opened) } as EveryReach;
}

interface Part {
  readonly name: string;
  readonly type: 'S' | 'N';
}
interface Layout {
  readonly partition: Part;
  readonly sort?: Part;
}
type Indexes = Readonly<Record<string, Layout & { projection: 'KEYS_ONLY' | 'ALL' }>>;

function describe(
  table: TableName,
  TableName: string,
  { hasStreams = true }: TablesOptions,
): CreateTableCommandInput {
  const layout: Layout & {
    readonly globalIndexes?: Indexes;
    readonly localIndexes?: Indexes;
    readonly stream?: 'NEW_IMAGE' | 'NEW_AND_OLD_IMAGES';
  } = tables[table];
  const keyOf = ({ partition, sort }: Layout) => [
    { AttributeName: partition.name, KeyType: 'HASH' as const },
    ...(sort ? [{ AttributeName: sort.name, KeyType: 'RANGE' as const }] : []),
  ];
  const indexesOf = (indexes: Indexes | undefined) =>
    indexes &&
    Object.entries(indexes).map(([IndexName, index]) => ({
      IndexName,
      KeySchema: keyOf(index),
      Projection: { ProjectionType: index.projection },
    }));
  const parts = [layout, ...Object.values({ ...layout.globalIndexes, ...layout.localIndexes })]
    .flatMap(({ partition, sort }) => (sort ? [partition, sort] : [partition]))
    .map(({ name, type }) => [name, { AttributeName: name, AttributeType: type }] as const);
  return {
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: keyOf(layout),
    AttributeDefinitions: [...new Map(parts).values()],
    GlobalSecondaryIndexes: indexesOf(layout.globalIndexes),
    LocalSecondaryIndexes: indexesOf(layout.localIndexes),
    ...(hasStreams &&
      layout.stream && {
        StreamSpecification: { StreamEnabled: true, StreamViewType: layout.stream },
      }),
  };
}
