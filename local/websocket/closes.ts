/** Why a connection ended, as the close frame and the `$disconnect` event say it. */
export interface Close {
  readonly code: number;
  readonly reason: string;
}

/** Idle for too long, too old, or the stage stops. */
export const GOING_AWAY: Close = { code: 1001, reason: 'Going away' };
/** `DELETE @connections`; its caller cannot choose. */
export const DELETED: Close = { code: 1000, reason: 'Connection Closed Normally' };
/** The codes are AWS's; what reason it gives with them is not known. */
export const BINARY_REFUSED: Close = { code: 1003, reason: '' };
export const TOO_LARGE: Close = { code: 1009, reason: '' };
/** TCP ended without a close frame. */
export const CUT_OFF: Close = { code: 1006, reason: '' };
export const BROKEN_FRAME: Close = { code: 1002, reason: '' };
export const BROKEN_TEXT: Close = { code: 1007, reason: '' };

const NO_STATUS = 1005;

/** The close that a client began, in the words of AWS's `$disconnect` event. */
export function closeByClient(code: number, reason: string): Close {
  return code === NO_STATUS
    ? { code, reason: 'Client-side close frame status not set' }
    : { code, reason };
}
