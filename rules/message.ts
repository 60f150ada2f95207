import * as z from 'zod/mini';
import { FRAME_BYTES, MESSAGE_ID_CHARACTERS } from '../contract/limits.ts';
import {
  type Action,
  type ClientMessage,
  clientMessages,
  type Ping,
  ping,
} from '../contract/protocol.ts';
import type { RefusalCode } from '../contract/refusals.ts';
import { isTooDeep } from './json.ts';

/** What a client's frame turned out to be. Protocol frames that are wrong come back as `refused`. */
export type Incoming =
  | { readonly kind: 'action'; readonly message: ClientMessage }
  | { readonly kind: 'ping'; readonly message: Ping }
  | { readonly kind: 'other' }
  | {
      readonly kind: 'refused';
      readonly code: RefusalCode;
      readonly id?: string;
      readonly action?: string;
    };

/**
 * Reads a client's frame [S4-02]. The size is checked before the text is looked at, the depth before
 * it is parsed; the action is derived here again, since a gateway and a parser may see different
 * ones in duplicate keys. Parsed messages are fresh objects with the known fields only.
 */
export function readFrame(text: string): Incoming {
  if (Buffer.byteLength(text) > FRAME_BYTES) return { kind: 'refused', code: 'too-large' };
  if (isTooDeep(text)) return { kind: 'refused', code: 'malformed' };
  const frame = parse(text);
  if (typeof frame !== 'object' || frame === null || Array.isArray(frame)) return { kind: 'other' };
  const fields = frame as Readonly<Record<string, unknown>>;
  if (Object.hasOwn(fields, 'action')) return readAction(fields);
  if (Object.hasOwn(fields, 'type') && fields.type === 'ping') return readPing(fields);
  return { kind: 'other' };
}

function readAction(fields: Readonly<Record<string, unknown>>): Incoming {
  const { action } = fields;
  const asked = {
    ...echoed(fields),
    ...(typeof action === 'string' && { action: action.slice(0, MESSAGE_ID_CHARACTERS) }),
  };
  if (typeof action !== 'string') return { kind: 'refused', code: 'malformed', ...asked };
  if (!isAction(action)) return { kind: 'refused', code: 'unknown-action', ...asked };
  const read = z.safeParse(clientMessages[action], fields);
  return read.success
    ? { kind: 'action', message: read.data }
    : { kind: 'refused', code: 'malformed', ...asked };
}

/** The documents promise a pong to every ping, so one with odd extras is answered as the plain one. */
function readPing(fields: Readonly<Record<string, unknown>>): Incoming {
  const read = z.safeParse(ping, fields);
  return { kind: 'ping', message: read.success ? read.data : { type: 'ping', ...echoed(fields) } };
}

const isAction = (name: string): name is Action => Object.hasOwn(clientMessages, name);

const echoed = ({ id }: Readonly<Record<string, unknown>>): { id?: string } =>
  typeof id === 'string' && id.length <= MESSAGE_ID_CHARACTERS ? { id } : {};

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (fault) {
    if (fault instanceof SyntaxError) return undefined;
    throw fault;
  }
}
