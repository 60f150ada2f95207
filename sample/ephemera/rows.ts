import { SEPARATOR } from '../../contract/tables.ts';
import type { OnlineChange } from './operations.ts';

/** The name of the variable that tells the sample's functions where its rows are. */
export const ONLINE_TABLE_VARIABLE = 'ONLINE_TABLE_NAME';

/** One user, or one session of one user, as the newest event about it says. */
export interface OnlineRow extends OnlineChange {
  readonly tenant: string;
  /** `USER` or `USER#SESSION`. */
  readonly who: string;
  /** The player's version in that event: an older one changes nothing. */
  readonly version: number;
  /** Seconds; only while offline. */
  readonly ttl?: number;
}

/**
 * Rows of the absent refuse late news of their presence. Nothing is later than this: the bus tries for
 * a day, and dead letters are kept for fourteen.
 */
const ABSENT_KEPT_SECONDS = 30 * 24 * 3600;

export function onlineRow({
  tenant,
  player,
  sessionId,
  isOnline,
  version,
  since,
}: Omit<OnlineRow, 'who' | 'ttl'>): OnlineRow {
  return {
    tenant,
    who: sessionId === undefined ? player : `${player}${SEPARATOR}${sessionId}`,
    player,
    ...(sessionId !== undefined && { sessionId }),
    isOnline,
    version,
    since,
    ...(!isOnline && { ttl: Math.floor(Date.parse(since) / 1000) + ABSENT_KEPT_SECONDS }),
  };
}
