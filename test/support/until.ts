import { setTimeout as pause } from 'node:timers/promises';

/** Waits for a fact: asks until it is there, and gives it. */
export async function until<Fact>(
  look: () => Promise<Fact | undefined> | Fact | undefined,
  what: string,
  withinMs = 15_000,
): Promise<Fact> {
  const end = Date.now() + withinMs;
  for (;;) {
    const fact = await look();
    if (fact !== undefined) return fact;
    if (Date.now() > end) throw new Error(`It never came: ${what}.`);
    await pause(20);
  }
}
