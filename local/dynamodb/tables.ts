import { isDeepStrictEqual } from 'node:util';
import type { Resource, StageContext } from '../service.ts';
import type { Engine } from './engine.ts';
import type { StreamViewType } from './stream-record.ts';
import type { StreamedTable } from './streams.ts';

/** A table of the template, in what the stage asks of it. */
export interface Table {
  readonly name: string;
  readonly arn: string;
  readonly path: string;
  readonly logicalId: string;
  readonly keys: readonly string[];
  /** The attribute that holds the time to live, where it is on. */
  readonly expiry: string | undefined;
  readonly stream: StreamedTable | undefined;
  readonly globalIndexes: readonly string[];
  readonly properties: Readonly<Record<string, unknown>>;
}

interface KeyPart {
  readonly AttributeName: string;
  readonly KeyType: string;
}

interface Index {
  readonly IndexName: string;
  readonly KeySchema: readonly KeyPart[];
  readonly Projection: object;
}

const TYPE = 'AWS::DynamoDB::Table';

/** The tables of the assembly. */
export function tablesOf({ assembly }: StageContext): Table[] {
  return assembly.ofType(TYPE).map((resource) => ({
    name: resource.id,
    arn: resource.arn,
    path: resource.path,
    logicalId: resource.logicalId,
    keys: listOf<KeyPart>(resource, 'KeySchema').map((part) => part.AttributeName),
    expiry: expiryOf(resource),
    stream: streamOf(resource),
    globalIndexes: listOf<Index>(resource, 'GlobalSecondaryIndexes').map((one) => one.IndexName),
    properties: resource.properties,
  }));
}

function expiryOf({ properties }: Resource): string | undefined {
  const ttl = properties.TimeToLiveSpecification as
    | { Enabled?: unknown; AttributeName?: string }
    | undefined;
  return String(ttl?.Enabled) === 'true' ? ttl?.AttributeName : undefined;
}

function streamOf({ id: name, arn, properties }: Resource): StreamedTable | undefined {
  const stream = properties.StreamSpecification as { StreamViewType: StreamViewType } | undefined;
  return stream && { name, arn, viewType: stream.StreamViewType };
}

/** Creates what is missing; what is there already keeps its rows. Throws a sentence when it is another table now. */
export async function ensureTables(engine: Engine, tables: readonly Table[]): Promise<void> {
  for (const table of tables) {
    const input = createInput(table);
    try {
      await engine.call('CreateTable', input);
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'ResourceInUseException') {
        throw new Error(`Table ${table.path} cannot be created: ${messageOf(error)}`);
      }
      await adoptTable(engine, table, input);
    }
    await ensureExpiry(engine, table);
  }
}

/** The engine only knows of it, for whoever asks: rows are taken out by the stage itself. */
async function ensureExpiry(engine: Engine, { name, expiry }: Table): Promise<void> {
  if (expiry === undefined) return;
  const { TimeToLiveDescription: known } = await engine.call('DescribeTimeToLive', {
    TableName: name,
  });
  if ((known as { TimeToLiveStatus?: string }).TimeToLiveStatus === 'ENABLED') return;
  const TimeToLiveSpecification = { AttributeName: expiry, Enabled: true };
  await engine.call('UpdateTimeToLive', { TableName: name, TimeToLiveSpecification });
}

async function adoptTable(engine: Engine, table: Table, input: Definition): Promise<void> {
  const { Table: found } = await engine.call('DescribeTable', { TableName: table.name });
  if (!isDeepStrictEqual(essence(found as Definition), essence(input))) {
    throw new Error(
      `Table ${table.path} is kept with other keys or indexes than the template has now: give another --data directory, or delete this one.`,
    );
  }
  if (input.StreamSpecification && !(found as Definition).StreamSpecification) {
    const { TableName, StreamSpecification } = input;
    await engine.call('UpdateTable', { TableName, StreamSpecification });
  }
}

interface Definition {
  readonly TableName: string;
  readonly KeySchema: readonly KeyPart[];
  readonly AttributeDefinitions: ReadonlyArray<{ AttributeName: string; AttributeType: string }>;
  readonly GlobalSecondaryIndexes?: readonly Index[];
  readonly LocalSecondaryIndexes?: readonly Index[];
  readonly StreamSpecification?: object;
  readonly BillingMode: string;
}

function createInput({ name, properties, stream }: Table): Definition {
  const global = indexes(properties.GlobalSecondaryIndexes);
  const local = indexes(properties.LocalSecondaryIndexes);
  return {
    TableName: name,
    KeySchema: properties.KeySchema as readonly KeyPart[],
    AttributeDefinitions: properties.AttributeDefinitions as Definition['AttributeDefinitions'],
    ...(global && { GlobalSecondaryIndexes: global }),
    ...(local && { LocalSecondaryIndexes: local }),
    // Both images always: by them a write that changed nothing is known. Readers are shown what the template says.
    ...(stream && {
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
    }),
    // The engine throttles nothing, whatever is provisioned.
    BillingMode: 'PAY_PER_REQUEST',
  };
}

/** What to create for a table of another name that has the same keys and indexes. */
export const copyOf = (table: Table, name: string): object => {
  const { StreamSpecification: _, ...definition } = createInput(table);
  return { ...definition, TableName: name };
};

function indexes(value: unknown): Index[] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  return (value as Index[]).map(({ IndexName, KeySchema, Projection }) => ({
    IndexName,
    KeySchema,
    Projection,
  }));
}

/** What cannot change while the rows stay. */
function essence(definition: Definition): object {
  const ofIndex = ({ IndexName, KeySchema, Projection }: Index) => [
    IndexName,
    KeySchema,
    Projection,
  ];
  const byName = (one: readonly unknown[], other: readonly unknown[]) =>
    String(one[0]).localeCompare(String(other[0]));
  return {
    keys: definition.KeySchema,
    types: definition.AttributeDefinitions.map((one) => [
      one.AttributeName,
      one.AttributeType,
    ]).sort(byName),
    global: (definition.GlobalSecondaryIndexes ?? []).map(ofIndex).sort(byName),
    local: (definition.LocalSecondaryIndexes ?? []).map(ofIndex).sort(byName),
  };
}

const listOf = <T>({ properties }: Resource, name: string) => (properties[name] ?? []) as T[];

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
