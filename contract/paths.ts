/** Paths, apart from contract/http.ts: who delivers, and the client, have no use for the shapes of requests. */

/** Where a reference leads. */
export const PAYLOAD_PATH = '/payload';
/** [S3-01] Where tickets are given. */
export const TICKET_PATH = '/ticket';
