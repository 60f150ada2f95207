import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** A process that has given its answer and goes on until it is stopped. */
export interface Started<Answer> {
  readonly answer: Answer;
  stop(): Promise<void>;
}

/** Starts a file in a process of its own, hands it its orders and waits for its one answer. */
export async function startLoad<Orders extends object, Answer>(
  file: string,
  orders: Orders,
  environment: Readonly<Record<string, string>> = {},
): Promise<Started<Answer>> {
  const child = fork(join(import.meta.dirname, file), { env: { ...process.env, ...environment } });
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill();
    await once(child, 'exit');
  };
  try {
    child.send(orders);
    const ended = once(child, 'exit').then(([code]) => {
      throw new Error(`${file} ended with code ${code} before it had figures.`);
    });
    const [answer] = await Promise.race([once(child, 'message'), ended]);
    ended.catch(() => {}); // From now on its end is ours.
    return { answer: answer as Answer, stop };
  } catch (fault) {
    await stop();
    throw fault;
  }
}

/** The same for what is over with its answer: its work is not the measured process's. */
export async function runLoad<Orders extends object, Answer>(
  file: string,
  orders: Orders,
  environment: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const { answer, stop } = await startLoad<Orders, Answer>(file, orders, environment);
  await stop();
  return answer;
}

/** The other side of {@link startLoad}. */
export function answerLoad<Orders, Answer>(work: (orders: Orders) => Promise<Answer>): void {
  process.once('message', async (orders) => {
    process.send?.(await work(orders as Orders));
  });
}
