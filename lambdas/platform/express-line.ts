import type { ExpressMessage } from '../../contract/internal.ts';
import { settings } from './environment.ts';
import { logDefect } from './log.ts';

/** Where a publisher hands new messages on, so that they need not wait for their stream. */
export interface ExpressLine {
  /** Never fails: the stream has the message in any case. */
  send(message: ExpressMessage): Promise<void>;
}

/** The line that the operator has opened, if so. The SDK's client is loaded when it is first needed. */
export function openExpressLine(): ExpressLine | undefined {
  if (settings.EXPRESS() === 'off') return undefined;
  const load = async () => (await import('./queues.ts')).openQueue<'express'>();
  let loading: ReturnType<typeof load> | undefined;
  return {
    async send(message) {
      try {
        loading ??= load();
        await (await loading).send('express', message);
      } catch (fault) {
        logDefect('express.missed', fault, { id: message.id });
      }
    },
  };
}
