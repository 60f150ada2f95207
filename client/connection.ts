import type {
  ClientMessage,
  Notification,
  Refused,
  Reply,
  ServerMessage,
} from '../contract/protocol.ts';
import type { WhyCode } from './state.ts';

/** Handlers end before 29 s, which is where API Gateway gives up on them. */
const ANSWER_WITHIN_MS = 30_000;
const TOKEN_MASK = '•••';

/** One frame, as it may be shown: the token is masked. */
export interface WireFrame {
  readonly direction: 'in' | 'out';
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly frame: unknown;
}

/** A request that was not answered as hoped. */
export class Unanswered extends Error {
  readonly code: WhyCode;
  /** The refusal, if that is what came. */
  readonly refused: Refused | undefined;
  constructor(code: WhyCode, reason: string, refused?: Refused) {
    super(reason);
    this.code = code;
    this.refused = refused;
  }
}

export type SocketClass = new (
  url: string,
) => Pick<WebSocket, 'send' | 'close' | 'addEventListener'>;

type Without<Message, Key extends PropertyKey> = Message extends unknown
  ? Omit<Message, Key>
  : never;
export type Request = Without<ClientMessage, 'id'>;
type ReplyTo = {
  authenticate: 'authenticated';
  subscribe: 'subscribed';
  unsubscribe: 'unsubscribed';
  readNotifications: 'notifications';
};

export interface Connection {
  /** Rejects with {@link Unanswered}. */
  request<Message extends Request>(
    message: Message,
  ): Promise<Extract<Reply, { type: ReplyTo[Message['action']] }>>;
  close(): void;
}

/** API Gateway's own error frames have no type. */
type Heard = ServerMessage | { type?: undefined; id?: undefined; message: string };

interface Listeners {
  opened(): void;
  notified(frame: Notification): void;
  /** A refusal that answers no request of ours, such as the one before the gateway closes the socket. */
  refused(frame: Refused): void;
  /** Once, however it ended, but not after `close()`. */
  lost(reason: string): void;
  wire(frame: WireFrame): void;
}

/** One WebSocket: requests are matched with their replies by `id`, notifications are passed on. */
export function openConnection(url: string, Socket: SocketClass, listeners: Listeners): Connection {
  const socket = new Socket(url);
  const waiting = new Map<string, (reply: Reply | Unanswered) => void>();
  let sent = 0;
  let over = false;

  function end(reason: string): void {
    over = true;
    for (const settle of [...waiting.values()]) settle(new Unanswered('socket-lost', reason));
  }

  function heard(text: string): void {
    let frame: Heard;
    try {
      frame = JSON.parse(text);
    } catch {
      return;
    }
    listeners.wire({ direction: 'in', at: Date.now(), frame });
    const settle = waiting.get(('id' in frame && frame.id) || '');
    if (frame.type === 'notification') listeners.notified(frame);
    else if (frame.type === undefined) failOldest(`The gateway says: ${frame.message}.`);
    else if (frame.type === 'pack')
      return; // Only for those who say that they take them.
    else if (settle) settle(frame);
    else if (frame.type === 'refused') listeners.refused(frame);
  }

  /** API Gateway's own error frames name no request. */
  function failOldest(reason: string): void {
    const [oldest] = waiting.values();
    oldest?.(new Unanswered('gateway-error', reason));
  }

  socket.addEventListener('open', () => listeners.opened());
  socket.addEventListener('message', (event) => heard(String(event.data)));
  socket.addEventListener('close', (event) => {
    if (over) return;
    const reason = event.reason || `The socket was closed (${event.code}).`;
    end(reason);
    listeners.lost(reason);
  });
  // Every error is followed by a close, which is where it is dealt with.
  socket.addEventListener('error', () => {});

  return {
    request: (message) =>
      new Promise((resolve, reject) => {
        if (over) return reject(new Unanswered('socket-lost', 'The socket is closed.'));
        const id = String(++sent);
        const timer = setTimeout(() => {
          waiting.get(id)?.(new Unanswered('no-answer', 'No answer came in time.'));
        }, ANSWER_WITHIN_MS);
        waiting.set(id, (reply) => {
          waiting.delete(id);
          clearTimeout(timer);
          if (reply instanceof Unanswered) reject(reply);
          else if (reply.type === 'refused')
            reject(new Unanswered(reply.code, reply.message, reply));
          else resolve(reply as Parameters<typeof resolve>[0]);
        });
        const frame = { ...message, id };
        socket.send(JSON.stringify(frame));
        listeners.wire({
          direction: 'out',
          at: Date.now(),
          frame: 'token' in frame ? { ...frame, token: TOKEN_MASK } : frame,
        });
      }),
    close() {
      if (over) return;
      end('The socket was closed here.');
      socket.close(1000);
    },
  };
}
