import type { Accepted, Authenticated, PROTOCOL_VERSION } from '../contract/protocol.ts';
import { type Connection, Unanswered } from './connection.ts';
import { sentenceOf } from './events.ts';

/** Who is on the line, and as which session. */
export interface Identity {
  readonly getToken: () => string | Promise<string>;
  readonly sessionId: string;
  readonly tenant?: string;
}

const version: typeof PROTOCOL_VERSION = 1;
const accepts: Accepted[] = ['references', 'packs'];

/** Rejects with {@link Unanswered}. */
export async function freshToken({ getToken }: Identity): Promise<string> {
  try {
    return await getToken();
  } catch (error) {
    throw new Unanswered('no-token', sentenceOf(error));
  }
}

/** On a new socket, or again in place with a new token. Rejects with {@link Unanswered}. */
export function authenticate(
  on: Connection,
  { sessionId, tenant }: Identity,
  token: string,
  replaces?: string,
): Promise<Authenticated> {
  return on.request({
    action: 'authenticate',
    v: version,
    token,
    sessionId,
    accepts,
    tenant,
    replaces,
  });
}
