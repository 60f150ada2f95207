import { hash } from 'node:crypto';
import { type Accepted, acceptable } from '../contract/protocol.ts';
import type { Identity } from './identity.ts';

/** Who comes through a door that knows them before their socket is open [S3-01]. */
export interface Admission extends Identity {
  readonly sessionId: string;
  readonly replaces?: string;
  readonly accepts?: readonly Accepted[];
}

/** What an authorizer hands on: API Gateway takes plain values only, and brings them back as text. */
export const contextOf = ({
  tenant,
  userId,
  sessionId,
  expiresAt,
  issuedAt,
  scopes,
  replaces,
  accepts = [],
}: Admission): Readonly<Record<string, string>> => ({
  tenant,
  userId,
  sessionId,
  expiresAt: String(expiresAt),
  issuedAt: String(issuedAt),
  scopes: scopes.join(' '),
  accepts: accepts.join(),
  ...(replaces !== undefined && { replaces }),
});

export function admissionOf(context: Readonly<Record<string, unknown>>): Admission {
  const { tenant, userId, sessionId, expiresAt, issuedAt, scopes, accepts, replaces } = context;
  const understood = String(accepts).split(',');
  return {
    tenant: String(tenant),
    userId: String(userId),
    sessionId: String(sessionId),
    expiresAt: Number(expiresAt),
    issuedAt: Number(issuedAt),
    scopes: String(scopes).split(' ').filter(Boolean),
    accepts: acceptable.filter((each) => understood.includes(each)),
    ...(replaces !== undefined && { replaces: String(replaces) }),
  };
}

/** All that is kept of a ticket: it has 256 random bits, so nobody finds the ticket to a hash. */
export const ticketHash = (ticket: string): string => hash('sha256', ticket, 'hex');
