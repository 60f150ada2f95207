import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { MESSAGE_BYTES } from './limits.ts';

/** Answers a handshake with 101; undefined when the client has gone in the meantime. */
export type Accept = (
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  protocol: string | undefined,
) => WebSocket | undefined;

export function createAcceptor(): Accept {
  const protocols = new WeakMap<IncomingMessage, string>();
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: MESSAGE_BYTES,
    // `ws` would choose; the gateway passes on what the function said, offered or not.
    handleProtocols: () => false,
  });
  sockets.on('headers', (headers, request) => {
    const protocol = protocols.get(request);
    if (protocol !== undefined) headers.push(`Sec-WebSocket-Protocol: ${protocol}`);
  });

  return (request, socket, head, protocol) => {
    if (protocol !== undefined) protocols.set(request, protocol);
    let opened: WebSocket | undefined;
    sockets.handleUpgrade(request, socket, head, (ws) => {
      opened = ws;
    });
    return opened;
  };
}

/** Answers a handshake with an HTTP error instead of 101. */
export function refuse(socket: Duplex, status: number): void {
  const reason = STATUS_CODES[status] ?? '';
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} ${reason}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
