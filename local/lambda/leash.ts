import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Ends the processes it holds when the stage ends, however that happens. */
export interface Leash {
  hold(pid: number): void;
  release(pid: number): void;
  /** Gone when it resolves. */
  end(): Promise<void>;
}

// A shell that lives as long as our end of its standard input. A frozen process, or one in an endless
// loop, would not notice by itself that the stage was killed.
const script = `
trap '' INT TERM HUP
held=' '
while read -r sign pid; do
  case $sign in
    +) held="$held$pid " ;;
    -) held="\${held%% $pid *} \${held#* $pid }" ;;
  esac
done
for pid in $held; do kill -KILL "$pid"; done
`;

/** One shell for all of them. */
export function startLeash(): Leash {
  const shell = spawn('sh', ['-c', script], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  // Whoever kills the shell has to look after the processes too.
  shell.stdin.on('error', () => {});
  const gone = once(shell, 'close');
  return {
    hold: (pid) => shell.stdin.write(`+ ${pid}\n`),
    release: (pid) => shell.stdin.write(`- ${pid}\n`),
    async end() {
      shell.stdin.end();
      await gone;
    },
  };
}
