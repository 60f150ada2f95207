import { SUB_PROTOCOL } from '../contract/names.ts';
import { TICKET_PATH } from '../contract/paths.ts';
import type { ClientOptions } from './client.ts';
import type { SocketClass } from './connection.ts';

/** Whom the socket is for: the same as the client is told. */
type Whose = Pick<ClientOptions, 'getToken' | 'tenant' | 'fetch'> & {
  readonly sessionId: string;
  /** @default the platform's own */
  readonly WebSocket?: new (
    url: string,
    protocols?: string[],
  ) => WebSocket;
};

/** What `createClient` is given as `WebSocket` behind the door `ticket`: each socket fetches a ticket first. */
export const throughTicket = ({
  httpUrl,
  getToken,
  sessionId,
  tenant,
  fetch = globalThis.fetch,
  WebSocket,
}: Whose & {
  /** The output `HttpUrl`. */
  readonly httpUrl: string;
}): SocketClass =>
  socketAt(async (url) => {
    const answer = await fetch(httpUrl.replace(/\/$/, '') + TICKET_PATH, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${await getToken()}`,
        'content-type': 'application/json',
        ...(tenant !== undefined && { 'x-tenant': tenant }),
      },
      body: JSON.stringify({ sessionId }),
    });
    if (!answer.ok) throw new Error(`No ticket was given (${answer.status}).`);
    const { ticket } = await answer.json();
    return [`${url}?ticket=${ticket}`];
  }, WebSocket);

/** What `createClient` is given as `WebSocket` behind the door `sub-protocol`: each socket offers a token. */
export const throughSubProtocol = ({
  getToken,
  sessionId,
  tenant,
  WebSocket,
}: Whose): SocketClass =>
  socketAt(async (url) => {
    const offer = JSON.stringify({ token: await getToken(), sessionId, tenant });
    const text = btoa(offer).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
    return [url, [SUB_PROTOCOL, text]];
  }, WebSocket);

type Address = [url: string, protocols?: string[]];

/** A socket whose address has to be found out first. Where that fails, it closes, as one that does not open. */
function socketAt(
  find: (url: string) => Promise<Address>,
  Socket: NonNullable<Whose['WebSocket']> = globalThis.WebSocket,
): SocketClass {
  return class {
    readonly #opening: Promise<WebSocket>;
    #isClosed = false;

    constructor(url: string) {
      this.#opening = find(url).then((address) => {
        if (this.#isClosed) throw new Error('It was closed before it opened.');
        return new Socket(...address);
      });
    }

    addEventListener(name: string, listener: EventListenerOrEventListenerObject): void {
      this.#opening.then(
        (socket) => socket.addEventListener(name, listener),
        ({ message }) => {
          const event = Object.assign(new Event(name), { code: 1006, reason: message });
          if (name === 'close' && typeof listener === 'function') listener(event);
        },
      );
    }

    /** Only after it has opened. */
    send(text: string): void {
      void this.#opening.then((socket) => socket.send(text));
    }

    close(code?: number): void {
      this.#isClosed = true;
      this.#opening.then((socket) => socket.close(code)).catch(() => {});
    }
  };
}
