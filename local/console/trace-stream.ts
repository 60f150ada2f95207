import type { ServerResponse } from 'node:http';
import { GUARDED, UNCACHED } from '../../console/answer.ts';
import type { Trace, TraceEvent } from '../service.ts';

/** A page that reads slower than this is let go; it comes back by itself and asks for what it missed. */
const UNREAD_BYTES = 4 * 1024 * 1024;

/**
 * Server-Sent Events: what the trace still has of what ended at `since` (ms since the epoch) or later,
 * then each event as it comes. The id of each is the time when it ended: a browser that comes back goes
 * on from there, and may see the last ones twice rather than miss one.
 */
export function followTrace(trace: Trace, response: ServerResponse, since: number): void {
  response.writeHead(200, { ...GUARDED, ...UNCACHED, 'content-type': 'text/event-stream' });
  const send = (event: TraceEvent) => {
    response.write(`id: ${endOf(event)}\ndata: ${JSON.stringify(event)}\n\n`);
    if (response.writableLength > UNREAD_BYTES) response.destroy();
  };
  response.write(': the trace of the stage\n\n');
  for (const event of trace.recent()) {
    if (endOf(event) >= since) send(event);
  }
  response.on('close', trace.follow(send));
}

function endOf({ at, durationMs = 0 }: TraceEvent): number {
  return at + durationMs;
}
