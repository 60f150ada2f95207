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
  const found: string[] = [];
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
    found.push(...(page.Items ?? []).map(({ connectionId }) => connectionId));
    from = page.LastEvaluatedKey;
  } while (from);
  const rows = await getConnections({ documents, tables }, found);
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

/** Of these connections those that have a row, consistently, in no order. */
export const getConnections = async (
  { documents, tables }: Reaches<{ connections: 'batchGet' }>,
  connectionIds: readonly string[],
): Promise<ConnectionRow[]> => {
  const keys = connectionIds.map((connectionId) => ({ connectionId }));
  return (await batchGet(documents, tables.connections.name, keys)) as never as ConnectionRow[];
};

/** Hands on every connection in this state, read consistently by so many scans side by side, a page at a time. */
export async function eachConnection(
  { documents, tables }: Reaches<{ connections: 'scan' }>,
  status: ConnectionRow['status'],
  segments: number,
  take: (rows: readonly ConnectionRow[]) => void,
): Promise<void> {
  const read = async (Segment: number): Promise<void> => {
    let from: Record<string, unknown> | undefined;
    do {
      const page = await documents.send(
        new ScanCommand({
          TableName: tables.connections.name,
          ConsistentRead: true,
          Segment,
          TotalSegments: segments,
          ...filtering(ex`#status = ${status}`),
          ExclusiveStartKey: from,
        }),
      );
      take((page.Items ?? []) as ConnectionRow[]);
      from = page.LastEvaluatedKey;
    } while (from);
  };
  await Promise.all(Array.from({ length: segments }, (_, segment) => read(segment)));
}
