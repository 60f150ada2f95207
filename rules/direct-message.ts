import { hash } from 'node:crypto';
import type { DirectMessageReport, DirectMessageRequest } from '../contract/direct-message.ts';
import {
  DIRECT_MESSAGE_CLAIM_SECONDS,
  DIRECT_MESSAGE_KEPT_SECONDS,
  FRAME_BYTES,
} from '../contract/limits.ts';
import { Refusal } from '../contract/refusals.ts';
import type { DirectMessageRow } from '../contract/tables.ts';
import { isoTime, seconds } from './connection.ts';
import { splice } from './frames.ts';
import type { Identity } from './identity.ts';

type Sender = Pick<Identity, 'tenant' | 'userId'>;

/**
 * The id that a message has under a key of its sender's: nobody else's is the same, and whoever gets it can not
 * tell the key.
 */
export const idUnder = ({ tenant, userId }: Sender, key: string): string =>
  hash('sha256', JSON.stringify([tenant, userId, key]), 'base64url');

/** A message that whoever writes this row first is about to send. */
export const newDirectMessage = (
  id: string,
  { tenant, userId }: Sender,
  { to, message }: DirectMessageRequest,
  now: number,
): DirectMessageRow => ({
  message: id,
  tenant,
  userId,
  request: hash('sha256', JSON.stringify([to, message])),
  at: isoTime(now),
  claimedUntil: seconds(now) + DIRECT_MESSAGE_CLAIM_SECONDS,
  delivered: 0,
  gone: 0,
  failed: 0,
  version: 1,
  ttl: seconds(now) + DIRECT_MESSAGE_KEPT_SECONDS,
});

/** What each recipient gets. Refuses `malformed` where there is no message, and `too-large`. */
export function directMessageFrame(
  { message: id, at }: Pick<DirectMessageRow, 'message' | 'at'>,
  message: unknown,
): string {
  const payload: string | undefined = JSON.stringify(message);
  if (payload === undefined) throw new Refusal('malformed', 'Look at "message".');
  const frame = splice({ type: 'message', id, at }, { payload });
  const bytes = Buffer.byteLength(frame);
  if (bytes > FRAME_BYTES) {
    throw new Refusal('too-large', `The frame would have ${bytes} bytes of ${FRAME_BYTES}.`);
  }
  return frame;
}

/**
 * How what stands under a key compares with a message that is to be sent under it. `other`: it was another one.
 * `told`: whoever sent it has done their part, or others are at it. `claimed`: somebody is sending it at this moment.
 * `free`: whoever claimed it is no longer there, or it is past its time.
 */
export function standingOf(
  row: DirectMessageRow,
  fresh: DirectMessageRow,
  now: number,
): 'other' | 'told' | 'claimed' | 'free' {
  if (row.ttl <= seconds(now)) return 'free';
  if (row.request !== fresh.request) return 'other';
  if (row.claimedUntil === undefined || isDone(row)) return 'told';
  return claimSecondsLeft(row, now) > 0 ? 'claimed' : 'free';
}

export const claimSecondsLeft = ({ claimedUntil = 0 }: DirectMessageRow, now: number): number =>
  claimedUntil - seconds(now);

/** Taken over from whoever died over it: from the beginning. A row past its time is no message any more. */
export const takenOver = (
  row: DirectMessageRow,
  fresh: DirectMessageRow,
  now: number,
): DirectMessageRow => ({
  ...fresh,
  at: row.ttl > seconds(now) ? row.at : fresh.at,
  version: row.version + 1,
});

export interface Counts {
  readonly delivered: number;
  readonly gone: number;
  readonly failed: number;
}

/** Everybody was posted to, or tried. */
export function settled(
  { claimedUntil: _, ...row }: DirectMessageRow,
  recipients: number,
  counts: Counts,
): DirectMessageRow {
  return { ...row, ...counts, recipients, version: row.version + 1 };
}

/** Handed on in so many pages. Their names are this try's own: the pages of one before it no longer count. */
export function handedOn(
  row: DirectMessageRow,
  recipients: number,
  pages: number,
): DirectMessageRow & { readonly waiting: ReadonlySet<string> } {
  const version = row.version + 1;
  const waiting = new Set(Array.from({ length: pages }, (_, at) => `${version}-${at + 1}`));
  return { ...row, recipients, waiting, version };
}

/** Its recipients are known, and each has been counted. */
const isDone = ({ recipients, waiting }: DirectMessageRow): boolean =>
  recipients !== undefined && waiting === undefined;

export const reportOf = (row: DirectMessageRow): DirectMessageReport => ({
  id: row.message,
  state: isDone(row) ? 'done' : 'sending',
  recipients: row.recipients ?? 0,
  delivered: row.delivered,
  gone: row.gone,
  failed: row.failed,
});
