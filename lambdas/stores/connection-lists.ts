import { QueryCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { type ConnectionRow, USER_ID_INDEX } from '../../contract/tables.ts';
import type { Reaches } from '../platform/reach.ts';
import { batchGet } from './batch-get.ts';
import { ex, filtering, selecting } from './expression.ts';

/**
 * Connections of one user that are in this state and not past their time. The index finds them, their own
 * rows, read consistently, have the last word: who has just left is not among them, who has just come may
 * not be yet.
 */
export async function connectionsOfUser(
  { documents, tables }: Reaches<{ connections: 'batchGet' | `query ${typeof USER_ID_INDEX}` }>,
  userId: string,
  status: ConnectionRow['status'],
  now: number,
): Promise<ConnectionRow[]> {
  const keys: { connectionId: string }[] = [];
  let from: Record<string, unknown> | undefined;
  do {
    const page = await documents.send(
      new QueryCommand({
        TableName: tables.connections.name,
        IndexName: USER_ID_INDEX,
        ...selecting(ex`#userId = ${userId} AND #status = ${status}`),
        ExclusiveStartKey: from,
      }),
    );
    keys.push(...(page.Items ?? []).map(({ connectionId }) => ({ connectionId })));
    from = page.LastEvaluatedKey;
  } while (from);
  const rows = (await batchGet(
    documents,
    tables.connections.name,
    keys,
  )) as never as ConnectionRow[];
  return rows.filter((row) => row.userId === userId && row.status === status && row.ttl > now);
}

/** Connections in this state and not past their time, a page at a time, from after the one named. */
export async function* listConnections(
  { documents, tables }: Reaches<{ connections: 'scan' }>,
  status: ConnectionRow['status'],
  now: number,
  after?: string,
): AsyncGenerator<ConnectionRow[]> {
  let from: Record<string, unknown> | undefined = after ? { connectionId: after } : undefined;
  do {
    const page = await documents.send(
      new ScanCommand({
        TableName: tables.connections.name,
        ...filtering(ex`#status = ${status} AND #ttl > ${now}`),
        ExclusiveStartKey: from,
      }),
    );
    yield (page.Items ?? []) as ConnectionRow[];
    from = page.LastEvaluatedKey;
  } while (from);
}
