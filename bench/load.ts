import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/**
 * Loads the stage from a process of its own, so that the load's work is not the stage's: hands it its
 * orders and waits for its one answer. It is gone when this settles.
 */
export async function runLoad<Orders extends object, Answer>(
  file: string,
  orders: Orders,
  environment: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const child = fork(join(import.meta.dirname, file), { env: { ...process.env, ...environment } });
  try {
    child.send(orders);
    const ended = once(child, 'exit').then(([code]) => {
      throw new Error(`${file} ended with code ${code} before it had figures.`);
    });
    const [answer] = await Promise.race([once(child, 'message'), ended]);
    return answer as Answer;
  } finally {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill();
      await once(child, 'exit');
    }
  }
}

/** The other side of {@link runLoad}. */
export function answerLoad<Orders, Answer>(work: (orders: Orders) => Promise<Answer>): void {
  process.once('message', async (orders) => {
    process.send?.(await work(orders as Orders));
  });
}
