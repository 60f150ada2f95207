import type {
  Fill,
  FilledMessage,
  Notification,
  OwnRange,
  Position,
  Reference,
} from '../contract/protocol.ts';
import { isoTime } from './connection.ts';

/** What a frame carries: a payload's text, or where it is to be read. */
export type Carried = { readonly payload: string } | { readonly reference: Reference };

/**
 * Frames that carry payloads. A payload is validated JSON text and is spliced in as it is: parsing and
 * printing it again would change numbers like 1e400 and cost time on the way of every message.
 */
export const splice = (envelope: object, carried: Carried): string =>
  'payload' in carried
    ? `${JSON.stringify(envelope).slice(0, -1)},"payload":${carried.payload}}`
    : JSON.stringify({ ...envelope, reference: carried.reference });

type Envelope = Pick<Notification, 'type' | 'topic' | 'epoch' | 'seq' | 'after' | 'id' | 'at'>;

export const notificationFrame = (
  { type, topic, epoch, seq, after, id, at }: Envelope,
  carried: Carried,
): string =>
  splice({ type, topic, epoch, seq, ...(after !== undefined && { after }), id, at }, carried);

/** Of the frame that a subscriber will get, with every number at its longest. */
export const longestFrameBytes = (topic: string, id: string, payload: string): number =>
  Buffer.byteLength(
    notificationFrame(
      {
        type: 'notification',
        topic,
        epoch: 'x'.repeat(EPOCH_CHARACTERS),
        seq: Number.MAX_SAFE_INTEGER,
        after: Number.MAX_SAFE_INTEGER,
        id,
        at: isoTime(0),
      },
      { payload },
    ),
  );

/** Own epochs have eight; an operator's is checked by `lib/config.ts`. */
const EPOCH_CHARACTERS = 64;

/** A filled message whose payload is still text. */
export type Filled = Pick<FilledMessage, 'seq' | 'id' | 'at'> & { readonly carried: Carried };

/** A fill on its way to the wire. */
export type TextFill =
  | (Omit<Extract<Fill, { recovered: true }>, 'messages'> & {
      readonly messages: readonly (Filled | OwnRange)[];
    })
  | Extract<Fill, { recovered: false }>;

/** A reply with fills, under the name that its message gives them. */
export function fillsReply(
  envelope: { readonly type: string; readonly id?: string; readonly topics?: readonly Position[] },
  name: 'topics' | 'missed',
  fills: readonly TextFill[],
): string {
  return `${JSON.stringify(envelope).slice(0, -1)},"${name}":[${fills.map(fillText).join(',')}]}`;
}

function fillText(fill: TextFill): string {
  if (!fill.recovered) return JSON.stringify(fill);
  const { messages, ...rest } = fill;
  return `${JSON.stringify(rest).slice(0, -1)},"messages":[${messages.map(messageText).join(',')}]}`;
}

const messageText = (message: Filled | OwnRange): string => {
  if ('own' in message) return JSON.stringify(message);
  const { carried, ...envelope } = message;
  return splice(envelope, carried);
};
