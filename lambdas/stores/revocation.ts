import { type Expression, ex } from './expression.ts';

/** Part of the condition of every write by which a token opens a session. */
export const isNotRevokedFor = (issuedAt: number): Expression =>
  ex`(attribute_not_exists(#revokedUntil) OR #revokedUntil < ${issuedAt})`;

/** Is marked as it was read, or not at all as it was. */
export const isStillRevoked = (until: number | undefined): Expression =>
  until === undefined ? ex`attribute_not_exists(#revokedUntil)` : ex`#revokedUntil = ${until}`;
