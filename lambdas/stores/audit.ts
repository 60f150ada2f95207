import { PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { type AuditRow, TARGET_INDEX } from '../../contract/tables.ts';
import { isoTime } from '../../rules/connection.ts';
import { outlastContention } from '../platform/contention.ts';
import type { Reaches } from '../platform/reach.ts';
import { conditional, ex, selecting } from './expression.ts';

/**
 * Adds a line; one that stands already is never written over by another, but a fault. The same one again is
 * harmless: the SDK asks again where an answer was lost.
 */
export async function putAuditLine(
  { documents, tables }: Reaches<{ audit: 'put' }>,
  row: AuditRow,
): Promise<void> {
  await outlastContention(() =>
    documents.send(
      new PutCommand({
        TableName: tables.audit.name,
        Item: row,
        ...conditional(
          ex`attribute_not_exists(#entry)
            OR (#actor = ${row.actor} AND #act = ${row.act} AND #target = ${row.target})`,
        ),
      }),
    ),
  );
}

/** What was done to this target since then, oldest first. */
export async function auditLinesOf(
  { documents, tables }: Reaches<{ audit: `query ${typeof TARGET_INDEX}` }>,
  target: string,
  since: number,
): Promise<AuditRow[]> {
  const rows: AuditRow[] = [];
  let from: Record<string, unknown> | undefined;
  do {
    const page = await documents.send(
      new QueryCommand({
        TableName: tables.audit.name,
        IndexName: TARGET_INDEX,
        ...selecting(ex`#target = ${target} AND #entry >= ${isoTime(since)}`),
        ExclusiveStartKey: from,
      }),
    );
    rows.push(...((page.Items ?? []) as AuditRow[]));
    from = page.LastEvaluatedKey;
  } while (from);
  return rows;
}
