export interface Timers {
  later(ms: number, run: () => void): void;
  clear(): void;
}

/** Those that belong to one thing, and end with it. */
export function createTimers(): Timers {
  const timers = new Set<ReturnType<typeof setTimeout>>();
  return {
    later(ms, run) {
      timers.add(setTimeout(run, ms));
    },
    clear() {
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
    },
  };
}
