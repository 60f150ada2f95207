import { randomUUID } from 'node:crypto';
import {
  DIRECT_MESSAGES_SCOPE,
  type DirectMessageReport,
  type DirectMessageRequest,
} from '../../contract/direct-message.ts';
import { PAGES_SENT_AT_ONCE } from '../../contract/limits.ts';
import type { DirectMessageRow } from '../../contract/tables.ts';
import { demandCriteria } from '../../rules/criteria.ts';
import {
  directMessageFrame,
  handedOn,
  idUnder,
  newDirectMessage,
  reportOf,
  settled,
} from '../../rules/direct-message.ts';
import { demandScope, type Identity } from '../../rules/identity.ts';
import { log } from '../platform/log.ts';
import { inParallel, inPieces } from '../platform/parallel.ts';
import type { Queues } from '../platform/queues.ts';
import type { Reaches } from '../platform/reach.ts';
import { advanceMessage, leaveToPages } from '../stores/direct-messages.ts';
import { claimMessage, stillSending } from './claim-message.ts';
import { type FindRecipientsReach, findRecipients, type Recipient } from './find-recipients.ts';
import { postMessage } from './post-message.ts';
import type { Pace, PostToEachReach } from './post-to-each.ts';

export type SendMessageReach = PostToEachReach &
  FindRecipientsReach &
  Reaches<{ messages: 'get' | 'put' | 'update' }> & {
    readonly queues: Queues<'message-pages'>;
    readonly recipientsPerPage: number;
  };

export interface SendMessageCall {
  readonly identity: Identity;
  readonly request: DirectMessageRequest;
  /** The sender's own name for this message: sending it again under the same one does nothing more. */
  readonly idempotencyKey?: string;
  readonly now: number;
}

/**
 * Posts a message to every connection that its criteria mean [S3-02]: to a page of them from here, to more by
 * functions beside it, page by page. At least once: where a function dies over it, the same call under the same key
 * takes it over, and some can get it twice, under one id.
 *
 * Refuses `scope-needed`, `tenant-not-allowed`, `topic-invalid`, `topic-not-allowed`, `malformed`, `too-large`,
 * `id-taken` and `still-sending`.
 */
export async function sendMessage(
  reach: SendMessageReach,
  { identity, request, idempotencyKey: key, now }: SendMessageCall,
  pace: Pace,
): Promise<DirectMessageReport> {
  demandScope(identity, DIRECT_MESSAGES_SCOPE);
  demandCriteria(reach.topics, identity, request.to);
  const id = key === undefined ? randomUUID() : idUnder(identity, key);
  const fresh = newDirectMessage(id, identity, request, now);
  const frame = directMessageFrame(fresh, request.message);
  const { row, isMine } = await claimMessage(reach, fresh, now);
  if (!isMine) return reportOf(row);

  const recipients = await findRecipients(reach, identity.tenant, request.to, now);
  const sending = {
    row,
    recipients,
    frame: row.at === fresh.at ? frame : directMessageFrame(row, request.message),
  };
  const isPage = recipients.length <= reach.recipientsPerPage;
  const report = reportOf(await (isPage ? postAll(reach, sending, pace) : handOn(reach, sending)));
  log('message.sent', { ...report });
  return report;
}

interface Sending {
  readonly row: DirectMessageRow;
  readonly recipients: readonly Recipient[];
  readonly frame: string;
}

async function postAll(
  reach: SendMessageReach,
  { row, recipients, frame }: Sending,
  pace: Pace,
): Promise<DirectMessageRow> {
  const ids = recipients.map(({ connectionId }) => connectionId);
  const posted = await postMessage(reach, ids, { id: row.message, frame }, pace);
  const done = settled(row, ids.length, posted);
  if (!(await advanceMessage(reach, row, done))) throw stillSending();
  return done;
}

/** The row first: a page is counted only where it is awaited. */
async function handOn(
  reach: SendMessageReach,
  { row, recipients, frame }: Sending,
): Promise<DirectMessageRow> {
  const pieces = inPieces(recipients, reach.recipientsPerPage);
  const handed = handedOn(row, recipients.length, pieces.length);
  if (!(await advanceMessage(reach, row, handed))) throw stillSending();
  const pages = [...handed.waiting].map((page, at) => ({ page, recipients: pieces[at] ?? [] }));
  await inParallel(pages, PAGES_SENT_AT_ONCE, (page) =>
    reach.queues.send('message-pages', { id: row.message, frame, ...page }),
  );
  await leaveToPages(reach, handed);
  return handed;
}
