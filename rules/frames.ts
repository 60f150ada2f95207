import type {
  Fill,
  FilledMessage,
  Notification,
  OwnRange,
  Position,
} from '../contract/protocol.ts';

/**
 * Frames that carry payloads. A payload is validated JSON text and is spliced in as it is: parsing and
 * printing it again would change numbers like 1e400 and cost time on the way of every message.
 */
export const splice = (envelope: object, payload: string): string =>
  `${JSON.stringify(envelope).slice(0, -1)},"payload":${payload}}`;

export const notificationFrame = (
  { type, topic, epoch, seq, after, id, at }: Omit<Notification, 'payload'>,
  payload: string,
): string =>
  splice({ type, topic, epoch, seq, ...(after !== undefined && { after }), id, at }, payload);

/** A filled message whose payload is still text. */
export type Filled = Omit<FilledMessage, 'payload'> & { readonly payload: string };

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
  const { payload, ...envelope } = message;
  return splice(envelope, payload);
};
