import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { exitFailure, exitReason, type Failure, timeoutFailure } from './failures.ts';
import type { Leash } from './leash.ts';
import type { FunctionSettings } from './settings.ts';

/** One request to a function, as its runtime gets it. */
export interface Request {
  readonly requestId: string;
  readonly payload: string;
  /** So far is the stage's clock ahead of the machine's. */
  readonly aheadMs: number;
}

/** What a request came to: the handler's answer, or a failure of the handler or of its runtime. */
export type Outcome = { readonly payload: string } | Failure;

/** One process of a function: takes one request at a time. */
export interface Sandbox {
  /** False once it ended or is ending: it takes no further request. */
  isAlive(): boolean;
  run(request: Request): Promise<Outcome>;
  /** Resolves once the process is gone, however it went. */
  readonly gone: Promise<void>;
  /** Ended and gone when it resolves. Harmless when repeated. */
  end(): Promise<void>;
}

type Message =
  | readonly ['ready']
  | readonly ['answer', payload: string]
  | readonly ['error' | 'fatal', payload: string, errorType: string];

const runtime = fileURLToPath(new URL('runtime.mjs', import.meta.url));
/** Lambda gives the code outside the handler this long (D). */
const initLimitMs = 10_000;
/** What V8 may use of the memory; the rest is the process itself. */
const heapShare = 0.9;

/** Starts a process of its own for the function. Whatever it writes goes to `onOutput`. */
export function startSandbox(
  settings: FunctionSettings,
  environment: Record<string, string>,
  leash: Leash,
  onOutput: (chunk: string) => void,
): Sandbox {
  const child = fork(runtime, [], {
    cwd: settings.folder,
    env: environment,
    execArgv: [`--max-old-space-size=${Math.floor(settings.memoryMb * heapShare)}`],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // Ctrl-C is for the stage alone: it lets running requests see the end of it.
    detached: true,
  });
  child.stdout?.setEncoding('utf8').on('data', onOutput);
  child.stderr?.setEncoding('utf8').on('data', onOutput);

  const { pid } = child;
  if (pid !== undefined) leash.hold(pid);
  const gone = new Promise<void>((resolve) => {
    // A process that never came to be closes nothing.
    if (pid === undefined) return resolve();
    child.once('close', () => {
      leash.release(pid);
      resolve();
    });
  });
  let alive = true;
  let ready = false;
  let current: { request: Request; settle: (outcome: Outcome) => void } | undefined;
  // The limits of a real process are in real time: the stage's clock may be moved while it works.
  let limit: NodeJS.Timeout | undefined;

  const settle = (outcome: Outcome) => {
    clearTimeout(limit);
    const settled = current;
    current = undefined;
    settled?.settle(outcome);
  };
  const limitTo = (milliseconds: number, { requestId }: Request) => {
    clearTimeout(limit);
    limit = setTimeout(() => {
      kill();
      settle(timeoutFailure(requestId, milliseconds));
    }, milliseconds);
  };
  const kill = () => {
    alive = false;
    child.kill('SIGKILL');
  };
  const hand = (request: Request) => {
    limitTo(settings.timeoutMs, request);
    child.kill('SIGCONT');
    const { requestId, payload, aheadMs } = request;
    child.send([requestId, payload, settings.timeoutMs, settings.arn, aheadMs]);
  };

  child.on('message', (message) => {
    const [kind, payload, errorType] = message as Message;
    if (kind === 'ready') {
      ready = true;
      if (current) hand(current.request);
      return;
    }
    if (kind === 'fatal') alive = false;
    // Lambda freezes the process between requests: what a handler left undone stands still.
    else child.kill('SIGSTOP');
    settle(kind === 'answer' ? { payload } : { payload, errorType });
  });
  const onEnd = (reason: string) => {
    alive = false;
    if (current) settle(exitFailure(current.request.requestId, reason));
  };
  child.once('exit', (code, signal) => onEnd(exitReason(code, signal)));
  child.on('error', (error) => onEnd(`Runtime exited with error: ${error.message}`));

  return {
    gone,
    isAlive: () => alive,
    run: (request) =>
      new Promise((resolve) => {
        current = { request, settle: resolve };
        if (ready) hand(request);
        else limitTo(initLimitMs, request);
      }),
    end() {
      kill();
      return gone;
    },
  };
}
