import * as z from 'zod/mini';
import {
  isConnectionId,
  isNotificationId,
  isSessionId,
  isTenant,
  isTopic,
  isUserId,
} from '../../contract/names.ts';
import { acceptable } from '../../contract/protocol.ts';
import { HEAD_ID, PAYLOAD_ID, PLAYER_ITEM, type TableName } from '../../contract/tables.ts';
import { type Rows, rowsOf } from './rows.ts';

const text = (is: (text: string) => boolean) => z.string().check(z.refine(is));
const parted = (...parts: readonly ((part: string) => boolean)[]) =>
  text((key) => {
    const found = key.split('#');
    return found.length === parts.length && parts.every((is, at) => is(found[at] ?? ''));
  });
const is = (word: string) => (part: string) => part === word;
const count = z.number().check(z.int(), z.minimum(0));
const seconds = z.number().check(z.int(), z.minimum(1_000_000_000), z.maximum(100_000_000_000));
const isoTime = z.iso.datetime();
const life = z.number().check(z.int(), z.minimum(1));
const member = (is: (text: string) => boolean) => z.array(text(is)).check(z.minLength(1));

const origin = { userId: text(isUserId), sessionId: text(isSessionId) };
const run = z.strictObject({ ...origin, from: count });
const player = parted(isTenant, isUserId);
const topic = parted(isTenant, isTopic);

const message = {
  topic,
  id: text(isNotificationId),
  at: isoTime,
  ttl: seconds,
  topics: member(isTopic),
  origin: z.optional(z.strictObject(origin)),
  seq: z.optional(count),
  run: z.optional(run),
  told: z.optional(z.literal(true)),
};

/** What a row of each table may be, attribute by attribute: what docs/DATA.md promises its readers. */
const layouts: Readonly<Record<TableName, z.ZodMiniType>> = {
  connections: z.strictObject({
    connectionId: text(isConnectionId),
    status: z.enum(['PENDING', 'CONNECTED', 'STALE', 'DISCONNECTED']),
    connectedAt: isoTime,
    createdAt: isoTime,
    timestamp: isoTime,
    ttl: seconds,
    userId: z.optional(origin.userId),
    formerUserId: z.optional(origin.userId),
    tenant: z.optional(text(isTenant)),
    sessionId: z.optional(origin.sessionId),
    authExpiresAt: z.optional(seconds),
    refusals: z.optional(count),
    disconnectedAt: z.optional(isoTime),
  }),
  sessions: z.union([
    z.strictObject({
      player,
      item: parted(is('session'), isSessionId),
      state: z.enum(['live', 'ended']),
      conns: z.optional(member(isConnectionId)),
      life,
      connectedAt: isoTime,
      authExpiresAt: seconds,
      accepts: z.array(z.enum(acceptable)),
      detachedAt: z.optional(seconds),
      dormant: z.optional(z.literal(true)),
      notice: z.optional(
        z.strictObject({
          code: z.literal('delivery-failed'),
          connectionId: text(isConnectionId),
          at: isoTime,
        }),
      ),
      ttl: z.optional(seconds),
    }),
    z.strictObject({
      player,
      item: z.literal(PLAYER_ITEM),
      sessions: z.optional(member(isSessionId)),
      version: count,
    }),
    z.strictObject({
      player,
      item: parted(is('topics'), isSessionId),
      topics: z.optional(member(isTopic)),
      life: z.optional(life),
      ttl: z.optional(seconds),
    }),
  ]),
  subscriptions: z.strictObject({
    topic,
    subscriber: parted(isUserId, isSessionId),
    life,
    ttl: z.optional(seconds),
  }),
  notifications: z.union([
    z.strictObject({ ...message, payload: text(isJson) }),
    z.strictObject({ ...message, bytes: count }),
    z.strictObject({
      topic: parted(isTenant, is(''), isNotificationId),
      id: z.literal(PAYLOAD_ID),
      payload: text(isJson),
      ttl: seconds,
    }),
    z.strictObject({
      topic,
      id: z.literal(HEAD_ID),
      head: count,
      epoch: z.string().check(z.minLength(1)),
      run: z.optional(run),
    }),
  ]),
  invitations: z.strictObject({
    code: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
    state: z.enum(['unused', 'claimed', 'used']),
    version: count,
    createdAt: isoTime,
    expiresAt: seconds,
    ttl: seconds,
    claimedBy: z.optional(z.string()),
    claimedUntil: z.optional(seconds),
    usedBy: z.optional(origin.userId),
  }),
  audit: z.strictObject({
    day: z.string().check(z.regex(/^\d{4}-\d{2}-\d{2}$/)),
    entry: z.string().check(z.regex(/^[^#]+Z#[^#]+#(begun|done|refused|failed)$/)),
    at: isoTime,
    actor: z.string().check(z.minLength(1)),
    act: z.string().check(z.minLength(1)),
    target: z
      .string()
      .check(z.regex(/^(connection|session|user|topic|connections|invitation|parked)(#[^#]+)*$/)),
    requestId: z.string().check(z.minLength(1)),
    outcome: z.enum(['begun', 'done', 'refused', 'failed']),
    before: z.optional(z.record(z.string(), z.unknown())),
    after: z.optional(z.record(z.string(), z.unknown())),
    ttl: seconds,
  }),
  tickets: z.strictObject({
    ticket: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
    tenant: text(isTenant),
    ...origin,
    expiresAt: seconds,
    replaces: z.optional(text(isConnectionId)),
    accepts: z.array(z.enum(acceptable)),
    ttl: seconds,
  }),
  throttles: z.strictObject({
    bucket: z.string().check(z.regex(/^[^#]+#\d+$/)),
    used: count,
    ttl: seconds,
  }),
  broadcasts: z.strictObject({
    broadcast: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
    broadcastId: z.string().check(z.minLength(1)),
    tenant: text((name) => isTenant(name) || name === '*'),
    type: z.string().check(z.minLength(1)),
    timestamp: isoTime,
    state: z.enum(['begun', 'looked', 'done']),
    after: z.optional(text(isConnectionId)),
    left: z.optional(member(isConnectionId)),
    delivered: count,
    gone: count,
    version: life,
    heldUntil: z.optional(seconds),
    ttl: seconds,
  }),
  messages: z.strictObject({
    message: text(isNotificationId),
    tenant: text(isTenant),
    userId: origin.userId,
    request: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
    at: isoTime,
    claimedUntil: z.optional(seconds),
    recipients: z.optional(count),
    waiting: z.optional(member((page) => /^\d+-\d+$/.test(page))),
    delivered: count,
    gone: count,
    failed: count,
    version: life,
    ttl: seconds,
  }),
};

/** The rows that do not keep to the published layout, each with its table. */
export function oddRows(rows: Rows): readonly { readonly table: string; readonly row: object }[] {
  return (Object.keys(layouts) as TableName[]).flatMap((table) =>
    rowsOf<object>(rows, table)
      .filter((row) => !layouts[table].safeParse(row).success)
      .map((row) => ({ table, row })),
  );
}

function isJson(payload: string): boolean {
  try {
    JSON.parse(payload);
    return true;
  } catch {
    return false;
  }
}
