import {
  CONNECTION_TTL_SECONDS,
  FRESH_FOR_SECONDS,
  TOMBSTONE_TTL_SECONDS,
} from '../contract/limits.ts';
import type { ConnectionRow, ConnectionStatus, SessionName } from '../contract/tables.ts';

export const seconds = (ms: number): number => Math.floor(ms / 1000);
export const isoTime = (ms: number): string => new Date(ms).toISOString();

/** [S4-01] [S1-01] The row of a socket that has just been opened. */
export function newConnection(
  connectionId: string,
  status: Extract<ConnectionStatus, 'PENDING' | 'CONNECTED'>,
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
    status: 'DISCONNECTED',
    disconnectedAt: isoTime(now),
    ttl: tombstoneTtl(now),
  };
}

export const tombstoneTtl = (now: number): number => seconds(now) + TOMBSTONE_TTL_SECONDS;

/** The session that a connection belongs to; undefined while it has none. */
export function sessionOf(row: ConnectionRow): SessionName | undefined {
  const { tenant, userId, sessionId } = row;
  return tenant !== undefined && userId !== undefined && sessionId !== undefined
    ? { tenant, userId, sessionId }
    : undefined;
}

/** Is a sign of life worth a write? Not when the last one that was written is still fresh. */
export const isDueForSignOfLife = (row: ConnectionRow, now: number): boolean =>
  now - Date.parse(row.timestamp) > FRESH_FOR_SECONDS * 1000;

export const ageInSeconds = (row: ConnectionRow, now: number): number =>
  (now - Date.parse(row.connectedAt)) / 1000;
