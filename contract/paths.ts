/** Where a reference leads. Apart from contract/http.ts: who delivers has no use for the shapes of requests. */
export const PAYLOAD_PATH = '/payload';
