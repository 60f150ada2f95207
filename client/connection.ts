import type {
  ClientMessage,
  DirectMessage,
  NoticeFrame,
  Notification,
  Ping,
  Refused,
  Reply,
  ServerMessage,
} from '../contract/protocol.ts';
import type { WhyCode } from './state.ts';

/**
 * Handlers end before 29 s, which is where API Gateway gives up on them. A socket has as long to open: where
 * a network swallows packets, browsers try for minutes.
 */
const ANSWER_WITHIN_MS = 30_000;
/** API Gateway closes a socket on which nothing moved for 10 minutes, and each message is billed. */
const QUIET_MS = 480_000;
const CLOSED = 'The socket is closed.';
const TOKEN_MASK = '***';

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
  constructor(code: WhyCode, reason: string) {
    super(reason);
    this.code = code;
  }
}

export type SocketClass = new (
  url: string,
) => Pick<WebSocket, 'send' | 'close' | 'addEventListener'>;

type Without<Message, Key extends PropertyKey> = Message extends unknown
  ? Omit<Message, Key>
  : never;
export type Request = Without<ClientMessage | Ping, 'id'>;
type ReplyTo = {
  authenticate: 'authenticated';
  subscribe: 'subscribed';
  unsubscribe: 'unsubscribed';
  readNotifications: 'notifications';
};
type ReplyOf<Message extends Request> = Extract<
  Reply,
  {
    type: Message extends { action: infer Action extends keyof ReplyTo } ? ReplyTo[Action] : 'pong';
  }
>;

export interface Connection {
  /** Rejects with {@link Unanswered}. */
  readonly opened: Promise<unknown>;
  /** Rejects with {@link Unanswered}. */
  request<Message extends Request>(message: Message): Promise<ReplyOf<Message>>;
  close(): void;
}

/** API Gateway's own error frames have no type. */
type Heard = ServerMessage | { type?: undefined; message: string };

/** What answers no request of ours, such as the refusal before the gateway closes the socket. */
type Unasked = DirectMessage | NoticeFrame | Refused;

interface Listeners {
  notified(frame: Notification): void;
  told(frame: Unasked): void;
  /** Once, however it ended, but not after `close()`. */
  lost(reason: string): void;
  /** Nothing has moved for so long that the gateway is about to close the socket. */
  quiet(): void;
  wire(frame: WireFrame): void;
}

/** One WebSocket: requests are matched with their replies by `id`, notifications are passed on. */
export function openConnection(url: string, Socket: SocketClass, listeners: Listeners): Connection {
  const socket = new Socket(url);
  const waiting = new Map<string, (outcome: unknown) => void>();
  let quiet: ReturnType<typeof setTimeout> | undefined;
  let sent = 0;
  let over = false;

  const answered = (id: string): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.get(id)?.(new Unanswered('no-answer', 'No answer came in time.'));
      }, ANSWER_WITHIN_MS);
      waiting.set(id, (outcome) => {
        waiting.delete(id);
        clearTimeout(timer);
        if (outcome instanceof Unanswered) reject(outcome);
        else resolve(outcome);
      });
    });

  function moved(direction: WireFrame['direction'], frame: unknown): void {
    clearTimeout(quiet);
    quiet = setTimeout(listeners.quiet, QUIET_MS);
    listeners.wire({ direction, at: Date.now(), frame });
  }

  function end(reason: string): void {
    over = true;
    clearTimeout(quiet);
    for (const settle of [...waiting.values()]) settle(new Unanswered('socket-lost', reason));
  }

  function heard(text: string): void {
    let frame: Heard;
    try {
      frame = JSON.parse(text);
    } catch {
      return;
    }
    if (over) return;
    moved('in', frame);
    take(frame);
  }

  function take(frame: Heard): void {
    const settle = waiting.get((frame as { id: string }).id);
    if (frame.type === 'pack') frame.frames.forEach(take);
    else if (frame.type === 'notification') listeners.notified(frame);
    else if (frame.type === undefined) failOldest(`The gateway says: ${frame.message}.`);
    else if (!settle) listeners.told(frame as Unasked);
    else settle(frame.type === 'refused' ? new Unanswered(frame.code, frame.message) : frame);
  }

  /** API Gateway's own error frames name no request. */
  function failOldest(reason: string): void {
    const [oldest] = waiting.values();
    oldest?.(new Unanswered('gateway-error', reason));
  }

  const opened = answered('open');
  socket.addEventListener('open', () => waiting.get('open')?.(undefined));
  socket.addEventListener('message', (event) => heard(String(event.data)));
  socket.addEventListener('close', (event) => {
    if (over) return;
    const reason = event.reason || `${CLOSED} (${event.code})`;
    end(reason);
    listeners.lost(reason);
  });
  // Every error is followed by a close, which is where it is dealt with.
  socket.addEventListener('error', () => {});

  return {
    opened,
    async request(message) {
      if (over) throw new Unanswered('socket-lost', CLOSED);
      const id = String(++sent);
      const frame = { ...message, id };
      const answer = answered(id);
      socket.send(JSON.stringify(frame));
      moved('out', 'token' in frame ? { ...frame, token: TOKEN_MASK } : frame);
      return answer as Promise<ReplyOf<typeof message>>;
    },
    close() {
      if (over) return;
      end(CLOSED);
      socket.close(1000);
    },
  };
}
