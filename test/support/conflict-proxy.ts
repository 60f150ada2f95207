import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { Engine } from './engine.ts';

/**
 * Stands on the wire before an engine and answers what no local engine does: an item that is part of a
 * transaction under way refuses every other write. As AWS documents it: a transaction is cancelled with
 * one reason for each of its items, a single write is rejected; reads pass.
 */
export interface ConflictProxy {
  /** A client of the SDK, as functions have it. */
  readonly documents: DynamoDBDocumentClient;
  readonly tally: Tally;
  /** Holds an item as a transaction under way would; gives what lets go of it. */
  hold(table: string, key: Readonly<Record<string, unknown>>): () => void;
  /**
   * Loses the next transaction's answer after the engine has done it; for so many repetitions after
   * that its token is still in progress.
   */
  loseNextAnswer(inProgress: number): void;
  stop(): Promise<void>;
}

export interface Tally {
  /** TransactWriteItems requests, the cancelled ones among them. */
  transactions: number;
  conflicts: number;
  /** PutItem, UpdateItem and DeleteItem requests that were rejected. */
  rejected: number;
}

type Row = Readonly<Record<string, unknown>>;
interface Write {
  readonly TableName: string;
  readonly Key?: Row;
  readonly Item?: Row;
  readonly ConditionExpression?: string;
  readonly ExpressionAttributeNames?: Row;
  readonly ExpressionAttributeValues?: Row;
  readonly ReturnValuesOnConditionCheckFailure?: string;
}
type TransactItem = Readonly<Record<'Put' | 'Update' | 'Delete' | 'ConditionCheck', Write>>;
interface Answer {
  readonly status: number;
  readonly body: string;
}
interface Reason {
  readonly Code: string;
  readonly Message?: string;
  readonly Item?: Row;
}

const PREFIX = 'DynamoDB_20120810.';
const SINGLE_WRITES = ['PutItem', 'UpdateItem', 'DeleteItem'];
/** What AWS says. */
const ONGOING = 'Transaction is ongoing for the item';

/** `heldForMs`: how long a transaction is under way, beside the engine's own time. */
export async function startConflictProxy(engine: Engine, heldForMs = 5): Promise<ConflictProxy> {
  const held = new Set<string>();
  const keyNames = new Map<string, readonly string[]>();
  const tally: Tally = { transactions: 0, conflicts: 0, rejected: 0 };
  let losesFor: number | undefined;
  const inProgress = new Map<string, number>();

  async function ask(target: string, headers: IncomingHttpHeaders, body: object): Promise<Answer> {
    const response = await fetch(engine.endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': `${PREFIX}${target}`,
        authorization: headers.authorization ?? '',
        'x-amz-date': String(headers['x-amz-date'] ?? ''),
      },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: await response.text() };
  }

  async function itemOf({ TableName, Key, Item }: Write, headers: IncomingHttpHeaders) {
    let names = keyNames.get(TableName);
    if (names === undefined) {
      const described = JSON.parse((await ask('DescribeTable', headers, { TableName })).body);
      const schema: { AttributeName: string }[] = described.Table.KeySchema;
      names = schema.map(({ AttributeName }) => AttributeName);
      keyNames.set(TableName, names);
    }
    const row = Key ?? Item ?? {};
    const Key_ = Object.fromEntries(names.map((name) => [name, row[name]]));
    return { key: Key_, mark: markOf(TableName, Key_) };
  }

  async function transact(
    request: { readonly TransactItems: TransactItem[]; readonly ClientRequestToken?: string },
    headers: IncomingHttpHeaders,
  ): Promise<Answer | 'lost'> {
    tally.transactions += 1;
    const token = request.ClientRequestToken ?? '';
    const left = inProgress.get(token) ?? 0;
    if (left > 0) {
      inProgress.set(token, left - 1);
      return refusal('TransactionInProgressException', 'The transaction is in progress.');
    }
    const writes = request.TransactItems.map(writeOf);
    const items = await Promise.all(writes.map((write) => itemOf(write, headers)));
    const conflicts = items.map(({ mark }) => held.has(mark));
    if (conflicts.includes(true)) {
      tally.conflicts += 1;
      const checked = writes.map((write, at) => ({ ...write, Key: items[at]?.key ?? {} }));
      return cancelled(await reasonsOf(checked, conflicts, headers));
    }
    for (const { mark } of items) held.add(mark);
    try {
      await pause(heldForMs);
      const answer = await ask('TransactWriteItems', headers, request);
      if (losesFor === undefined || answer.status !== 200) return answer;
      inProgress.set(token, losesFor);
      losesFor = undefined;
      return 'lost';
    } finally {
      for (const { mark } of items) held.delete(mark);
    }
  }

  /** Of the items that nobody holds, the conditions are looked at all the same. */
  async function reasonsOf(
    writes: readonly (Write & { readonly Key: Row })[],
    conflicts: readonly boolean[],
    headers: IncomingHttpHeaders,
  ): Promise<Reason[]> {
    const isChecked = (at: number) =>
      !conflicts[at] && writes[at]?.ConditionExpression !== undefined;
    const checks = writes.filter((_, at) => isChecked(at)).map(conditionCheckOf);
    const asked =
      checks.length > 0
        ? await ask('TransactWriteItems', headers, { TransactItems: checks })
        : undefined;
    const told: Reason[] = (asked && JSON.parse(asked.body).CancellationReasons) ?? [];
    return conflicts.map((isConflict, at) => {
      if (isConflict) return { Code: 'TransactionConflict', Message: ONGOING };
      return (isChecked(at) && told.shift()) || { Code: 'None' };
    });
  }

  async function answer(target: string, headers: IncomingHttpHeaders, body: string) {
    const request = JSON.parse(body);
    if (target === 'TransactWriteItems') return transact(request, headers);
    if (SINGLE_WRITES.includes(target) && held.has((await itemOf(request, headers)).mark)) {
      tally.rejected += 1;
      return refusal('TransactionConflictException', ONGOING);
    }
    return ask(target, headers, request);
  }

  const server = createServer(async (request, response) => {
    const target = String(request.headers['x-amz-target']).slice(PREFIX.length);
    const outcome = await answer(target, request.headers, await text(request));
    if (outcome === 'lost') return response.destroy();
    response.writeHead(outcome.status, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(outcome.body);
  });
  const client = new DynamoDBClient({
    endpoint: `http://127.0.0.1:${await listen(server)}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  return {
    documents: DynamoDBDocumentClient.from(client, {
      marshallOptions: { removeUndefinedValues: true },
    }),
    tally,
    hold(table, key) {
      const mark = markOf(table, marshall(key));
      held.add(mark);
      return () => void held.delete(mark);
    },
    loseNextAnswer(repetitions) {
      losesFor = repetitions;
    },
    async stop() {
      client.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

const markOf = (table: string, key: Row): string =>
  JSON.stringify([table, Object.entries(key).sort(([one], [other]) => (one < other ? -1 : 1))]);

function writeOf(item: TransactItem): Write {
  return item.Put ?? item.Update ?? item.Delete ?? item.ConditionCheck;
}

/** The same condition without the write; DynamoDB refuses names and values that nothing uses. */
function conditionCheckOf(write: Write & { readonly Key: Row }) {
  const { TableName, Key, ConditionExpression = '', ReturnValuesOnConditionCheckFailure } = write;
  const used: readonly string[] = ConditionExpression.match(/[#:]\w+/g) ?? [];
  const kept = (all: Row = {}) => {
    const left = Object.entries(all).filter(([name]) => used.includes(name));
    return left.length > 0 ? Object.fromEntries(left) : undefined;
  };
  return {
    ConditionCheck: {
      TableName,
      Key,
      ConditionExpression,
      ExpressionAttributeNames: kept(write.ExpressionAttributeNames),
      ExpressionAttributeValues: kept(write.ExpressionAttributeValues),
      ReturnValuesOnConditionCheckFailure,
    },
  };
}

function cancelled(CancellationReasons: readonly Reason[]): Answer {
  const codes = CancellationReasons.map(({ Code }) => Code).join(', ');
  const message = `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`;
  return refusal('TransactionCanceledException', message, { CancellationReasons });
}

const refusal = (name: string, message: string, more: object = {}): Answer => ({
  status: 400,
  body: JSON.stringify({
    __type: `com.amazonaws.dynamodb.v20120810#${name}`,
    Message: message,
    message,
    ...more,
  }),
});
