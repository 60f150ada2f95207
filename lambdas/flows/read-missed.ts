import { MESSAGES_PER_READ, REPLY_BYTES } from '../../contract/limits.ts';
import type { Cursor, Position } from '../../contract/protocol.ts';
import { type NotificationRow, type Origin, topicKey } from '../../contract/tables.ts';
import { seconds } from '../../rules/connection.ts';
import { demandCursors, fill, judgeCursor, notRecovered } from '../../rules/fill.ts';
import type { TextFill } from '../../rules/frames.ts';
import { carriedOf } from '../../rules/reference.ts';
import { httpUrl } from '../platform/environment.ts';
import type { Reaches } from '../platform/reach.ts';
import { readNotifications } from '../stores/notifications.ts';
import { positionsOf } from './positions.ts';

type Reach = Reaches<{ notifications: 'batchGet' | 'query SeqIndex' }>;

export interface MissedRequest {
  readonly tenant: string;
  /** Whose own messages come back as ranges without payload. */
  readonly reader?: Origin;
  readonly cursors: readonly Cursor[];
  readonly limit?: number;
  readonly now: number;
}

/**
 * What followed each cursor, within one reply's bytes: whole, with `more` where the reply is full, or an
 * explicit `recovered: false` with its reason [S1-10] [G4].
 *
 * Refuses `cursor-invalid`.
 */
export async function readMissed(reach: Reach, request: MissedRequest): Promise<TextFill[]> {
  const { cursors, tenant } = request;
  demandCursors(cursors);
  const positions = await positionsOf(
    reach,
    tenant,
    cursors.map(({ topic }) => topic),
  );
  const room: Room = {
    messages: Math.min(request.limit ?? MESSAGES_PER_READ, MESSAGES_PER_READ),
    bytes: REPLY_BYTES,
  };
  const fills: TextFill[] = [];
  for (const [at, cursor] of cursors.entries()) {
    const position = positions[at];
    if (position) fills.push(await fillOne(reach, request, cursor, position, room));
  }
  return fills;
}

/** What is left of the reply, for the topics still to come. */
interface Room {
  messages: number;
  bytes: number;
}

async function fillOne(
  reach: Reach,
  { tenant, reader, now }: MissedRequest,
  cursor: Cursor,
  position: Position,
  room: Room,
): Promise<TextFill> {
  const carry = (row: NotificationRow) => carriedOf(row, position.topic, httpUrl);
  const reading = { reader, carry };
  const verdict = judgeCursor(cursor, position);
  if (verdict === 'current') return fill(position, cursor, [], true, reading);
  if (verdict !== 'behind') return notRecovered(position, verdict);

  const rows: NotificationRow[] = [];
  let after = cursor.seq;
  while (room.messages > 0 && room.bytes > 0) {
    const page = await readNotifications(reach, topicKey(tenant, position.topic), {
      after,
      upTo: position.head,
      limit: room.messages,
    });
    if (page.rows.some(({ ttl }) => ttl <= seconds(now))) return notRecovered(position, 'expired');
    const fitting = takeFitting(page.rows, room);
    rows.push(...fitting);
    const isAll = fitting.length === page.rows.length;
    if (page.isComplete || !isAll)
      return fill(position, cursor, rows, page.isComplete && isAll, reading);
    after = page.rows.at(-1)?.seq ?? position.head;
  }
  return fill(position, cursor, rows, false, reading);
}

/** A reply that is still empty has room for any message: none is larger than a frame. */
function takeFitting(rows: readonly NotificationRow[], room: Room): NotificationRow[] {
  const taken: NotificationRow[] = [];
  for (const row of rows) {
    const bytes = bytesOf(row);
    if (bytes > room.bytes) break;
    room.bytes -= bytes;
    room.messages -= 1;
    taken.push(row);
  }
  return taken;
}

const bytesOf = ({ payload, topic }: NotificationRow): number =>
  ENVELOPE_BYTES +
  (payload === undefined ? REFERENCE_BYTES + topic.length : Buffer.byteLength(payload));

/** `{"seq":…,"id":…,"at":…,"payload":…}` around a payload, rounded up. */
const ENVELOPE_BYTES = 160;
/** `{"href":…,"bytes":…}`, but for its topic. */
const REFERENCE_BYTES = 240;
