/**
 * The rows: the published layout of every table [S0-12].
 *
 * Other services of the same account read these rows directly, so keys and attributes are frozen by
 * a test. Keys are made only by the functions below. `ttl` is in seconds since the epoch everywhere,
 * names that end in `At` and hold numbers are seconds too, ISO strings say so.
 */

import type { Accepted, Notice } from './protocol.ts';

export type TableName =
  | 'connections'
  | 'sessions'
  | 'subscriptions'
  | 'notifications'
  | 'invitations'
  | 'throttles'
  | 'tickets'
  | 'audit'
  | 'broadcasts'
  | 'messages';

interface KeyPart {
  readonly name: string;
  readonly type: 'S' | 'N';
}

interface TableLayout {
  readonly partition: KeyPart;
  readonly sort?: KeyPart;
  readonly ttl?: 'ttl';
  readonly stream?: 'NEW_IMAGE' | 'NEW_AND_OLD_IMAGES';
  readonly globalIndexes?: Readonly<Record<string, IndexLayout>>;
  readonly localIndexes?: Readonly<Record<string, IndexLayout>>;
}

interface IndexLayout {
  readonly partition: KeyPart;
  readonly sort: KeyPart;
  readonly projection: 'KEYS_ONLY' | 'ALL';
}

const text = <Name extends string>(name: Name) => ({ name, type: 'S' }) as const;
const number = <Name extends string>(name: Name) => ({ name, type: 'N' }) as const;

export const USER_ID_INDEX = 'UserIdIndex';
export const SEQ_INDEX = 'SeqIndex';
export const TARGET_INDEX = 'TargetIndex';

export const tables = {
  connections: {
    partition: text('connectionId'),
    ttl: 'ttl',
    globalIndexes: {
      // Keys only: every other attribute in it would make each of its changes cost a second write.
      [USER_ID_INDEX]: { partition: text('userId'), sort: text('status'), projection: 'KEYS_ONLY' },
    },
  },
  sessions: {
    partition: text('player'),
    sort: text('item'),
    ttl: 'ttl',
    // Both images: that a set became empty, or a player's first session appeared, shows only in both.
    stream: 'NEW_AND_OLD_IMAGES',
  },
  subscriptions: {
    partition: text('topic'),
    sort: text('subscriber'),
    ttl: 'ttl',
  },
  notifications: {
    partition: text('topic'),
    sort: text('id'),
    ttl: 'ttl',
    stream: 'NEW_IMAGE',
    localIndexes: {
      // Local, because only a local index can be read consistently, and a resume must be.
      [SEQ_INDEX]: { partition: text('topic'), sort: number('seq'), projection: 'ALL' },
    },
  },
  invitations: {
    partition: text('code'),
    ttl: 'ttl',
  },
  throttles: {
    partition: text('bucket'),
    ttl: 'ttl',
  },
  tickets: {
    partition: text('ticket'),
    ttl: 'ttl',
  },
  audit: {
    partition: text('day'),
    sort: text('entry'),
    ttl: 'ttl',
    globalIndexes: {
      [TARGET_INDEX]: { partition: text('target'), sort: text('entry'), projection: 'ALL' },
    },
  },
  broadcasts: {
    partition: text('broadcast'),
    ttl: 'ttl',
  },
  messages: {
    partition: text('message'),
    ttl: 'ttl',
  },
} as const satisfies Record<TableName, TableLayout>;

// ── Connections ────────────────────────────────────────────────────────────────────────────────

export const connectionStatuses = ['PENDING', 'CONNECTED', 'STALE', 'DISCONNECTED'] as const;
export type ConnectionStatus = (typeof connectionStatuses)[number];

/**
 * One WebSocket. Written by `$connect`, bound by `authenticate`, left by every departure. After that
 * it is a tombstone (`DISCONNECTED`) that refuses whatever comes late, until its `ttl`.
 */
export interface ConnectionRow {
  /** From API Gateway. */
  readonly connectionId: string;
  readonly status: ConnectionStatus;
  /** ISO. The same instant as `createdAt`; the documents use both names. */
  readonly connectedAt: string;
  readonly createdAt: string;
  /** ISO: the last sign of life that was worth a write. */
  readonly timestamp: string;
  readonly ttl: number;
  /** The token's `sub`; absent until bound, through the door `none`, and on tombstones. */
  readonly userId?: string;
  /** What `userId` was; on tombstones, which so leave the index. */
  readonly formerUserId?: string;
  readonly tenant?: string;
  readonly sessionId?: string;
  /** Expiry of the token that bound it, in seconds. */
  readonly authExpiresAt?: number;
  /** Of its token's scopes, those that the rules of topics ask for; absent when there are none. */
  readonly scopes?: readonly string[];
  /** Tokens refused on this socket so far. */
  readonly refusals?: number;
  /** ISO; on tombstones. */
  readonly disconnectedAt?: string;
}

// ── Sessions and players ───────────────────────────────────────────────────────────────────────

/**
 * One client instance of one user. Live while it has connections or its grace time runs; then ended,
 * and revivable until its `ttl`. Never has a `ttl` while live.
 */
export interface SessionRow {
  readonly player: string;
  readonly item: string;
  readonly state: 'live' | 'ended';
  /** Connection ids. DynamoDB drops an empty set, so "nobody is left" is "attribute does not exist". */
  readonly conns?: ReadonlySet<string>;
  /**
   * Counts 1, 2, 3 …: with each new life, and with each connection that comes to others. What was
   * written for an earlier number, or remembered of it, is not good for a later one.
   */
  readonly life: number;
  /** ISO: when this life began. */
  readonly connectedAt: string;
  /** Seconds: expiry of the token of each of its connections that is not in `expiries`. No frame after it. */
  readonly authExpiresAt: number;
  /** Seconds: expiry of those whose token ends earlier. May name some that have left. */
  readonly expiries?: Readonly<Record<string, number>>;
  /** What every one of its connections understands. */
  readonly accepts?: readonly Accepted[];
  /** Of the scopes of its connections' tokens, those that all have and the rules of topics ask for. */
  readonly scopes?: readonly string[];
  /** Seconds: the latest departure of any of its connections. */
  readonly detachedAt?: number;
  /** Its subscriptions are not of this `life` yet: from its end, or a new number, until they are revived. */
  readonly dormant?: true;
  /** What its next connection is to be told of one that was closed because it could not be served. */
  readonly notice?: Notice;
  /** Seconds: no token that was issued until then opens it again. */
  readonly revokedUntil?: number;
  readonly ttl?: number;
}

/** One user's live sessions, and a version that counts each that appeared or vanished. No TTL ever. */
export interface PlayerRow {
  readonly player: string;
  readonly item: typeof PLAYER_ITEM;
  readonly sessions?: ReadonlySet<string>;
  readonly version: number;
  /** Seconds: no token of the user that was issued until then opens a session. */
  readonly revokedUntil?: number;
}

/** The topics of one session; apart from the session's row because delivery reads that one each time. */
export interface TopicsRow {
  readonly player: string;
  readonly item: string;
  /** Topic names as the client wrote them, without tenant. */
  readonly topics?: ReadonlySet<string>;
  /** Those whose subscriptions are in a further shard, and in which: {@link inShard}. */
  readonly shards?: ReadonlySet<string>;
  /** The session's life that took them over; absent in its first. */
  readonly life?: number;
  readonly ttl?: number;
}

/** No part of any key may contain it: the grammar of each part sees to that. */
export const SEPARATOR = '#';
export const PLAYER_ITEM = 'player';

export interface SessionName {
  readonly tenant: string;
  readonly userId: string;
  readonly sessionId: string;
}

export const playerKey = (tenant: string, userId: string): string =>
  `${tenant}${SEPARATOR}${userId}`;
export const sessionItem = (sessionId: string): string => `session${SEPARATOR}${sessionId}`;
export const topicsItem = (sessionId: string): string => `topics${SEPARATOR}${sessionId}`;

export function playerOfKey(player: string): { tenant: string; userId: string } {
  const at = player.indexOf(SEPARATOR);
  return { tenant: player.slice(0, at), userId: player.slice(at + 1) };
}

/** The session whose row, or whose row of topics, this key belongs to; undefined for rows of another kind. */
export function sessionOfKey(
  player: string,
  item: string,
  kind: 'session' | 'topics' = 'session',
): SessionName | undefined {
  const [tenant, userId] = player.split(SEPARATOR);
  const [itsKind, sessionId] = item.split(SEPARATOR);
  return itsKind === kind && tenant && userId && sessionId
    ? { tenant, userId, sessionId }
    : undefined;
}

// ── Subscriptions ──────────────────────────────────────────────────────────────────────────────

/** One session's subscription to one topic. Delivery reads them; a `ttl` means dormant. */
export interface SubscriptionRow {
  /** {@link shardKey}. */
  readonly topic: string;
  readonly subscriber: string;
  /** The session's life that wrote it. */
  readonly life: number;
  readonly ttl?: number;
}

/**
 * How many shards the subscriptions to a topic are spread over; it stands in the first of them, once there are
 * further ones. Only ever rises.
 */
export interface ShardsRow {
  readonly topic: string;
  readonly subscriber: typeof SHARDS_ID;
  readonly shards: number;
}

/** Sorts before nearly every subscriber: whoever reads the first shard soon knows of the others. */
export const SHARDS_ID = '#shards';

export const topicKey = (tenant: string, topic: string): string => `${tenant}${SEPARATOR}${topic}`;
/** The first shard of a topic has the topic's own key. */
export const shardKey = (topic: string, shard: number): string =>
  shard === 0 ? topic : `${topic}${SEPARATOR}${shard}`;
/** As the row of a session's topics names one that is not in the first shard. */
export const inShard = (shard: number, topic: string): string => `${shard}${SEPARATOR}${topic}`;
export function shardedTopic(named: string): { shard: number; topic: string } {
  const [shard = '', topic = ''] = named.split(SEPARATOR);
  return { shard: Number(shard), topic };
}
export const subscriberKey = (userId: string, sessionId: string): string =>
  `${userId}${SEPARATOR}${sessionId}`;

/** Of a topic's key, or of one of its shards'. */
export function topicOfKey(key: string): { tenant: string; topic: string } {
  const [tenant = '', topic = ''] = key.split(SEPARATOR);
  return { tenant, topic };
}

export function subscriberOfKey(key: string): { userId: string; sessionId: string } {
  const at = key.indexOf(SEPARATOR);
  return { userId: key.slice(0, at), sessionId: key.slice(at + 1) };
}

// ── Notifications and heads ────────────────────────────────────────────────────────────────────

/** Who caused a notification: both must match for it not to be sent back [S1-08]. */
export interface Origin {
  readonly userId: string;
  readonly sessionId: string;
}

/** One message on one topic. Written by a publisher; stamped with `seq` by the stream's function. */
export type NotificationRow = MessageRow &
  (
    | {
        /** JSON text, spliced into frames as it is. */
        readonly payload: string;
        readonly bytes?: undefined;
      }
    | {
        /** Of a message by reference: its payload stands in a {@link PayloadRow} and has so many bytes. */
        readonly bytes: number;
        readonly payload?: undefined;
      }
  );

interface MessageRow {
  readonly topic: string;
  /** The notification's id: the same on every topic it was published to. */
  readonly id: string;
  /** ISO: when it was published. */
  readonly at: string;
  readonly ttl: number;
  /** Every topic of the message [S1-06], names without tenant. */
  readonly topics: readonly string[];
  readonly origin?: Origin;
  /** 1, 2, 3 … within (topic, epoch), without hole; absent until stamped. */
  readonly seq?: number;
  /** Where the run of messages before this one began, if it was all one origin's. */
  readonly run?: Run;
  /** Posted to everybody ahead of the stream, which leaves it out. */
  readonly told?: true;
}

/** A run of consecutive messages of one origin: `from` is the last sequence number before it. */
export interface Run extends Origin {
  readonly from: number;
}

/**
 * The payload of a message that is too large for a frame, once for all of its topics. Apart from the
 * messages, because stamping writes those again, and streams carry them.
 */
export interface PayloadRow {
  readonly topic: string;
  readonly id: typeof PAYLOAD_ID;
  /** JSON text. */
  readonly payload: string;
  readonly ttl: number;
}

/** The counter of one topic, beside its messages. Never has a `ttl`. */
export interface HeadRow {
  readonly topic: string;
  readonly id: typeof HEAD_ID;
  readonly head: number;
  /** Random; a cursor of another epoch cannot be continued. */
  readonly epoch: string;
  /** The run that the newest message belongs to. */
  readonly run?: Run;
}

export const HEAD_ID = '#head';
export const PAYLOAD_ID = '#payload';

/** A partition of its own for each message; no topic has such a key. */
export const payloadKey = (tenant: string, notificationId: string): string =>
  [tenant, '', notificationId].join(SEPARATOR);

// ── Invitations ────────────────────────────────────────────────────────────────────────────────

/**
 * One invitation. The code itself is nowhere: the key is its hash. `unused` → `claimed` while somebody
 * signs up with it → `used`; every write is conditional on `version`.
 */
export interface InvitationRow {
  /** SHA-256 of the code's letters, in hexadecimal. */
  readonly code: string;
  readonly state: 'unused' | 'claimed' | 'used';
  readonly version: number;
  /** ISO. */
  readonly createdAt: string;
  /** Seconds: not valid from then on. */
  readonly expiresAt: number;
  readonly ttl: number;
  /** The user name that holds the claim, and until when (seconds). */
  readonly claimedBy?: string;
  readonly claimedUntil?: number;
  /** The `sub` of the account that it gave. */
  readonly usedBy?: string;
}

// ── Throttles ──────────────────────────────────────────────────────────────────────────────────

/**
 * What has been used up of one window: by anonymous callers of one address, or everybody; by connects of one
 * address; by messages of one connection, or one user.
 *
 * @public
 */
export interface ThrottleRow {
  readonly bucket: string;
  readonly used: number;
  readonly ttl: number;
}

/** `window` is the number of the window since the epoch. */
export const bucketKey = (whose: string, window: number): string => `${whose}${SEPARATOR}${window}`;

// ── Tickets ────────────────────────────────────────────────────────────────────────────────────

/** A ticket for one handshake. Deleted by whoever uses it. */
export interface TicketRow extends SessionName {
  /** SHA-256 of the ticket, in hexadecimal. */
  readonly ticket: string;
  /** Seconds: expiry of the token that it was given for, and when that one was issued. */
  readonly expiresAt: number;
  readonly issuedAt: number;
  /** As the connection's row will have them. */
  readonly scopes: readonly string[];
  readonly replaces?: string;
  readonly accepts: readonly Accepted[];
  /** Good until then, to the second: unlike most rows' it is looked at. */
  readonly ttl: number;
}

// ── Audit ──────────────────────────────────────────────────────────────────────────────────────

/**
 * One line of the audit log [S2-07]. Each administrative act has two, of the same `requestId`: that it
 * begins, and what came of it. One that begins and never ends tells of a crash. Never changed, never
 * deleted before its `ttl`.
 */
export interface AuditRow {
  /** `2026-11-20`, UTC. */
  readonly day: string;
  /** Sorts by time: {@link auditEntry}. */
  readonly entry: string;
  /** ISO. */
  readonly at: string;
  /** As whoever asked calls themselves. CloudTrail knows the principal of the request id. */
  readonly actor: string;
  readonly act: string;
  /** {@link targetOf}. */
  readonly target: string;
  readonly requestId: string;
  readonly outcome: 'begun' | 'done' | 'refused' | 'failed';
  /** What the act found, and what it left behind. */
  readonly before?: AuditState;
  readonly after?: AuditState;
  readonly ttl: number;
}

export type AuditState = Readonly<Record<string, unknown>>;

export const auditEntry = (at: string, requestId: string, outcome: AuditRow['outcome']): string =>
  [at, requestId, outcome].join(SEPARATOR);

/** `connection#ID`, `user#TENANT#USER`: what an act is done to. */
export const targetOf = (
  kind: 'connection' | 'session' | 'user' | 'topic' | 'connections' | 'invitation' | 'parked',
  ...names: readonly string[]
): string => [kind, ...names].join(SEPARATOR);

// ── Broadcasts ─────────────────────────────────────────────────────────────────────────────────

/**
 * Whom one broadcast has reached so far. `begun` while there are connections that nobody has looked at,
 * `looked` while some of those looked at are left, then `done`; every write is conditional on `version`.
 */
export interface BroadcastRow {
  /** SHA-256 of tenant, id and event, in hexadecimal. */
  readonly broadcast: string;
  readonly broadcastId: string;
  /** A tenant, or `*`. */
  readonly tenant: string;
  readonly type: string;
  /** ISO: the event's, the same in each try. */
  readonly timestamp: string;
  readonly state: 'begun' | 'looked' | 'done';
  /** Once looked at: of each segment of the table with more of them, the connection after which looking goes on. */
  readonly after?: Readonly<Record<string, string>>;
  /** Ids of connections that were looked at and not reached. */
  readonly left?: ReadonlySet<string>;
  readonly delivered: number;
  readonly gone: number;
  readonly version: number;
  /** Seconds: until then a try is at it; absent when none is. */
  readonly heldUntil?: number;
  readonly ttl: number;
}

// ── Direct messages ────────────────────────────────────────────────────────────────────────────

/**
 * What became of one direct message. Written by the function that sends it, each time on condition of `version`; the
 * functions that post its pages add their counts beside that.
 */
export interface DirectMessageRow {
  /** The message's id; under an idempotency key a hash of tenant, sender and key. */
  readonly message: string;
  /** Of sender and recipients. */
  readonly tenant: string;
  /** The sender, who alone may ask about it. */
  readonly userId: string;
  /** SHA-256 of the request, in hexadecimal: under one key there is one. */
  readonly request: string;
  /** ISO: when it was first sent. */
  readonly at: string;
  /** Seconds: until then the function that sends it is at it. Absent once it has done its part. */
  readonly claimedUntil?: number;
  /** How many connections it is for; absent while they are being looked for. */
  readonly recipients?: number;
  /** Names of the pages that are still to be counted. */
  readonly waiting?: ReadonlySet<string>;
  readonly delivered: number;
  readonly gone: number;
  readonly failed: number;
  readonly version: number;
  readonly ttl: number;
}
