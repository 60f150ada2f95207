import {
  CONNECTION_TTL_SECONDS,
  FRESH_FOR_SECONDS,
  GATEWAY_IDLE_SECONDS,
  LIVING_TTL_SECONDS,
  PROBE_EVERY_MINUTES,
  STALE_AFTER_SECONDS,
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

export const livingTtl = (now: number): number => seconds(now) + LIVING_TTL_SECONDS;
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

/** [S2-04] Was nothing heard of it for so long that whoever cleans up should ask? */
export const isStale = (row: ConnectionRow, now: number): boolean =>
  row.status !== 'DISCONNECTED' && now - Date.parse(row.timestamp) > STALE_AFTER_SECONDS * 1000;

/** Has it been quiet for so long that the gateway may have closed it? */
export const isSilent = (row: ConnectionRow, now: number): boolean =>
  (row.status === 'CONNECTED' || row.status === 'STALE') &&
  now - Date.parse(row.timestamp) > GATEWAY_IDLE_SECONDS * 1000;

/**
 * Which sweep asks the gateway about a silent socket: each has a minute of its own, told by its id, so
 * that nobody has to write down when it was asked last.
 */
export const isItsTurn = ({ connectionId }: ConnectionRow, now: number): boolean =>
  turnOf(connectionId) === Math.floor(now / 60_000) % PROBE_EVERY_MINUTES;

const turnOf = (connectionId: string): number =>
  [...connectionId].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 9973, 7) %
  PROBE_EVERY_MINUTES;

/** Would the row expire before its socket must have closed, if nothing else moved it? */
export const isShortLived = (row: Pick<ConnectionRow, 'ttl'>, now: number): boolean =>
  row.ttl < seconds(now) + 2 * PROBE_EVERY_MINUTES * 60;

export const ageInSeconds = (row: ConnectionRow, now: number): number =>
  (now - Date.parse(row.connectedAt)) / 1000;
