import { randomUUID } from 'node:crypto';
import { WebSocket } from 'ws';
import type { Refused } from '../../contract/protocol.ts';
import type { Frame } from '../support/socket.ts';

/** Why a request came to no reply. */
export class NoReply extends Error {
  readonly kind: 'lost' | 'refused' | 'gateway';
  readonly code: string;
  constructor(kind: NoReply['kind'], code: string) {
    super(`${kind}: ${code}`);
    this.kind = kind;
    this.code = code;
  }
}

/** One socket, seen from its client. */
export interface Wire {
  readonly isOpen: boolean;
  /** Rejects with {@link NoReply}. */
  ask(message: object): Promise<Frame>;
  /** As when the network goes: no close frame. */
  cut(): void;
  /** Stops and goes on reading. */
  raw: WebSocket;
  close(): Promise<void>;
}

/** What no reply takes longer than; the gateway itself gives up at 29 s. */
const ANSWER_WITHIN_MS = 31_000;

/** Rejects with {@link NoReply} when the handshake does not end in a socket. */
export async function openWire(
  url: string,
  listener: { heard(frame: Frame): void; lost(): void },
): Promise<Wire> {
  const raw = new WebSocket(url, { perMessageDeflate: false });
  const waiting = new Map<string, (reply: Frame | NoReply) => void>();
  let isOpen = false;
  const closed = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<void>();

  const failOldest = (fault: NoReply) => {
    const [oldest] = waiting.values();
    oldest?.(fault);
  };
  raw.on('message', (bytes) => {
    const frame = JSON.parse(String(bytes)) as Frame;
    const settle = waiting.get(String(frame.id));
    if (frame.type === 'pack') for (const one of frame.frames as Frame[]) listener.heard(one);
    else if (frame.type === 'notification') listener.heard(frame);
    else if (frame.type === undefined) failOldest(new NoReply('gateway', String(frame.message)));
    else settle?.(frame);
  });
  raw.on('open', () => {
    isOpen = true;
    opened.resolve();
  });
  raw.on('error', (error) => opened.reject(new NoReply('lost', error.message)));
  raw.on('close', (code) => {
    const wasOpen = isOpen;
    isOpen = false;
    for (const settle of [...waiting.values()]) settle(new NoReply('lost', String(code)));
    closed.resolve();
    if (wasOpen) listener.lost();
  });
  await opened.promise;

  return {
    get isOpen() {
      return isOpen;
    },
    raw,
    ask: (message) =>
      new Promise((resolve, reject) => {
        if (!isOpen) return reject(new NoReply('lost', 'before it was asked'));
        const id = randomUUID();
        const timer = setTimeout(() => raw.terminate(), ANSWER_WITHIN_MS);
        waiting.set(id, (reply) => {
          waiting.delete(id);
          clearTimeout(timer);
          if (reply instanceof NoReply) reject(reply);
          else if (reply.type === 'refused')
            reject(new NoReply('refused', (reply as unknown as Refused).code));
          else resolve(reply);
        });
        raw.send(JSON.stringify({ ...message, id }));
      }),
    cut: () => raw.terminate(),
    close: async () => {
      raw.close();
      await closed.promise;
    },
  };
}
