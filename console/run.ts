import { spawn } from 'node:child_process';

interface Run {
  /** `node` is the one that runs this. */
  readonly command: readonly string[];
  readonly directory: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** Runs a command to its end. Gives the exit code and everything it said. */
export function run({ command, directory, environment, signal }: Run) {
  const [program = '', ...rest] = command;
  const child = spawn(program === 'node' ? process.execPath : program, rest, {
    cwd: directory,
    env: { ...process.env, ...environment },
    signal,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  const listen = (chunk: string) => {
    said += chunk;
  };
  child.stdout.setEncoding('utf8').on('data', listen);
  child.stderr.setEncoding('utf8').on('data', listen);
  return new Promise<{ readonly code: number; readonly said: string }>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? 1, said }));
  });
}
