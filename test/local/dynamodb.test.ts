import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  BatchWriteCommand,
  DeleteCommand,
  DynamoDBDocumentClient,
  ExecuteStatementCommand,
  GetCommand,
  PutCommand,
  QueryCommand,
  ScanCommand,
  TransactGetCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { createDynamoDb } from '../../local/dynamodb/dynamodb.ts';
import { openStream, type TableStream } from '../../local/dynamodb/streams.ts';
import type { Resource } from '../../local/service.ts';
import {
  arnOf,
  eventually,
  type HandMade,
  handMadeContext,
  removeDirectories,
  resource,
  temporaryDirectory,
} from './fixtures/hand-made-context.ts';

const TABLE = 'AWS::DynamoDB::Table';

const table = (name: string, properties: object = {}): Resource =>
  resource(TABLE, name, {
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'sk', AttributeType: 'S' },
    ],
    ...properties,
  });

const streamed = (StreamViewType: string) => ({ StreamSpecification: { StreamViewType } });
const streamArn = (name: string) => `${arnOf(TABLE, name)}/stream/2026-01-01T00:00:00.000`;

const running: HandMade[] = [];

async function start(resources: readonly Resource[], directory?: string) {
  const stage = await handMadeContext(resources, directory);
  running.push(stage);
  await stage.start(createDynamoDb(stage.context));
  const client = new DynamoDBClient({ ...stage.sdk, maxAttempts: 1 });
  return { stage, client, db: DynamoDBDocumentClient.from(client) };
}

afterEach(async () => {
  for (const stage of running.splice(0)) await stage.stop();
});
afterAll(removeDirectories);

const events = (stream: TableStream, after = 0) =>
  stream.read(after, 100).records.map(({ event }) => event);

describe('the gate', () => {
  const Pets = table('Pets', {
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'sk', AttributeType: 'S' },
      { AttributeName: 'kind', AttributeType: 'S' },
    ],
    GlobalSecondaryIndexes: [
      {
        IndexName: 'ByKind',
        KeySchema: [{ AttributeName: 'kind', KeyType: 'HASH' }],
        Projection: { ProjectionType: 'ALL' },
      },
    ],
  });
  const Key = { pk: 'a', sk: '1' };
  const Item = { ...Key, kind: 'cat', ttl: 12 };
  const TableName = 'Pets';

  it('lets what is allowed through to a real table, and its answer back', async () => {
    const { db, client } = await start([Pets]);
    await db.send(new PutCommand({ TableName, Item }));
    expect((await db.send(new GetCommand({ TableName, Key }))).Item).toEqual(Item);
    const found = await db.send(
      new QueryCommand({
        TableName,
        IndexName: 'ByKind',
        KeyConditionExpression: 'kind = :kind',
        ExpressionAttributeValues: { ':kind': 'cat' },
      }),
    );
    expect(found.Items).toEqual([Item]);
    const { Table } = await client.send(new DescribeTableCommand({ TableName }));
    expect(Table?.TableArn).toBe(Pets.arn);
  });

  const put = { Put: { TableName, Item } };
  const check = {
    ConditionCheck: { TableName, Key, ConditionExpression: 'attribute_not_exists(pk)' },
  };
  it.each([
    ['PutItem', '', new PutCommand({ TableName, Item })],
    ['GetItem', '', new GetCommand({ TableName, Key })],
    ['DeleteItem', '', new DeleteCommand({ TableName, Key })],
    ['Scan', '', new ScanCommand({ TableName })],
    ['Scan', '/index/ByKind', new ScanCommand({ TableName, IndexName: 'ByKind' })],
    ['PutItem', '', new TransactWriteCommand({ TransactItems: [put] })],
    ['ConditionCheckItem', '', new TransactWriteCommand({ TransactItems: [check] })],
    ['GetItem', '', new TransactGetCommand({ TransactItems: [{ Get: { TableName, Key } }] })],
    ['BatchGetItem', '', new BatchGetCommand({ RequestItems: { Pets: { Keys: [Key] } } })],
    [
      'BatchWriteItem',
      '',
      new BatchWriteCommand({ RequestItems: { Pets: [{ PutRequest: { Item } }] } }),
    ],
  ] as const)('demands dynamodb:%s on the table%s', async (action, below, command) => {
    const { stage, db } = await start([Pets]);
    await expect(db.send(command as never)).resolves.toBeDefined();
    stage.denied.add(`dynamodb:${action} ${Pets.arn}${below}`);
    await expect(db.send(command as never)).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining(`dynamodb:${action} on resource: ${Pets.arn}${below}`),
    });
  });

  it('a refused transaction writes nothing', async () => {
    const { stage, db } = await start([Pets, table('Other')]);
    stage.denied.add(`dynamodb:PutItem ${arnOf(TABLE, 'Other')}`);
    const both = [put, { Put: { TableName: 'Other', Item } }];
    await expect(db.send(new TransactWriteCommand({ TransactItems: both }))).rejects.toThrow();
    expect((await db.send(new GetCommand({ TableName, Key }))).Item).toBeUndefined();
  });

  it('refuses PartiQL with a sentence', async () => {
    const { db } = await start([Pets]);
    const statement = new ExecuteStatementCommand({ Statement: 'SELECT * FROM Pets' });
    await expect(db.send(statement)).rejects.toThrow('PartiQL is not run by the local stage');
  });
});

describe('tables', () => {
  it('keep their rows from one start to the next', async () => {
    const directory = temporaryDirectory();
    const first = await start([table('Pets')], directory);
    await first.db.send(new PutCommand({ TableName: 'Pets', Item: { pk: 'a', sk: '1' } }));
    await first.stage.stop();
    const { db } = await start([table('Pets')], directory);
    const { Items } = await db.send(new ScanCommand({ TableName: 'Pets' }));
    expect(Items).toEqual([{ pk: 'a', sk: '1' }]);
  });

  it('that are kept with other keys stop the start with a sentence', async () => {
    const directory = temporaryDirectory();
    const first = await start([table('Pets')], directory);
    await first.stage.stop();
    const changed = table('Pets', {
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
    });
    await expect(start([changed], directory)).rejects.toThrow(
      'Table Test/Pets is kept with other keys',
    );
  });
});

describe('a stream', () => {
  it('tells each change in the shape that Lambda hands over', async () => {
    const { stage, db } = await start([table('Pets', streamed('NEW_AND_OLD_IMAGES'))]);
    const stream = openStream(stage.context, streamArn('Pets'));
    const Key = { pk: 'a', sk: '1' };
    await db.send(new PutCommand({ TableName: 'Pets', Item: { ...Key, n: 15 } }));
    await db.send(
      new UpdateCommand({
        TableName: 'Pets',
        Key,
        UpdateExpression: 'SET n = :n',
        ExpressionAttributeValues: { ':n': 16 },
      }),
    );
    await db.send(new DeleteCommand({ TableName: 'Pets', Key }));
    const [insert, modify, remove] = events(stream);
    expect(insert).toEqual({
      eventID: expect.stringMatching(/^[0-9a-f]{32}$/),
      eventName: 'INSERT',
      eventVersion: '1.1',
      eventSource: 'aws:dynamodb',
      awsRegion: 'us-east-1',
      dynamodb: {
        ApproximateCreationDateTime: expect.any(Number),
        Keys: { pk: { S: 'a' }, sk: { S: '1' } },
        NewImage: { pk: { S: 'a' }, sk: { S: '1' }, n: { N: '15' } },
        SequenceNumber: expect.stringMatching(/^\d{21,40}$/),
        SizeBytes: 6 + 6 + 3,
        StreamViewType: 'NEW_AND_OLD_IMAGES',
      },
      eventSourceARN: streamArn('Pets'),
    });
    expect(modify?.dynamodb).toMatchObject({
      NewImage: { n: { N: '16' } },
      OldImage: { n: { N: '15' } },
    });
    expect(remove).toMatchObject({
      eventName: 'REMOVE',
      dynamodb: { OldImage: { n: { N: '16' } } },
    });
    expect(remove?.dynamodb).not.toHaveProperty('NewImage');
    expect(remove).not.toHaveProperty('userIdentity');
  });

  it.each([
    ['KEYS_ONLY', []],
    ['NEW_IMAGE', ['NewImage']],
    ['OLD_IMAGE', ['OldImage']],
    ['NEW_AND_OLD_IMAGES', ['NewImage', 'OldImage']],
  ])('of %s shows no more than that', async (viewType, images) => {
    const { stage, db } = await start([table('Pets', streamed(viewType))]);
    const stream = openStream(stage.context, streamArn('Pets'));
    for (const n of [1, 2]) {
      await db.send(new PutCommand({ TableName: 'Pets', Item: { pk: 'a', sk: '1', n } }));
    }
    const [, modify] = events(stream);
    expect(Object.keys(modify?.dynamodb ?? {}).filter((key) => key.endsWith('Image'))).toEqual(
      images,
    );
  });

  it('says nothing of a write that changed nothing', async () => {
    const { stage, db } = await start([table('Pets', streamed('KEYS_ONLY'))]);
    const stream = openStream(stage.context, streamArn('Pets'));
    const Item = { pk: 'a', sk: '1', names: new Set(['x', 'y']), deep: { a: [1, { b: 'c' }] } };
    await db.send(new PutCommand({ TableName: 'Pets', Item }));
    await db.send(
      new PutCommand({ TableName: 'Pets', Item: { ...Item, names: new Set(['y', 'x']) } }),
    );
    expect(events(stream)).toHaveLength(1);
    expect(stream.read(0, 10).through).toBe(2);
  });

  it('calls back within a few milliseconds of a write, and says when it was by the moved clock', async () => {
    const { stage, db } = await start([table('Pets', streamed('NEW_IMAGE'))]);
    const stream = openStream(stage.context, streamArn('Pets'));
    const hour = 3_600_000;
    stage.context.clock.advance(hour);
    const woken = Promise.withResolvers<void>();
    stream.follow(woken.resolve);
    await db.send(new PutCommand({ TableName: 'Pets', Item: { pk: 'a', sk: '1' } }));
    await woken.promise;
    const [record] = stream.read(0, 1).records;
    expect(Math.abs((record?.createdAt ?? 0) - stage.context.clock.now())).toBeLessThan(3_000);
  });
});

describe('time to live', () => {
  const expiring = table('Pets', {
    ...streamed('NEW_AND_OLD_IMAGES'),
    TimeToLiveSpecification: { Enabled: true, AttributeName: 'ttl' },
  });

  it('deletes what has expired, and only that, and the stream says who did it', async () => {
    const { stage, db } = await start([expiring]);
    const { clock } = stage.context;
    const stream = openStream(stage.context, streamArn('Pets'));
    const nowS = Math.floor(clock.now() / 1_000);
    const put = (sk: string, ttl: unknown) =>
      db.send(new PutCommand({ TableName: 'Pets', Item: { pk: 'a', sk, ttl } }));
    await put('expires', nowS + 60);
    await put('later', nowS + 7_200);
    await put('text', String(nowS));
    await put('ages ago', nowS - 6 * 365 * 86_400);
    const before = stream.latest();

    clock.advance(120_000);
    const removal = await eventually(() => events(stream, before)[0]);
    expect(removal).toMatchObject({
      eventName: 'REMOVE',
      userIdentity: { type: 'Service', principalId: 'dynamodb.amazonaws.com' },
      dynamodb: { Keys: { sk: { S: 'expires' } } },
    });
    const { Items } = await db.send(new ScanCommand({ TableName: 'Pets' }));
    expect(Items?.map(({ sk }) => sk).sort()).toEqual(['ages ago', 'later', 'text']);
  });

  it('marks no deletion of an expired item by anybody else', async () => {
    const { stage, db } = await start([expiring]);
    const stream = openStream(stage.context, streamArn('Pets'));
    const Key = { pk: 'a', sk: '1' };
    const ttl = Math.floor(stage.context.clock.now() / 1_000) - 5;
    await db.send(new PutCommand({ TableName: 'Pets', Item: { ...Key, ttl } }));
    await db.send(new DeleteCommand({ TableName: 'Pets', Key }));
    expect(events(stream).at(-1)).not.toHaveProperty('userIdentity');
  });
});

describe('time to live', () => {
  it('is told of to whoever asks, as the template has it', async () => {
    const TimeToLiveSpecification = { Enabled: true, AttributeName: 'ttl' };
    const { db } = await start([table('Pets', { TimeToLiveSpecification }), table('Toys', {})]);
    const told = async (TableName: string) =>
      (await db.send(new DescribeTimeToLiveCommand({ TableName }))).TimeToLiveDescription;
    expect(await told('Pets')).toMatchObject({
      TimeToLiveStatus: 'ENABLED',
      AttributeName: 'ttl',
    });
    expect(await told('Toys')).toMatchObject({ TimeToLiveStatus: 'DISABLED' });
  });
});

describe('gates', () => {
  it('time to live stands still until its gate is opened', async () => {
    const TimeToLiveSpecification = { Enabled: true, AttributeName: 'ttl' };
    const { stage, db } = await start([table('Pets', { TimeToLiveSpecification })]);
    const { clock, gates } = stage.context;
    const count = async () => (await db.send(new ScanCommand({ TableName: 'Pets' }))).Count;
    const ttl = Math.floor(clock.now() / 1_000) - 5;
    await db.send(new PutCommand({ TableName: 'Pets', Item: { pk: 'a', sk: '1', ttl } }));
    const { id } = gates.close({ at: 'ttl', what: 'Pets*', do: 'stop' });
    await eventually(() => {
      clock.advance(2_000);
      return (gates.list()[0]?.acted ?? 0) > 2;
    });
    expect(await count()).toBe(1);
    gates.open(id);
    clock.advance(2_000);
    while ((await count()) !== 0);
  });

  it('an index stays as it was, page by page, and the table does not', async () => {
    const { stage, db } = await start([
      table('Pets', {
        AttributeDefinitions: ['pk', 'sk', 'kind'].map((AttributeName) => ({
          ...{ AttributeName, AttributeType: 'S' },
        })),
        GlobalSecondaryIndexes: [
          {
            IndexName: 'ByKind',
            KeySchema: [
              { AttributeName: 'kind', KeyType: 'HASH' },
              { AttributeName: 'sk', KeyType: 'RANGE' },
            ],
            Projection: { ProjectionType: 'KEYS_ONLY' },
          },
        ],
      }),
    ]);
    const put = (sk: string, kind: string) =>
      db.send(new PutCommand({ TableName: 'Pets', Item: { pk: 'a', sk, kind } }));
    const dogs = async () => {
      const found: unknown[] = [];
      let from: Record<string, unknown> | undefined;
      do {
        const page = await db.send(
          new QueryCommand({
            TableName: 'Pets',
            IndexName: 'ByKind',
            KeyConditionExpression: 'kind = :kind',
            ExpressionAttributeValues: { ':kind': 'dog' },
            ExclusiveStartKey: from,
            ReturnConsumedCapacity: 'TOTAL',
            Limit: 10,
          }),
        );
        expect(page.ConsumedCapacity?.TableName).toBe('Pets');
        found.push(...(page.Items ?? []).map(({ sk }) => sk));
        from = page.LastEvaluatedKey;
      } while (from);
      return found;
    };
    const names = Array.from({ length: 30 }, (_, at) => `dog-${at + 10}`);
    for (const name of names) await put(name, 'dog');
    const { gates } = stage.context;
    const { id } = gates.close({ at: 'index', what: '*/ByKind', do: 'freeze' });
    await put('dog-99', 'dog');
    await put('dog-10', 'cat');
    expect(await dogs()).toEqual(names);
    const row = await db.send(
      new GetCommand({ TableName: 'Pets', Key: { pk: 'a', sk: 'dog-10' }, ConsistentRead: true }),
    );
    expect(row.Item?.kind).toBe('cat');
    gates.open(id);
    expect(await dogs()).toEqual([...names.slice(1), 'dog-99']);
  });
});

describe('the engine', () => {
  it('is gone as soon as the stage is killed, and the next stage gets its port', async () => {
    const directory = temporaryDirectory();
    const stage = await handMadeContext([], directory);
    const { engine: port } = stage.context.ports;
    await stage.stop();
    const module = new URL('../../local/dynamodb/engine.ts', import.meta.url);
    const script = `
      const { startEngine } = await import(${JSON.stringify(module.href)});
      await startEngine({ port: ${port}, file: ${JSON.stringify(`${directory}/dynamodb.sqlite`)}, onEnd() {} });
      console.log('ready');`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script]);
    await once(child.stdout, 'data');
    expect(await isListening(port)).toBe(true);
    child.kill('SIGKILL');
    while (await isListening(port));
  });

  it('that cannot have its port says so in a sentence', async () => {
    const stage = await handMadeContext([]);
    running.push(stage);
    const { startEngine } = await import('../../local/dynamodb/engine.ts');
    const file = `${stage.context.directory}/one.sqlite`;
    const { engine: port } = stage.context.ports;
    const first = await startEngine({ port, file, onEnd: () => {} });
    await expect(startEngine({ port, file: `${file}2`, onEnd: () => {} })).rejects.toThrow(
      `Port ${port}, where the DynamoDB engine listens, is taken`,
    );
    await first.stop();
  });
});

async function isListening(port: number): Promise<boolean> {
  try {
    await fetch(`http://127.0.0.1:${port}/`);
    return true;
  } catch {
    return false;
  }
}

describe('what a call took', () => {
  it('is told to the trace, and to a caller who asks for it alone', async () => {
    const { stage, db } = await start([table('Pets')]);
    const took: unknown[] = [];
    stage.context.trace.follow(({ what, detail }) => took.push([what, detail]));
    const Key = { pk: 'joe', sk: 'rex' };
    const hostile = { text: '","ConsumedCapacity":{"CapacityUnits":99}}', ConsumedCapacity: {} };
    const Item = { ...Key, ...hostile, bulk: 'x'.repeat(5000) };
    const TableName = 'Pets';
    const strict = { TableName, Key, ConsistentRead: true };

    const put = await db.send(new PutCommand({ TableName, Item }));
    expect(put).not.toHaveProperty('ConsumedCapacity');
    const got = await db.send(new GetCommand(strict));
    expect(got.Item).toEqual(Item);
    expect(got).not.toHaveProperty('ConsumedCapacity');
    const told = await db.send(new GetCommand({ ...strict, ReturnConsumedCapacity: 'TOTAL' }));
    expect(told.ConsumedCapacity?.CapacityUnits).toBe(2);
    const batch = { RequestItems: { Pets: { Keys: [Key], ConsistentRead: true } } };
    const { Responses } = await db.send(new BatchGetCommand(batch));
    expect(Responses).toEqual({ Pets: [Item] });
    const Put = { TableName, Item: { ...Key, sk: 'tom' } };
    await db.send(new TransactWriteCommand({ TransactItems: [{ Put }] }));
    await expect(
      db.send(new PutCommand({ ...Put, ConditionExpression: 'attribute_not_exists(pk)' })),
    ).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });
    const page = await db.send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': 'joe' },
        Limit: 1,
      }),
    );
    expect(page).toMatchObject({ Count: 1, LastEvaluatedKey: Key });
    expect(page).not.toHaveProperty('ConsumedCapacity');

    expect(took).toEqual([
      ['dynamodb:PutItem', { writes: 5 }],
      ['dynamodb:GetItem', { reads: 2 }],
      ['dynamodb:GetItem', {}],
      ['dynamodb:BatchGetItem', { reads: 2 }],
      ['dynamodb:TransactWriteItems', { writes: 2 }],
      ['dynamodb:PutItem', {}],
      ['dynamodb:Query', { reads: 1 }],
    ]);
  });
});
