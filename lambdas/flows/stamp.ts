import { randomBytes } from 'node:crypto';
import { TRANSACTION_ITEMS } from '../../contract/limits.ts';
import type { HeadRow, NotificationRow } from '../../contract/tables.ts';
import { type Head, type Stamp, stamp } from '../../rules/sequence.ts';
import { inPieces } from '../platform/parallel.ts';
import type { Reaches } from '../platform/reach.ts';
import { transact } from '../platform/transact.ts';
import { getHead, moveHead, stampNotification } from '../stores/notifications.ts';

type Reach = Reaches<{ notifications: 'get' | 'update' }>;

/** A message with its number. */
export type Stamped = NotificationRow & { readonly seq: number; readonly epoch: string };

/**
 * Gives the messages of one topic their numbers: contiguous, once each, whoever else is at it at the
 * same time [G2]. Numbers and head move in one transaction, each on its own condition: a message that has
 * a number keeps it and is still handed on (a batch that is delivered again must still be posted), one
 * that no longer exists is left out. Order within the answer is order of number.
 */
export async function stampAll(
  reach: Reach,
  topic: string,
  messages: readonly NotificationRow[],
): Promise<Stamped[]> {
  const stamped: Stamped[] = [];
  for (const piece of inPieces(messages, TRANSACTION_ITEMS - 1)) {
    stamped.push(...(await stampPiece(reach, topic, piece)));
  }
  return stamped.sort((a, b) => a.seq - b.seq);
}

async function stampPiece(
  reach: Reach,
  topic: string,
  messages: readonly NotificationRow[],
): Promise<Stamped[]> {
  const done = new Map<string, Pick<Stamp, 'seq' | 'run'>>();
  let left = [...messages];
  let head = remembered.get(topic);
  while (left.length > 0) {
    const was = head;
    const { head: next, stamps } = stamp(was ?? { epoch: newEpoch(), head: 0 }, left);
    const outcome = await transact(reach, [
      moveHead(reach, topic, was, next),
      ...stamps.map((each) => stampNotification(reach, topic, each)),
    ]);
    if (outcome.isDone) {
      for (const { id, seq, run } of stamps) done.set(id, { seq, ...(run && { run }) });
      head = next;
      break;
    }
    const [lostHead, ...lostRows] = outcome.lost;
    if (lostHead) head = asHead(lostHead.row);
    left = left.filter((message, at) => {
      const lost = lostRows[at];
      if (lost === undefined) return true;
      const row = lost.row as NotificationRow | undefined;
      if (row?.seq !== undefined)
        done.set(message.id, { seq: row.seq, ...(row.run && { run: row.run }) });
      return false;
    });
  }
  const epoch = (head ?? asHead(await getHead(reach, topic)))?.epoch;
  if (head) remember(topic, head);
  return messages.flatMap((message) => {
    const found = done.get(message.id);
    return found && epoch !== undefined ? [{ ...message, ...found, epoch }] : [];
  });
}

/**
 * Heads as this process saw them last. Only a guess that saves a read: the condition on the head
 * decides, and a wrong guess brings the right one with its refusal.
 */
const remembered = new Map<string, Head>();
const REMEMBERED_MOST = 10_000;

function remember(topic: string, head: Head): void {
  if (remembered.size >= REMEMBERED_MOST) remembered.clear();
  remembered.set(topic, head);
}

const asHead = (row: object | undefined): Head | undefined => {
  if (row === undefined) return undefined;
  const { epoch, head, run } = row as HeadRow;
  return { epoch, head, ...(run && { run }) };
};

const newEpoch = (): string => randomBytes(6).toString('base64url');
