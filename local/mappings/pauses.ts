import type { Clock } from '../service.ts';

/** Waiting by the stage's clock, all of which ends when the stage stops. */
export interface Pauses {
  readonly isEnded: boolean;
  /** Resolves after that time, when `wake` is called, or when everything ends. */
  pause(ms: number): { readonly over: Promise<void>; wake(): void };
  end(): void;
}

export function createPauses(clock: Clock): Pauses {
  const pending = new Set<() => void>();
  let isEnded = false;
  return {
    get isEnded() {
      return isEnded;
    },
    pause: (ms) => {
      if (isEnded) return { over: Promise.resolve(), wake: () => {} };
      const { promise: over, resolve } = Promise.withResolvers<void>();
      const cancel =
        ms === Number.POSITIVE_INFINITY ? () => {} : clock.at(clock.now() + ms, () => wake());
      const wake = () => {
        pending.delete(wake);
        cancel();
        resolve();
      };
      pending.add(wake);
      return { over, wake };
    },
    end: () => {
      isEnded = true;
      for (const wake of pending) wake();
    },
  };
}
