import { Refusal } from '../../contract/refusals.ts';
import { ticketHash } from '../../rules/admission.ts';
import { seconds } from '../../rules/connection.ts';
import { authorizerEdge } from '../platform/authorizer-edge.ts';
import { openTables } from '../platform/reach.ts';
import { takeTicket } from '../stores/tickets.ts';

const reach = openTables('ticket-door');

/** [S3-01] Lets in whoever brings a ticket: each once, whoever is first. */
export const handler = authorizerEdge('ticket', async ({ queryStringParameters }, now) => {
  const { ticket = '' } = queryStringParameters ?? {};
  const row = await takeTicket(reach, ticketHash(ticket), now);
  if (row === undefined) throw new Refusal('token-invalid');
  if (row.expiresAt <= seconds(now)) throw new Refusal('token-expired');
  return row;
});
