import type { BroadcastReport, BroadcastRequest } from '../../contract/broadcast.ts';
import {
  BROADCAST_LOOK_MS,
  BROADCAST_STEP,
  POSTS_AT_ONCE,
  SCAN_SEGMENTS,
} from '../../contract/limits.ts';
import type { BroadcastRow, ConnectionRow } from '../../contract/tables.ts';
import {
  advance,
  broadcastFrame,
  isHeld,
  isHopeless,
  isRecipient,
  isStillMeant,
  letGo,
  newBroadcast,
  type Progress,
  reportOf,
  take,
} from '../../rules/broadcast.ts';
import { clock } from '../platform/clock.ts';
import { log } from '../platform/log.ts';
import { measure } from '../platform/metrics.ts';
import { inParallel } from '../platform/parallel.ts';
import type { Reaches } from '../platform/reach.ts';
import { advanceBroadcast, beginBroadcast, getBroadcast } from '../stores/broadcasts.ts';
import { getConnection, scanConnectionsAfter } from '../stores/connections.ts';
import { type Pace, type Post, type PostToEachReach, postToEach } from './post-to-each.ts';

export type BroadcastReach = PostToEachReach &
  Reaches<{ broadcasts: 'get' | 'put'; connections: 'scan' }>;

/**
 * Posts an event to every connection of a tenant that was there when it began [S4-03]. A socket that is gone
 * leaves [S4-05], one that fails is left to the next try, and neither is felt by another. How far it got is
 * noted step by step, so that the same broadcast again goes only to those not yet reached. One try is at it at
 * a time, and another one waits for it; only where one dies between a post and its note, or stands still for
 * longer than it is waited for, can the connections of one step get the event twice.
 *
 * Refuses `too-large`; nothing is written then.
 */
export async function broadcast(
  reach: BroadcastReach,
  asked: BroadcastRequest & { readonly broadcastId: string },
  pace: Pace,
): Promise<BroadcastReport & { readonly isDone: boolean }> {
  const fresh = newBroadcast(asked, pace.now());
  const frameAt = (timestamp: string) => broadcastFrame({ ...asked, timestamp });
  // Refused before anything is written, if at all: a timestamp has one length.
  frameAt(fresh.timestamp);
  const { row: found, isMine } = await takeUp(reach, fresh, pace);
  const row = isMine ? await goOn(reach, found, frameAt(found.timestamp), pace) : found;
  const isDone = row.state === 'done';
  const report = reportOf(row);
  if (isMine) {
    measure({
      BroadcastDelivered: report.delivered - found.delivered,
      GonePosts: report.gone - found.gone,
      BroadcastFailed: report.failed,
    });
  }
  log(isDone ? 'broadcast.done' : 'broadcast.incomplete', { ...report, type: row.type });
  return { ...report, isDone };
}

/** Waits while another try is at it: for this one to be the next, for nothing to be left to do, or for its time. */
async function takeUp(
  reach: BroadcastReach,
  fresh: BroadcastRow,
  pace: Pace,
): Promise<{ readonly row: BroadcastRow; readonly isMine: boolean }> {
  let row: BroadcastRow | undefined;
  for (;;) {
    if (row === undefined && (await beginBroadcast(reach, fresh))) {
      return { row: fresh, isMine: true };
    }
    row = await getBroadcast(reach, fresh.broadcast);
    if (row === undefined) continue; // Its `ttl` took it at this very moment.
    if (row.state === 'done' || pace.now() >= pace.until) return { row, isMine: false };
    if (!isHeld(row, pace.now())) {
      const mine = take(row, pace.now());
      if (await advanceBroadcast(reach, row, mine)) return { row: mine, isMine: true };
    }
    await clock.pause(BROADCAST_LOOK_MS);
  }
}

async function goOn(
  reach: BroadcastReach,
  from: BroadcastRow,
  frame: string,
  pace: Pace,
): Promise<BroadcastRow> {
  const post = { frame, about: { broadcast: from.broadcastId } };
  let row = from;
  for (let isFirst = true; row.state !== 'done' && pace.now() < pace.until; isFirst = false) {
    const isAgain = isFirst && row.left !== undefined;
    if (!isAgain && (row.state === 'looked' || isHopeless(row))) break;
    const made = await (isAgain ? tryAgain : lookFurther)(reach, row, post, pace);
    const next = advance(row, made, pace.now());
    if (!(await advanceBroadcast(reach, row, next))) {
      // This one took so long that another one has taken it up: that one goes on.
      return (await getBroadcast(reach, row.broadcast)) ?? row;
    }
    row = next;
  }
  if (row.state !== 'done') await advanceBroadcast(reach, row, letGo(row));
  return row;
}

/** Those that were not reached before. Who has left meanwhile is not waited for. */
async function tryAgain(
  reach: BroadcastReach,
  { left = new Set(), tenant }: BroadcastRow,
  post: Post,
  pace: Pace,
): Promise<Progress> {
  const rows = await inParallel([...left], POSTS_AT_ONCE, (id) => getConnection(reach, id));
  const meant = rows.flatMap((row) => (row && isStillMeant(row, tenant, pace.now()) ? [row] : []));
  const made = await serve(reach, meant, post, pace);
  return { ...made, gone: made.gone + left.size - meant.length };
}

/** The next connections that are meant, as many as one note is good for. */
async function lookFurther(
  reach: BroadcastReach,
  { after: from, left = new Set(), tenant }: BroadcastRow,
  post: Post,
  pace: Pace,
): Promise<Progress> {
  for (let after = from; ; ) {
    const { rows, next } = await scanSegments(reach, after);
    const meant = rows.filter((row) => isRecipient(row, tenant, pace.now()));
    const isThrough = Object.keys(next).length === 0;
    if (meant.length > 0 || isThrough || pace.now() >= pace.until) {
      const made = await serve(reach, meant, post, pace);
      return { ...made, left: [...left, ...made.left], looked: { next } };
    }
    after = next;
  }
}

/** A step further in each segment of the table that is not through, side by side; without `after`, in all of them. */
async function scanSegments(reach: BroadcastReach, after: BroadcastRow['after']) {
  const every = Array.from({ length: SCAN_SEGMENTS }, (_, at) => `${at}`);
  const segments = after ? Object.keys(after) : every;
  const most = Math.ceil(BROADCAST_STEP / SCAN_SEGMENTS);
  const read = await Promise.all(
    segments.map(async (segment) => {
      const place = after?.[segment];
      return { segment, ...(await scanConnectionsAfter(reach, Number(segment), place, most)) };
    }),
  );
  return {
    rows: read.flatMap(({ rows }) => rows),
    next: Object.fromEntries(
      read.flatMap(({ segment, next }) => (next === undefined ? [] : [[segment, next]])),
    ) as Readonly<Record<string, string>>,
  };
}

async function serve(
  reach: BroadcastReach,
  rows: readonly ConnectionRow[],
  post: Post,
  pace: Pace,
): Promise<Progress> {
  const ids = rows.map(({ connectionId }) => connectionId);
  const { failed: left, ...counts } = await postToEach(reach, ids, post, pace);
  return { ...counts, left };
}
