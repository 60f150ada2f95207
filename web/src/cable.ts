import { signal } from '@preact/signals';

/** The network cable of one person: while it is out, no socket opens; and it may lose a frame. */
export function createCable() {
  const plugged = signal(true);
  /** The next frame with a message does not get through. */
  const losing = signal(false);
  const sockets = new Set<WebSocket>();

  function isLost(event: MessageEvent): boolean {
    const isLost = losing.value && /^{"type":"(notification|pack)"/.test(String(event.data));
    if (isLost) losing.value = false;
    return isLost;
  }

  return {
    plugged,
    losing,
    /** Everything that is connected through it. */
    sockets,
    WebSocket: new Proxy(WebSocket, {
      construct(Real, [url]: [string]) {
        if (!plugged.value) return deadSocket();
        const socket = new Real(url);
        sockets.add(socket);
        socket.addEventListener('close', () => sockets.delete(socket));
        // Before whoever listens later.
        socket.addEventListener('message', (event) => {
          if (isLost(event)) event.stopImmediatePropagation();
        });
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
