/** What Switchboard's own functions hand each other through queues. */

import * as z from 'zod/mini';

/** `$connect` → reaper, delayed by the time a socket has to authenticate. */
export const reaperMessage = z.object({
  connectionId: z.string(),
  /** How often the gateway has answered 410 about it so far. */
  tries: z.number(),
});
export type ReaperMessage = z.infer<typeof reaperMessage>;

/** Sessions stream → session check, delayed by the grace time. */
export const sessionCheckMessage = z.object({
  tenant: z.string(),
  userId: z.string(),
  sessionId: z.string(),
});
export type SessionCheckMessage = z.infer<typeof sessionCheckMessage>;
