import type { PlayerRow, SessionRow } from '../contract/tables.ts';

/**
 * Is this token one of those that were revoked? Seconds are as fine as tokens tell: one that was issued in
 * the very second of the revocation is taken for older.
 */
export const isRevoked = (
  { revokedUntil }: Pick<SessionRow | PlayerRow, 'revokedUntil'>,
  { issuedAt }: { readonly issuedAt: number },
): boolean => revokedUntil !== undefined && issuedAt <= revokedUntil;
