/** Document s4's browser client, letter by letter [S4-09]. */
const source = `// Example WebSocket client connection
const ws = new WebSocket('wss://{api-id}.execute-api.{region}.amazonaws.com/prod');

ws.onopen = () => {
  console.log('Connected to WebSocket');
};

ws.onmessage = (event) => {
  const data = JSON.parse(event.data);
  console.log('Received event:', data);
  
  switch (data.type) {
    case 'workflow.started':
      // Handle workflow started
      break;
    case 'tournament.registered':
      // Handle tournament registered
      break;
    case 'players.assigned':
      // Handle players assigned
      break;
    case 'teams.locked':
      // Handle teams locked
      break;
  }
};

ws.onerror = (error) => {
  console.error('WebSocket error:', error);
};

ws.onclose = () => {
  console.log('WebSocket disconnected');
  // Implement reconnection logic
};
`;
const ping = `// Send ping to test connection
ws.send(JSON.stringify({ type: 'ping' }));
`;

/** The document's program with this address in the place of its placeholder; gives its socket. */
export const s4Program = (url: string): string =>
  `${source.replace('wss://{api-id}.execute-api.{region}.amazonaws.com/prod', url)}\nreturn ws;`;

export interface S4Client {
  /** What it logged as received, in order. */
  readonly received: readonly Readonly<Record<string, unknown>>[];
  ping(): void;
  close(): void;
}

/** Runs it; resolves once it has said that it is connected. */
export async function runS4Client(url: string): Promise<S4Client> {
  const received: Record<string, unknown>[] = [];
  const { promise: connected, resolve, reject } = Promise.withResolvers<void>();
  const logger = {
    log: (said: string, data?: Record<string, unknown>) => {
      if (data) received.push(data);
      if (said === 'Connected to WebSocket') resolve();
    },
    error: (said: string) => reject(new Error(said)),
  };
  const ws: WebSocket = new Function('console', s4Program(url))(logger);
  await connected;
  return {
    received,
    ping: () => void new Function('ws', ping)(ws),
    close: () => ws.close(),
  };
}
