import { AwsFault } from '../service.ts';
import type { Outcome, Request, Sandbox } from './sandbox.ts';

/** The processes of one function: as many as there are requests at once, up to a limit. */
export interface Pool {
  /** Waits for a free process beyond the limit; throws `TooManyRequestsException` when that is reserved. */
  run(request: Request): Promise<Outcome>;
  stop(): Promise<void>;
}

/** Enough for races to show, few enough for a laptop. AWS would go on to the account's limit. */
const processesAtMost = 10;
const idleMs = 60_000;

/** `reserved` is the function's reserved concurrency; `start` makes one more process. */
export function createPool(reserved: number | undefined, start: () => Sandbox): Pool {
  const limit = reserved ?? processesAtMost;
  const sandboxes = new Set<Sandbox>();
  const idle = new Map<Sandbox, NodeJS.Timeout>();
  const waiting: PromiseWithResolvers<Sandbox>[] = [];
  let stopped = false;

  function take(): Sandbox | undefined {
    // The latest one first, so that the others come of age.
    for (const [sandbox, timer] of [...idle].reverse()) {
      idle.delete(sandbox);
      clearTimeout(timer);
      if (sandbox.isAlive()) return sandbox;
      sandboxes.delete(sandbox);
    }
    if (sandboxes.size >= limit) return undefined;
    const sandbox = start();
    sandboxes.add(sandbox);
    return sandbox;
  }

  function giveBack(sandbox: Sandbox): void {
    if (!sandbox.isAlive()) {
      void retire(sandbox);
    } else {
      idle.set(sandbox, setTimeout(retireExtra, idleMs, sandbox));
    }
    if (stopped || waiting.length === 0) return;
    const next = take();
    if (next) waiting.shift()?.resolve(next);
  }

  /** One process stays warm. */
  function retireExtra(sandbox: Sandbox): void {
    if (sandboxes.size > 1) void retire(sandbox);
  }

  function retire(sandbox: Sandbox): Promise<void> {
    clearTimeout(idle.get(sandbox));
    idle.delete(sandbox);
    sandboxes.delete(sandbox);
    return sandbox.end();
  }

  function turn(): Promise<Sandbox> {
    if (reserved !== undefined) {
      throw new AwsFault('TooManyRequestsException', 'Rate Exceeded.', 429);
    }
    const place = Promise.withResolvers<Sandbox>();
    waiting.push(place);
    return place.promise;
  }

  return {
    async run(request) {
      if (stopped) throw stopping();
      const sandbox = take() ?? (await turn());
      try {
        return await sandbox.run(request);
      } finally {
        giveBack(sandbox);
      }
    },
    async stop() {
      stopped = true;
      for (const place of waiting.splice(0)) place.reject(stopping());
      await Promise.all([...sandboxes].map(retire));
    },
  };
}

function stopping(): AwsFault {
  return new AwsFault('ServiceException', 'The local stage is stopping.', 500);
}
