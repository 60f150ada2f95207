import { vi } from 'vitest';

/** Waits until a check holds. Vitest's own second is too short where several suites share two cores. */
export const eventually = <Result>(check: () => Result | Promise<Result>): Promise<Result> =>
  vi.waitFor(check, { timeout: 15_000 });
