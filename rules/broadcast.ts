import { hash } from 'node:crypto';
import {
  type BroadcastEvent,
  type BroadcastReport,
  type BroadcastRequest,
  EVERY_TENANT,
} from '../contract/broadcast.ts';
import {
  BROADCAST_HELD_SECONDS,
  BROADCAST_KEPT_SECONDS,
  BROADCAST_LEFT_MOST,
  FRAME_BYTES,
} from '../contract/limits.ts';
import { DEFAULT_TENANT } from '../contract/names.ts';
import { Refusal } from '../contract/refusals.ts';
import type { BroadcastRow, ConnectionRow } from '../contract/tables.ts';
import { isoTime, lastsUntil, seconds, tenantOf } from './connection.ts';

/** A broadcast that nobody has been reached by, in the hands of the try that begins it. */
export function newBroadcast(
  { tenant = DEFAULT_TENANT, broadcastId, ...event }: BroadcastRequest & { broadcastId: string },
  now: number,
): BroadcastRow {
  return {
    broadcast: hash('sha256', canonical([tenant, broadcastId, event])),
    broadcastId,
    tenant,
    type: event.type,
    timestamp: event.timestamp ?? isoTime(now),
    state: 'begun',
    delivered: 0,
    gone: 0,
    version: 1,
    heldUntil: seconds(now) + BROADCAST_HELD_SECONDS,
    ttl: seconds(now) + BROADCAST_KEPT_SECONDS,
  };
}

/** The same text for the same value, in whatever order its parts came: workflows keep none. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1)))
      : part,
  );

/** [S4-04] What a client gets. Refuses `too-large`. */
export function broadcastFrame({ type, tournamentId, data, timestamp }: BroadcastEvent): string {
  const frame = JSON.stringify({ type, tournamentId, data, timestamp });
  const bytes = Buffer.byteLength(frame);
  if (bytes > FRAME_BYTES) {
    throw new Refusal('too-large', `The frame would have ${bytes} bytes of ${FRAME_BYTES}.`);
  }
  return frame;
}

/**
 * Is this connection meant? Those of the tenant that are `CONNECTED`, neither expired themselves nor past
 * their token [S4-03] [S4-12]. A connection without a user, through the door `none`, is of the default tenant.
 */
export const isRecipient = (row: ConnectionRow, tenant: string, now: number): boolean =>
  row.status === 'CONNECTED' && isStillMeant(row, tenant, now);

/** Is one meant again that was not reached? It is stale then, and may be connected all the same. */
export function isStillMeant(row: ConnectionRow, tenant: string, now: number): boolean {
  const isOfTenant = tenant === EVERY_TENANT || tenantOf(row) === tenant;
  const isThere = row.status === 'CONNECTED' || row.status === 'STALE';
  return isThere && isOfTenant && lastsUntil(row) > seconds(now);
}

/** What came of some connections, and how far that got. */
export interface Progress {
  readonly delivered: number;
  readonly gone: number;
  /** Ids of those that were not reached. */
  readonly left: readonly string[];
  /** Connections were looked at up to these, by segment; in those that are not named up to the end. Absent where no more were. */
  readonly looked?: { readonly next: Readonly<Record<string, string>> };
}

/** Is another try at it? One that has not noted anything for so long has died, or is too slow. */
export const isHeld = ({ heldUntil }: BroadcastRow, now: number): boolean =>
  heldUntil !== undefined && heldUntil > seconds(now);

/** The row in the hands of the next try. */
export const take = (row: BroadcastRow, now: number): BroadcastRow => ({
  ...row,
  version: row.version + 1,
  heldUntil: seconds(now) + BROADCAST_HELD_SECONDS,
});

/** The row that a try lets go of before it was done. */
export function letGo({ heldUntil: _, ...row }: BroadcastRow): BroadcastRow {
  return { ...row, version: row.version + 1 };
}

/** The broadcast's row after that. */
export function advance(row: BroadcastRow, made: Progress, now: number): BroadcastRow {
  const { after: before, left: _, heldUntil: __, ...kept } = row;
  const after = made.looked ? made.looked.next : before;
  const isToLook = after !== undefined && Object.keys(after).length > 0;
  const isLookedThrough = row.state === 'looked' || (made.looked !== undefined && !isToLook);
  const isLeft = made.left.length > 0;
  const state = !isLookedThrough ? 'begun' : isLeft ? 'looked' : 'done';
  return {
    ...kept,
    state,
    ...(state !== 'done' && { heldUntil: seconds(now) + BROADCAST_HELD_SECONDS }),
    ...(isToLook && { after }),
    ...(isLeft && { left: new Set(made.left) }),
    delivered: row.delivered + made.delivered,
    gone: row.gone + made.gone,
    version: row.version + 1,
    ttl: seconds(now) + BROADCAST_KEPT_SECONDS,
  };
}

/** So many failures are no accident of single sockets: looking further would only find more. */
export const isHopeless = ({ left }: BroadcastRow): boolean =>
  left !== undefined && left.size > BROADCAST_LEFT_MOST;

export const reportOf = ({
  broadcastId,
  delivered,
  gone,
  left,
}: BroadcastRow): BroadcastReport => ({
  broadcastId,
  delivered,
  gone,
  failed: left?.size ?? 0,
});
