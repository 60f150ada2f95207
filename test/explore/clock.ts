import { AsyncLocalStorage } from 'node:async_hooks';
import { clock } from '../../lambdas/platform/clock.ts';

const waiting = new AsyncLocalStorage<() => Promise<void>>();
const reallyPause = clock.pause;
clock.pause = (ms) => waiting.getStore()?.() ?? reallyPause(ms);

/** Runs it, and hands whatever it waits for to `wait` instead of to the time of day. */
export const letWait = <Result>(wait: () => Promise<void>, run: () => Promise<Result>) =>
  waiting.run(wait, run);
