import { randomBytes } from 'node:crypto';
import { httpOperations, type Ticket } from '../../contract/http.ts';
import { TICKET_SECONDS } from '../../contract/limits.ts';
import { isSessionId } from '../../contract/names.ts';
import { acceptable } from '../../contract/protocol.ts';
import { Refusal } from '../../contract/refusals.ts';
import { ticketHash } from '../../rules/admission.ts';
import { seconds } from '../../rules/connection.ts';
import { demandStanding } from '../flows/standing.ts';
import { httpEdge } from '../platform/http-edge.ts';
import { openTables } from '../platform/reach.ts';
import { openTopics } from '../platform/topics.ts';
import { putTicket } from '../stores/tickets.ts';

const reach = openTables('ticket');
const topics = openTopics();
const TICKET_BYTES = 32;

/** [S3-01] A ticket for one handshake: it may stand in a URL, and its holder's token may not. */
export const handler = httpEdge(
  'ticket',
  httpOperations.ticket.request,
  async ({ identity, request, now }): Promise<Ticket> => {
    const { tenant, userId, expiresAt, issuedAt, scopes } = identity;
    const { sessionId, replaces, accepts = [] } = request;
    if (!isSessionId(sessionId)) throw new Refusal('session-id-invalid');
    await demandStanding(reach, identity);
    const ticket = randomBytes(TICKET_BYTES).toString('base64url');
    const ttl = seconds(now) + TICKET_SECONDS;
    await putTicket(reach, {
      ticket: ticketHash(ticket),
      tenant,
      userId,
      expiresAt,
      issuedAt,
      scopes: topics.scopesOf(scopes),
      sessionId,
      ...(replaces !== undefined && { replaces }),
      accepts: acceptable.filter((each) => accepts.includes(each)),
      ttl,
    });
    return { ticket, expiresAt: ttl };
  },
);
