import { signal } from '@preact/signals';

/** The network cable of one person: while it is out, no socket opens. */
export function createCable() {
  const plugged = signal(true);
  const sockets = new Set<WebSocket>();

  return {
    plugged,
    /** Everything that is connected through it. */
    sockets,
    WebSocket: new Proxy(WebSocket, {
      construct(Real, [url]: [string]) {
        if (!plugged.value) return deadSocket();
        const socket = new Real(url);
        sockets.add(socket);
        socket.addEventListener('close', () => sockets.delete(socket));
        return socket;
      },
    }),
  };
}

function deadSocket(): object {
  const socket = Object.assign(new EventTarget(), { send() {}, close() {} });
  const close = new CloseEvent('close', { code: 1006, reason: 'The cable is out.' });
  setTimeout(() => socket.dispatchEvent(close));
  return socket;
}
