import { PutCommand } from '@aws-sdk/lib-dynamodb';
import type { AuditRow } from '../../contract/tables.ts';
import type { Reaches } from '../platform/reach.ts';
import { conditional, ex } from './expression.ts';

/** Adds a line; one that stands already is never written over, but a fault. */
export async function putAuditLine(
  { documents, tables }: Reaches<{ audit: 'put' }>,
  row: AuditRow,
): Promise<void> {
  await documents.send(
    new PutCommand({
      TableName: tables.audit.name,
      Item: row,
      ...conditional(ex`attribute_not_exists(#entry)`),
    }),
  );
}
