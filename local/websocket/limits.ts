/**
 * Every number of the WebSocket gateway. The first block is AWS's own (documented); the second is the
 * stage's choice where AWS says nothing.
 */

/** A message, in either direction; a larger one from a client closes its socket. */
export const MESSAGE_BYTES = 128 * 1024;
/** One frame of a client's message: a larger message has to be fragmented by the client. */
export const FRAME_BYTES = 32 * 1024;
export const URL_CHARACTERS = 4_096;
/** Without data frames either way; protocol pings do not count. */
export const IDLE_MS = 10 * 60_000;
export const MAX_AGE_MS = 2 * 60 * 60_000;
/** The longest, and the default, that the gateway waits for a function. */
export const INTEGRATION_TIMEOUT_MS = 29_000;
export const AUTHORIZER_RESULT_BYTES = 8 * 1024;

/** Bytes that may wait for a slow client; above it a post answers 429. */
export const CLIENT_BUFFER_BYTES = 1024 * 1024;
/** Wall-clock time that a client has to answer a close frame before its TCP connection is cut. */
export const CLOSING_MS = 1_000;
/** Wall-clock time that `stop` waits for `$disconnect` invocations. */
export const STOP_MS = 2_000;
