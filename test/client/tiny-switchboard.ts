import { randomUUID } from 'node:crypto';
import { type AddressInfo, type WebSocket, WebSocketServer } from 'ws';
import type {
  ClientMessage,
  Cursor,
  FilledMessage,
  Notification,
  OwnRange,
  Ping,
  Reference,
  ServerMessage,
} from '../../contract/protocol.ts';

type Logged = FilledMessage & { readonly origin?: string };

interface Log {
  epoch: string;
  messages: Logged[];
}

interface Session {
  readonly topics: Set<string>;
  readonly sockets: Map<string, WebSocket>;
}

interface Publishing {
  readonly origin?: string;
  /** It is committed, and no frame of it arrives anywhere. */
  readonly lose?: boolean;
  /** Sent and read instead of the payload. */
  readonly reference?: Reference;
}

/** Answers a message instead of the tiny Switchboard; true when it has. */
export type Interception = (message: ClientMessage, socket: WebSocket) => boolean;

/** Just enough of Switchboard's side of the protocol, in one process, to hold the client against. */
export async function startTinySwitchboard(pageSize = 100) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await new Promise((done) => server.once('listening', done));
  const sessions = new Map<string, Session>();
  const logs = new Map<string, Log>();
  const heard: ClientMessage[] = [];
  const pings: Ping[] = [];
  let intercept: Interception = () => false;
  let isDeaf = false;
  let packs: Map<WebSocket, Notification[]> | undefined;

  const send = (socket: WebSocket, frame: ServerMessage) => socket.send(JSON.stringify(frame));
  const position = (topic: string) => {
    const log = logs.get(topic);
    return { topic, epoch: log?.epoch ?? null, head: log?.messages.length ?? 0 };
  };

  function fillFrom(cursor: Cursor, sessionId: string) {
    const at = position(cursor.topic);
    const log = logs.get(cursor.topic);
    if (cursor.epoch !== null && cursor.epoch !== at.epoch) {
      return { ...at, recovered: false, reason: 'epoch-changed' } as const;
    }
    const page = log?.messages.slice(cursor.seq, cursor.seq + pageSize) ?? [];
    const next = cursor.seq + page.length;
    const messages: (FilledMessage | OwnRange)[] = page.map(({ origin, ...message }) =>
      origin === sessionId ? { own: true, from: message.seq, to: message.seq } : message,
    );
    return { ...at, recovered: true, messages, next, more: next < at.head } as const;
  }

  server.on('connection', (socket) => {
    const connectionId = randomUUID();
    let sessionId = '';
    socket.on('close', () => sessions.get(sessionId)?.sockets.delete(connectionId));
    socket.on('message', (text) => {
      const message = JSON.parse(String(text)) as ClientMessage | Ping;
      const id = message.id ?? '';
      if ('type' in message) {
        pings.push(message);
        if (isDeaf) return;
        const isBehind = ({ topic, epoch, seq }: Cursor) => {
          const now = position(topic);
          return now.epoch !== epoch || now.head > seq;
        };
        const behind = message.positions?.filter(isBehind).map(({ topic }) => position(topic));
        const timestamp = new Date().toISOString();
        return send(socket, { type: 'pong', id, timestamp, ...(behind && { behind }) });
      }
      heard.push(message);
      if (intercept(message, socket)) return;
      if (message.action === 'authenticate') {
        sessionId = message.sessionId;
        const session = sessions.has(sessionId) ? 'resumed' : 'new';
        const one = sessions.get(sessionId) ?? { topics: new Set(), sockets: new Map() };
        sessions.set(sessionId, one);
        one.sockets.get(message.replaces ?? '')?.close();
        one.sockets.set(connectionId, socket);
        const expiresAt = Math.floor(Date.now() / 1000) + 3600;
        const who = { connectionId, userId: message.token, tenant: 'default', sessionId };
        return send(socket, { type: 'authenticated', id, v: 1, ...who, session, expiresAt });
      }
      const own = sessions.get(sessionId);
      if (!own) return;
      if (message.action === 'subscribe') {
        for (const topic of message.topics) own.topics.add(topic);
        const missed = message.cursors?.map((cursor) => fillFrom(cursor, sessionId));
        const reply = { type: 'subscribed', id, topics: message.topics.map(position) } as const;
        send(socket, missed ? { ...reply, missed } : reply);
      } else if (message.action === 'unsubscribe') {
        for (const topic of message.topics) own.topics.delete(topic);
        send(socket, { type: 'unsubscribed', id, topics: message.topics });
      } else {
        const topics = message.cursors.map((cursor) => fillFrom(cursor, sessionId));
        send(socket, { type: 'notifications', id, topics });
      }
    });
  });

  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Every message of every client so far, but for the pings. */
    heard,
    pings,
    sessions,
    intercept(next: Interception) {
      intercept = next;
    },
    /** Pings are heard, and not answered any more. */
    deafen() {
      isDeaf = true;
    },
    /** What is published meanwhile arrives in one frame. */
    pack(publishing: () => void) {
      packs = new Map();
      publishing();
      for (const [socket, frames] of packs) send(socket, { type: 'pack', frames });
      packs = undefined;
    },
    publish(topic: string, payload: unknown, publishing: Publishing = {}) {
      const { origin = '', lose = false, reference } = publishing;
      const log = logs.get(topic) ?? { epoch: randomUUID(), messages: [] };
      logs.set(topic, log);
      const seq = log.messages.length + 1;
      const content = reference ? { reference } : { payload };
      const message = { seq, id: randomUUID(), at: new Date().toISOString(), ...content };
      log.messages.push(origin ? { ...message, origin } : message);
      for (const [sessionId, { topics, sockets }] of sessions) {
        if (lose || sessionId === origin || !topics.has(topic)) continue;
        let after = seq - 1;
        while (after > 0 && log.messages[after - 1]?.origin === sessionId) after -= 1;
        const run = after < seq - 1 ? { after } : {};
        const { epoch } = log;
        for (const socket of sockets.values()) {
          const frame = { type: 'notification', topic, epoch, ...run, ...message } as const;
          if (packs) packs.set(socket, [...(packs.get(socket) ?? []), frame]);
          else send(socket, frame);
        }
      }
    },
    /** As after a restore: what was numbered is gone, and cursors from before cannot be continued. */
    forget(topic: string) {
      logs.set(topic, { epoch: randomUUID(), messages: [] });
    },
    /** Cuts the TCP connections, without a close frame. */
    cut() {
      for (const socket of server.clients) socket.terminate();
    },
    endSession(sessionId: string) {
      sessions.delete(sessionId);
    },
    async stop() {
      this.cut();
      await new Promise((done) => server.close(done));
    },
  };
}
