import { randomBytes } from 'node:crypto';

const ID_BYTES = 11;
/** AWS's message ids differ from their connection's id in the first nine characters only. */
const OWN_CHARACTERS = 9;
const CONNECTION_ID = /^[\w-]{15}=$/;

/** A new id as AWS makes them for connections and requests: 15 URL-safe base64 characters and `=`. */
export function newId(): string {
  return `${randomBytes(ID_BYTES).toString('base64url')}=`;
}

/** A new message id: the tail of its connection's id behind a head of its own. */
export function newMessageId(connectionId: string): string {
  return newId().slice(0, OWN_CHARACTERS) + connectionId.slice(OWN_CHARACTERS);
}

export function isConnectionId(text: string): boolean {
  return CONNECTION_ID.test(text);
}
