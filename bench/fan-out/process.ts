import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** What one invocation came to. */
export interface Invoked {
  readonly answer: unknown;
  readonly tookMs: number;
  /** When it ended, since its process began. */
  readonly atMs: number;
  readonly cpuMs: number;
  /** The most that the process ever had. */
  readonly memoryMb: number;
  /** What its heap holds when all garbage has been collected. */
  readonly heldMb: number;
}

export interface FunctionProcess {
  invoke(event: object): Promise<Invoked>;
  stop(): Promise<void>;
}

/** A bundle in a process of its own, one event at a time. */
export async function startFunction(
  file: string,
  environment: Readonly<Record<string, string>>,
): Promise<FunctionProcess> {
  const child = fork(join(import.meta.dirname, 'invoke.mjs'), [file], {
    env: environment,
    execArgv: ['--expose-gc'],
    // Its log is nobody's here.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  await answerOf(child);
  return {
    async invoke(event) {
      child.send(event);
      return (await answerOf(child)) as Invoked;
    },
    async stop() {
      child.kill();
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}

async function answerOf(child: ChildProcess): Promise<unknown> {
  const ending = new AbortController();
  const { signal } = ending;
  const ended = once(child, 'exit', { signal }).then(([code]) => {
    throw new Error(`A function's process ended with ${code} in the bench.`);
  });
  try {
    const [message] = await Promise.race([once(child, 'message', { signal }), ended]);
    return message;
  } finally {
    ended.catch(() => {});
    ending.abort();
  }
}
