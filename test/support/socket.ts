import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { WebSocket } from 'ws';

export type Frame = Readonly<Record<string, unknown>>;

/** A socket of a test: speaks the wire by hand and keeps every frame that came. */
export interface TestSocket {
  readonly frames: readonly Frame[];
  readonly raw: WebSocket;
  /** Resolves with code and reason once it is closed. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  send(frame: object | string | Buffer): void;
  /** Sends with an id of its own and gives the reply that echoes it. */
  ask(frame: object): Promise<Frame>;
  /** The first frame like that, whether it has come already or comes later. */
  next(isIt: (frame: Frame) => boolean): Promise<Frame>;
  close(): Promise<void>;
}

export async function openSocket(
  url: string,
  options: { readonly headers?: Record<string, string> } = {},
): Promise<TestSocket> {
  const raw = new WebSocket(url, options);
  const frames: Frame[] = [];
  const waiting = new Set<() => void>();
  raw.on('message', (text) => {
    frames.push(read(String(text)));
    for (const look of waiting) look();
  });
  const closed = once(raw, 'close').then(([code, reason]) => ({ code, reason: String(reason) }));
  await once(raw, 'open');
  raw.on('error', () => {});

  const next: TestSocket['next'] = (isIt) =>
    new Promise((resolve) => {
      const look = () => {
        const found = frames.find(isIt);
        if (!found) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
    });

  const send: TestSocket['send'] = (frame) =>
    raw.send(typeof frame === 'string' || Buffer.isBuffer(frame) ? frame : JSON.stringify(frame));

  return {
    frames,
    raw,
    closed,
    send,
    next,
    ask: (frame) => {
      const id = randomUUID();
      send({ ...frame, id });
      return next((reply) => reply.id === id && reply.type !== 'notification');
    },
    close: async () => {
      raw.close();
      await closed;
    },
  };
}

/** What came may be anything; what is no JSON is kept as text. */
function read(text: string): Frame {
  try {
    return JSON.parse(text);
  } catch {
    return { text };
  }
}

/** The status that a handshake was refused with. */
export async function refusedHandshake(url: string): Promise<number> {
  const raw = new WebSocket(url);
  const [, response] = await once(raw, 'unexpected-response');
  response.resume();
  return response.statusCode;
}
