import { DeleteCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { TicketRow } from '../../contract/tables.ts';
import { seconds } from '../../rules/connection.ts';
import type { Reaches } from '../platform/reach.ts';
import type { Row } from '../platform/transact.ts';
import { attempt, conditional, ex } from './expression.ts';

/** A fault where there is such a ticket already. */
export async function putTicket(
  { documents, tables }: Reaches<{ tickets: 'put' }>,
  row: TicketRow,
): Promise<void> {
  await documents.send(
    new PutCommand({
      TableName: tables.tickets.name,
      Item: row,
      ...conditional(ex`attribute_not_exists(#ticket)`),
    }),
  );
}

/** What a ticket is good for, and it is good no more; undefined when it never was, or somebody has used it. */
export async function takeTicket(
  { documents, tables }: Reaches<{ tickets: 'delete' }>,
  ticket: string,
  now: number,
): Promise<TicketRow | undefined> {
  const { isDone, row } = await attempt(() =>
    documents.send(
      new DeleteCommand({
        TableName: tables.tickets.name,
        Key: { ticket },
        ...conditional(ex`#ttl > ${seconds(now)}`),
        ReturnValues: 'ALL_OLD',
      }),
    ),
  );
  return isDone ? (row as Row & TicketRow) : undefined;
}
