import { hash } from 'node:crypto';
import { SOCKET_MOST_SECONDS } from '../contract/limits.ts';
import { DEFAULT_TENANT, isConnectionId, isUserId } from '../contract/names.ts';
import { type Accepted, acceptable } from '../contract/protocol.ts';
import { Refusal } from '../contract/refusals.ts';
import { seconds } from './connection.ts';
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

/** Whom API Gateway has found by the signature of a request. It writes what it does not know as null, or not at all. */
export interface Signer {
  /** `eu-west-1:UUID`: of whoever has credentials of a Cognito identity pool. */
  readonly cognitoIdentityId?: string | null;
  /** The unique id of a user of IAM, or of a role with the name of its session: `AROA…:NAME`. */
  readonly caller?: string | null;
}

/**
 * [S3-01] Who comes through the door `iam`. IAM knows neither tenants nor scopes of ours, and does not tell when
 * credentials end: the socket's own two hours are the end. A role that is made anew under its old name is another
 * caller. The rest stands in the URL, which is signed: `?session=…&replaces=…&accepts=packs,references`.
 *
 * Refuses `token-invalid`, `session-id-invalid`, `malformed`.
 */
export function admissionOfSigner(
  { cognitoIdentityId, caller }: Signer,
  query: Readonly<Record<string, string | undefined>>,
  now: number,
): Admission {
  const userId = cognitoIdentityId || caller || '';
  if (!isUserId(userId)) throw new Refusal('token-invalid');
  const { session: sessionId, replaces, accepts = '' } = query;
  if (sessionId === undefined) throw new Refusal('session-id-invalid');
  if (replaces !== undefined && !isConnectionId(replaces)) throw new Refusal('malformed');
  const understood = accepts.split(',');
  return {
    tenant: DEFAULT_TENANT,
    userId,
    sessionId,
    issuedAt: seconds(now),
    expiresAt: seconds(now) + SOCKET_MOST_SECONDS,
    scopes: [],
    accepts: acceptable.filter((each) => understood.includes(each)),
    ...(replaces !== undefined && { replaces }),
  };
}

/** All that is kept of a ticket: it has 256 random bits, so nobody finds the ticket to a hash. */
export const ticketHash = (ticket: string): string => hash('sha256', ticket, 'hex');
