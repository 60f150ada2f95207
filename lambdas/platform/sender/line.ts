import type { OnReadOpts, Socket } from 'node:net';
import { type Answer, type AnswerReader, openAnswerReader } from './answer-reader.ts';

/**
 * What one request came to. `stale`: it went out on a connection that was kept from the last one and had
 * ended since; nobody can have taken it. `late`: no answer within the deadline.
 */
export type Attempt = { readonly status: number } | 'broken' | 'stale' | 'late';

/** One kept-alive connection to a server, made anew whenever it is needed: one request at a time. */
export interface Line {
  /** Never rejects. */
  send(head: string, body: Buffer): Promise<Attempt>;
  /** Gives up whatever is under way. */
  close(): void;
}

interface Exchange {
  readonly isOnKept: boolean;
  hasBegun: boolean;
  settle(attempt: Attempt): void;
}

/** Makes a connection whose bytes are read as told. */
export type Connect = (onread: OnReadOpts) => Socket;

const NOTHING = Buffer.alloc(0);
/** An answer has some hundreds. */
const READ_BYTES = 4096;

export function openLine(connect: Connect, deadlineMs: number): Line {
  // One for all that is ever read here: a new one for each read would be most of what a post leaves behind.
  const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  let request = NOTHING;
  let socket: Socket | undefined;
  let reader: AnswerReader | undefined;
  let exchange: Exchange | undefined;
  let timer: NodeJS.Timeout | undefined;

  const settle = (attempt: Attempt): void => {
    const settled = exchange;
    exchange = undefined;
    settled?.settle(attempt);
  };

  const drop = (): void => {
    socket?.destroy();
    socket = undefined;
    request = NOTHING; // It may still be on its way.
  };

  /** Head and body in one piece: two would cost a third more. In the last request's room, when that has gone out. */
  const pieceOf = (head: string, body: Buffer): Buffer => {
    const bytes = head.length + body.length;
    if (request.length !== bytes || socket?.writableLength !== 0) {
      request = Buffer.allocUnsafeSlow(bytes);
    }
    request.write(head, 'latin1');
    body.copy(request, head.length);
    return request;
  };

  /** An answer whose head has come counts, however it ends. */
  const giveUp = (otherwise: Attempt): void => {
    const answer = reader?.end();
    drop();
    settle(answer ? { status: answer.status } : otherwise);
  };

  const hear = (chunk: Buffer): void => {
    if (exchange === undefined) {
      drop(); // What comes unasked belongs to no request: this connection can't be trusted.
      return;
    }
    exchange.hasBegun = true;
    let answer: Answer | undefined;
    try {
      answer = reader?.take(chunk);
    } catch {
      drop();
      settle('broken');
      return;
    }
    if (answer === undefined) return;
    if (answer.isReusable) socket?.unref();
    else drop();
    settle({ status: answer.status });
  };

  const open = (): Socket => {
    const callback = (bytes: number): boolean => {
      if (opened === socket) hear(buffer.subarray(0, bytes));
      return true;
    };
    const opened = connect({ buffer, callback });
    reader = openAnswerReader();
    opened.setNoDelay();
    // Every error is followed by a close, which is where it is dealt with.
    opened.on('error', () => {});
    opened.on('close', () => {
      if (opened !== socket) return;
      const isStale = exchange?.isOnKept && !exchange.hasBegun;
      giveUp(isStale ? 'stale' : 'broken');
    });
    return opened;
  };

  return {
    send: (head, body) =>
      new Promise((resolve) => {
        const isOnKept = socket !== undefined;
        exchange = { isOnKept, hasBegun: false, settle: resolve };
        socket ??= open();
        socket.ref();
        // One timer for all requests of a line: it is only ever moved.
        timer ??= setTimeout(() => exchange && giveUp('late'), deadlineMs).unref();
        timer.refresh();
        socket.write(pieceOf(head, body));
      }),
    close() {
      clearTimeout(timer);
      giveUp('broken');
    },
  };
}
