import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Clock } from '../service.ts';
import {
  BINARY_REFUSED,
  BROKEN_FRAME,
  BROKEN_TEXT,
  type Close,
  closeByClient,
  GOING_AWAY,
  TOO_LARGE,
} from './closes.ts';
import type { Client } from './events.ts';
import { BINARY_OPCODE, type FrameHeader, isDataOpcode, scanFrames, textFrame } from './frames.ts';
import {
  CLIENT_BUFFER_BYTES,
  CLOSING_MS,
  FRAME_BYTES,
  IDLE_MS,
  MAX_AGE_MS,
  MESSAGE_BYTES,
} from './limits.ts';

/** One open socket of a client. */
export interface Connection {
  readonly client: Client;
  /** Milliseconds since the epoch: the latest data frame, either way. */
  lastActiveAt(): number;
  /** Hands one text message to the socket. `full`: too much is waiting for this client already. */
  send(payload: Buffer): 'sent' | 'full' | 'gone';
  /** Begins to close; the first reason given stays. */
  close(close: Close): void;
  /** Cuts the TCP connection as a dead network does: no close frame either way. */
  cut(): void;
}

export interface Listener {
  onMessage(text: string): void;
  onSent(bytes: number): void;
  /** Nothing can be sent any more. Called once, before `onEnd`. */
  onClosing(): void;
  /** The TCP connection is over, and this is why. Called once. */
  onEnd(close: Close): void;
}

/** Watches over an open socket: limits, idle time and age, and the one reason it ends for. */
export function openConnection(
  { ws, socket, client, clock }: { ws: WebSocket; socket: Duplex; client: Client; clock: Clock },
  listener: Listener,
): Connection {
  let activeAt = clock.now();
  let closing: Close | undefined;
  let lastResort: NodeJS.Timeout | undefined;
  let messageBytes = 0;

  const beginClosing = (close: Close) => {
    if (closing) return;
    closing = close;
    // Not the stage's clock: a client that never answers is cut in real time, however time is moved.
    lastResort = setTimeout(() => ws.terminate(), CLOSING_MS);
    stopWatch();
    listener.onClosing();
  };
  const close = (why: Close) => {
    if (closing) return;
    beginClosing(why);
    ws.close(why.code, why.reason);
  };
  const stopWatch = watchLifetime(clock, client.connectedAt, () => activeAt, close);

  const judge = ({ final, opcode, payloadBytes }: FrameHeader) => {
    if (!isDataOpcode(opcode)) return;
    activeAt = clock.now();
    messageBytes += payloadBytes;
    if (opcode === BINARY_OPCODE) close(BINARY_REFUSED);
    else if (payloadBytes > FRAME_BYTES || messageBytes > MESSAGE_BYTES) close(TOO_LARGE);
    if (final) messageBytes = 0;
  };
  // In front of the listener of `ws`, which unmasks the bytes in place.
  socket.prependListener('data', scanFrames(judge));

  ws.on('message', (bytes: Buffer) => {
    if (!closing) listener.onMessage(bytes.toString());
  });
  ws.on('error', (error: Error & { code?: string }) => {
    beginClosing(error.code === 'WS_ERR_INVALID_UTF8' ? BROKEN_TEXT : BROKEN_FRAME);
  });
  ws.on('close', (code, reason) => {
    const why = closing ?? closeByClient(code, reason.toString());
    beginClosing(why);
    clearTimeout(lastResort);
    listener.onEnd(why);
  });

  return {
    client,
    lastActiveAt: () => activeAt,
    send(payload) {
      if (closing || ws.readyState !== ws.OPEN) return 'gone';
      if (socket.writableLength > CLIENT_BUFFER_BYTES) return 'full';
      // Past `ws`, whose way through two buffers costs twice as much; without extensions it adds nothing.
      socket.write(textFrame(payload));
      activeAt = clock.now();
      listener.onSent(payload.length);
      return 'sent';
    },
    close,
    cut: () => ws.terminate(),
  };
}

/** Closes what was idle for too long or grew too old. One timer, set anew only when it runs out. */
function watchLifetime(
  clock: Clock,
  openedAt: number,
  activeAt: () => number,
  close: (why: Close) => void,
): () => void {
  const due = () => Math.min(activeAt() + IDLE_MS, openedAt + MAX_AGE_MS);
  const check = () => {
    if (clock.now() >= due()) close(GOING_AWAY);
    else cancel = clock.at(due(), check);
  };
  let cancel = clock.at(due(), check);
  return () => cancel();
}
