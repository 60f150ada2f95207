import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { createRequire } from 'node:module';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';

export interface EngineAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** The DynamoDB engine: a child of this one, with its own port and SQLite file. */
export interface Engine {
  /** Sends a request body as it is and gives the answer as it came. Rejects when the engine is gone. */
  send(target: string, body: Buffer | string): Promise<EngineAnswer>;
  /** A call of the stage's own. Rejects with the engine's error; its `name` is AWS's. */
  call(action: string, input: object): Promise<Record<string, unknown>>;
  stop(): Promise<void>;
}

interface EngineProps {
  readonly port: number;
  readonly file: string;
  /** Told, with a sentence, when the engine ends without having been stopped. */
  readonly onEnd: (sentence: string) => void;
}

const HOST = '127.0.0.1';
const ENGINE_PACKAGE = '@dynoxide/linux-x64';
export const API = 'DynamoDB_20120810';

// The engine has no option to die with its parent. This shell starts it and reads from us: when we end,
// however suddenly, the pipe closes, `read` returns, and the engine is told to stop.
const GUARD = `exec 3<&0
"$@" 3<&- &
engine=$!
{ read -r _ <&3; kill -TERM "$engine"; } &
exec 3<&-
wait "$engine"`;

// The engine wants to see a signature; the gate has checked the real one.
const SIGNED = {
  'content-type': 'application/x-amz-json-1.0',
  'x-amz-date': '20260101T000000Z',
  authorization:
    'AWS4-HMAC-SHA256 Credential=stage/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0',
};

// After a kill -9 of the stage, its engine is still leaving while the next stage starts.
const PORT_TRIES = 20;
const PORT_PAUSE_MS = 100;

/** Starts the engine on its file. Throws a sentence with the cure when it cannot be had. */
export async function startEngine({ port, file, onEnd }: EngineProps): Promise<Engine> {
  const guard = await startGuarded(findEngine(), port, file);
  const agent = new Agent({ keepAlive: true, scheduling: 'lifo' });
  let stopping = false;
  const ended = new Promise<void>((resolve) => {
    guard.once('close', (code) => {
      resolve();
      if (!stopping) onEnd(`The DynamoDB engine ended by itself (code ${code}): start again.`);
    });
  });

  const send: Engine['send'] = (target, body) =>
    new Promise((resolve, reject) => {
      const outgoing = request(
        {
          agent,
          host: HOST,
          port,
          method: 'POST',
          path: '/',
          headers: {
            ...SIGNED,
            'x-amz-target': target,
            'content-length': Buffer.byteLength(body),
          },
        },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
          incoming.on('error', reject);
          incoming.on('end', () => {
            const { statusCode: status = 0, headers } = incoming;
            resolve({ status, headers, body: Buffer.concat(chunks) });
          });
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });

  return {
    send,
    call: async (action, input) => {
      const { status, body } = await send(`${API}.${action}`, JSON.stringify(input));
      const output = JSON.parse(body.toString()) as Record<string, unknown>;
      if (status === 200) return output;
      const error = new Error(`${action}: ${output.message ?? output.Message}`);
      error.name = String(output.__type).replace(/^.*#/, '');
      throw error;
    },
    stop: async () => {
      stopping = true;
      guard.stdin.end();
      await ended;
      agent.destroy();
    },
  };
}

function findEngine(): string {
  try {
    return createRequire(import.meta.url).resolve(`${ENGINE_PACKAGE}/dynoxide`);
  } catch {
    throw new Error(
      process.platform === 'linux' && process.arch === 'x64'
        ? `The DynamoDB engine (${ENGINE_PACKAGE}) is missing: run \`npm ci\` without --omit=optional.`
        : `The DynamoDB engine ships for Linux on x64 only and this is ${process.platform} on ${process.arch}: start the stage in a Linux x64 container or virtual machine.`,
    );
  }
}

type Guard = ChildProcessByStdio<Writable, Readable, Readable>;

async function startGuarded(engine: string, port: number, file: string): Promise<Guard> {
  for (let tries = 1; ; tries += 1) {
    const options = ['serve', '--host', HOST, '--port', String(port), '--db-path', file];
    const guard = spawn('sh', ['-c', GUARD, 'engine-guard', engine, ...options], {
      stdio: ['pipe', 'pipe', 'pipe'],
      // Out of the terminal's process group: Ctrl-C reaches us alone, and we stop the engine last.
      detached: true,
    });
    // Writing to an engine that has gone is told by `close`; without a listener it would throw here.
    guard.stdin.on('error', () => {});
    const complaint = await firstComplaint(guard);
    if (complaint === undefined) return guard;
    const isTaken = complaint.includes('already in use');
    if (isTaken && tries < PORT_TRIES) {
      await pause(PORT_PAUSE_MS);
      continue;
    }
    throw new Error(
      isTaken
        ? `Port ${port}, where the DynamoDB engine listens, is taken: stop what uses it, or choose another --port.`
        : `The DynamoDB engine does not start on ${file}: ${complaint}`,
    );
  }
}

/** Undefined once the engine listens; else what it said before it ended. */
function firstComplaint(guard: Guard): Promise<string | undefined> {
  return new Promise((resolve) => {
    let said = '';
    const hear = (chunk: Buffer) => {
      said = `${said}${chunk}`.slice(-2_000);
      if (said.includes('listening on')) resolve(undefined);
    };
    guard.stdout.on('data', hear);
    guard.stderr.on('data', hear);
    guard.once('error', (error) => resolve(error.message));
    guard.once('close', (code) => {
      guard.stdin.destroy();
      resolve(said.trim() || `it ended with code ${code}`);
    });
  });
}
