/**
 * What Switchboard tells the event bus. Lifecycle events are derived from the player's row, never from
 * what a function happened to do: each transition is recorded exactly once, delivered at least once
 * with the same `eventId`, and `version` has no gaps [S0-09].
 */

import * as z from 'zod/mini';

/** An event on its way to the bus; also what waits in `parked-events` when the bus did not take it. */
export const busEvent = z.object({
  source: z.string(),
  /** The detail-type. */
  type: z.string(),
  /** JSON text. */
  detail: z.string(),
});
export type BusEvent = z.infer<typeof busEvent>;

export const LIFECYCLE_SOURCE = 'mtw.connections';

/** [S0-08] In the documents' own words. */
export const lifecycleTypes = [
  'Session Connect',
  'Session Disconnect',
  'Player Connect',
  'Player Disconnect',
] as const;
export type LifecycleType = (typeof lifecycleTypes)[number];

export const lifecycleDetail = z.object({
  /** The session that appeared or vanished. */
  sessionId: z.string(),
  /** The user: the token's `sub`. */
  player: z.string(),
  tenant: z.string(),
  /** The same at every delivery of this event, and of no other. */
  eventId: z.string(),
  /** Counts the player's transitions: 1, 2, 3 … Both events of one transition share it. */
  version: z.number(),
  /** ISO: when the transition was recorded. */
  at: z.string(),
});
export type LifecycleDetail = z.infer<typeof lifecycleDetail>;

export interface LifecycleEvent {
  readonly type: LifecycleType;
  readonly detail: LifecycleDetail;
}

/** What a consumer reads of a lifecycle event as the bus hands it on. */
export const lifecycleEnvelope = z.object({
  'detail-type': z.enum(lifecycleTypes),
  detail: lifecycleDetail,
});

/** [S1-12] The bridge from the notifications stream, for whoever is no browser. */
export const NOTIFICATION_SOURCE = 'mtw.notifications';
export const NOTIFICATION_TYPE = 'Notification';

export const notificationDetail = z.object({
  tenant: z.string(),
  topic: z.string(),
  /** The notification's id; the same on each of its topics. */
  id: z.string(),
  at: z.string(),
  topics: z.array(z.string()),
  /** Absent from a message that is too large for a frame: its row tells, and `bytes` how large it is. */
  payload: z.optional(z.unknown()),
  bytes: z.optional(z.number()),
});
export type NotificationDetail = z.infer<typeof notificationDetail>;

export const notificationEnvelope = z.object({ detail: notificationDetail });
