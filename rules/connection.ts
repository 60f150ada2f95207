import {
  CONNECTION_TTL_SECONDS,
  FRESH_FOR_SECONDS,
  LIVING_TTL_SECONDS,
  STALE_AFTER_SECONDS,
  TOMBSTONE_TTL_SECONDS,
  YOUNG_CONNECTION_SECONDS,
} from '../contract/limits.ts';
import { DEFAULT_TENANT } from '../contract/names.ts';
import type { ConnectionRow, SessionName } from '../contract/tables.ts';
import { END, type FirstStatus, isActive } from './connection-states.ts';

export const seconds = (ms: number): number => Math.floor(ms / 1000);
export const isoTime = (ms: number): string => new Date(ms).toISOString();

/** [S4-01] [S1-01] The row of a socket that has just been opened. */
export function newConnection(
  connectionId: string,
  status: FirstStatus,
  now: number,
): ConnectionRow {
  const connectedAt = isoTime(now);
  return {
    connectionId,
    status,
    connectedAt,
    createdAt: connectedAt,
    timestamp: connectedAt,
    ttl: seconds(now) + CONNECTION_TTL_SECONDS,
  };
}

/** What refuses everything that comes late about a connection that has left. */
export function tombstone(connectionId: string, now: number, was?: ConnectionRow): ConnectionRow {
  return {
    ...(was ?? newConnection(connectionId, 'PENDING', now)),
    status: END,
    disconnectedAt: isoTime(now),
    ttl: tombstoneTtl(now),
  };
}

export const livingTtl = (now: number): number => seconds(now) + LIVING_TTL_SECONDS;
export const tombstoneTtl = (now: number): number => seconds(now) + TOMBSTONE_TTL_SECONDS;

/** Of a connection without a user, through the door `none`, it is the default one. */
export const tenantOf = ({ tenant = DEFAULT_TENANT }: ConnectionRow): string => tenant;

/** Seconds: no frame from then on. The row's own time, or its token's. */
export const lastsUntil = ({ ttl, authExpiresAt = ttl }: ConnectionRow): number =>
  Math.min(ttl, authExpiresAt);

/** The session that a connection belongs to; undefined while it has none. */
export function sessionOf(row: ConnectionRow): SessionName | undefined {
  const { tenant, userId, sessionId } = row;
  return tenant !== undefined && userId !== undefined && sessionId !== undefined
    ? { tenant, userId, sessionId }
    : undefined;
}

/** Is a sign of life worth a write? Not when the last one that was written is still fresh, and nobody doubts it. */
export const isDueForSignOfLife = (row: ConnectionRow, now: number): boolean =>
  row.status === 'STALE' || now - Date.parse(row.timestamp) > FRESH_FOR_SECONDS * 1000;

/** [S2-04] Was nothing heard of it for so long that whoever cleans up should ask? */
export const isStale = (row: ConnectionRow, now: number): boolean =>
  row.status !== END && now - Date.parse(row.timestamp) > STALE_AFTER_SECONDS * 1000;

/** Old enough for the gateway's word about it to count [S4-05]. */
export const isProbable = (row: ConnectionRow, now: number): boolean =>
  isActive(row.status) && ageInSeconds(row, now) >= YOUNG_CONNECTION_SECONDS;

/** Would the row expire within this time, while its socket may still be open? */
export const isShortLived = (
  { ttl }: Pick<ConnectionRow, 'ttl'>,
  now: number,
  withinSeconds: number,
): boolean => ttl < seconds(now) + withinSeconds;

export const ageInSeconds = (row: ConnectionRow, now: number): number =>
  (now - Date.parse(row.connectedAt)) / 1000;
