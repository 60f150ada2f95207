import type { Trace, TraceEvent } from './service.ts';

/** How many events the stage remembers: a few minutes of busy play. */
const WINDOW = 2_000;

/** Keeps the latest {@link WINDOW} events and tells its followers of each new one. */
export function createTrace(): Trace {
  const ring: TraceEvent[] = [];
  let oldest = 0;
  const listeners = new Set<(event: TraceEvent) => void>();

  return {
    record: (event) => {
      if (ring.length < WINDOW) {
        ring.push(event);
      } else {
        ring[oldest] = event;
        oldest = (oldest + 1) % WINDOW;
      }
      for (const listener of listeners) listener(event);
    },
    follow: (listener) => {
      // A wrapper, so that the same function may follow twice.
      const follower = (event: TraceEvent) => listener(event);
      listeners.add(follower);
      return () => listeners.delete(follower);
    },
    recent: () => [...ring.slice(oldest), ...ring.slice(0, oldest)],
  };
}
