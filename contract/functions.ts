/**
 * Who may touch what: one line a function. CDK makes each function's environment and its exact policy
 * from this, TypeScript makes its run-time types: a function that reaches for a table, a verb, a queue
 * or a socket call that it has not declared does not compile.
 */

import { AUTHENTICATE_WITHIN_SECONDS, CONNECT_TIMEOUT_SECONDS } from './limits.ts';
import type { TableName, tables } from './tables.ts';

export type Verb =
  | 'get'
  | 'put'
  | 'update'
  | 'delete'
  | 'query'
  | 'scan'
  | 'batchGet'
  | 'batchWrite';

type IndexesOf<Table extends TableName> =
  | ((typeof tables)[Table] extends { globalIndexes: infer Indexes } ? keyof Indexes : never)
  | ((typeof tables)[Table] extends { localIndexes: infer Indexes } ? keyof Indexes : never);

/** `query` reads the table, `query SeqIndex` one of its indexes: two different rights. */
export type Right<Table extends TableName = TableName> =
  | Verb
  | `query ${Extract<IndexesOf<Table>, string>}`;

export type QueueName =
  | 'reaper'
  | 'session-check'
  | 'delivery'
  | 'express'
  | 'parked-events'
  | 'parked-notifications'
  | 'bridged-events'
  | 'message-pages';
/** Calls on the user pool that need IAM; `InitiateAuth` and `RevokeToken` need none. */
export type UserCall =
  | 'AdminCreateUser'
  | 'AdminSetUserPassword'
  | 'AdminGetUser'
  | 'AdminDeleteUser'
  | 'AdminUserGlobalSignOut';
export type SocketCall = 'post' | 'get' | 'delete';

export interface FunctionSpec {
  /** Below `lambdas/`, without suffix: the folder says what triggers it. */
  readonly file: string;
  readonly does: string;
  readonly tables: { readonly [Table in TableName]?: readonly Right<Table>[] };
  readonly sends?: readonly QueueName[];
  readonly sockets?: readonly SocketCall[];
  /** Needs the user pool's ids, to verify access tokens itself or to sign people in. */
  readonly knowsUserPool?: true;
  readonly users?: readonly UserCall[];
  /** Decides whether a socket is opened: is told whom to keep out. */
  readonly isDoor?: true;
  /** Tells clients of URLs of the HTTP API. */
  readonly refersToHttp?: true;
  /** May look at what lies in queues that nobody takes, and send dead letters back where they came from. */
  readonly redrives?: true;
  /** May read what functions noted in their logs: the facts of contract/journal.ts. */
  readonly readsJournal?: true;
  /** Notes such facts: its log is part of what those read. */
  readonly notes?: true;
  /** May put events on the bus. */
  readonly putsEvents?: true;
  /** Meant to be invoked by others, under their own IAM rights: its name is an output. */
  readonly isInvoked?: true;
  /** Deployed under this very name, by which its document calls it. */
  readonly isNamed?: true;
  readonly timeoutSeconds: number;
  /** 1,769 MB is one whole vCPU; below that, CPU is in proportion. */
  readonly memoryMb: number;
  /** Why it may Scan, if it may. */
  readonly scansBecause?: string;
}

export const functions = {
  connect: {
    file: 'routes/connect',
    does: 'writes the row of a new socket, after its reaper is under way',
    notes: true,
    isDoor: true,
    tables: { connections: ['put'], throttles: ['update'] },
    sends: ['reaper'],
    timeoutSeconds: CONNECT_TIMEOUT_SECONDS, // it must not outlast its reaper
    memoryMb: 512,
  },
  enter: {
    file: 'routes/enter',
    does: 'makes a new socket one of its user’s session, behind a door that knows them',
    notes: true,
    isDoor: true,
    tables: {
      connections: ['get', 'put', 'update'],
      sessions: ['get', 'update', 'batchGet'],
      subscriptions: ['update'],
      throttles: ['update'],
    },
    sockets: ['get', 'delete'],
    timeoutSeconds: 15, // room for the retries of a contended transaction
    memoryMb: 512,
  },
  'ticket-door': {
    file: 'authorizers/ticket-door',
    does: 'lets in whoever brings a ticket',
    isDoor: true,
    tables: { tickets: ['delete'] },
    timeoutSeconds: 5,
    memoryMb: 512,
  },
  'sub-protocol-door': {
    file: 'authorizers/sub-protocol-door',
    does: 'lets in whoever offers a token beside the sub-protocol',
    isDoor: true,
    tables: {},
    knowsUserPool: true,
    timeoutSeconds: 10,
    memoryMb: 1024, // as the default route's: RSA verification is CPU
  },
  disconnect: {
    file: 'routes/disconnect',
    does: 'takes a closed socket out of its session',
    notes: true,
    tables: { connections: ['get', 'put', 'update'], sessions: ['update'] },
    timeoutSeconds: 15, // room for the retries of a contended transaction
    memoryMb: 512,
  },
  default: {
    file: 'routes/default',
    does: 'answers every frame of a client',
    notes: true,
    tables: {
      connections: ['get', 'put', 'update'],
      sessions: ['get', 'update', 'batchGet'],
      subscriptions: ['batchGet', 'update', 'delete'],
      notifications: ['batchGet', 'query SeqIndex'],
      throttles: ['update'],
    },
    sockets: ['post', 'get', 'delete'],
    refersToHttp: true,
    knowsUserPool: true,
    timeoutSeconds: 25, // API Gateway gives up at 29 s
    memoryMb: 1024, // RSA verification and first parse are CPU; the user waits for them
  },
  'read-notifications': {
    file: 'http/read-notifications',
    does: 'answers what a client missed, over HTTP',
    tables: { notifications: ['batchGet', 'query SeqIndex'], sessions: ['get'] },
    refersToHttp: true,
    timeoutSeconds: 25,
    memoryMb: 512,
  },
  ticket: {
    file: 'http/ticket',
    does: 'gives a signed-in user a ticket for one handshake',
    tables: { tickets: ['put'], sessions: ['get'] },
    timeoutSeconds: 10,
    memoryMb: 512,
  },
  'read-payload': {
    file: 'http/read-payload',
    does: 'answers the payload of a message that was too large for a frame',
    tables: { notifications: ['get'], sessions: ['get'] },
    timeoutSeconds: 10,
    memoryMb: 512,
  },
  'fan-out': {
    file: 'streams/fan-out',
    does: 'stamps new notifications and posts them to every subscriber',
    notes: true,
    tables: {
      connections: ['get', 'put', 'update'],
      sessions: ['get', 'update', 'batchGet'],
      subscriptions: ['query', 'update'],
      notifications: ['get', 'batchGet', 'update'],
    },
    sends: ['delivery'],
    sockets: ['post', 'delete'],
    refersToHttp: true,
    timeoutSeconds: 60,
    memoryMb: 1769, // posting is CPU-bound: a whole vCPU
  },
  express: {
    file: 'queues/express',
    does: 'stamps and posts messages ahead of their stream, where the operator wants it',
    notes: true,
    tables: {
      connections: ['get', 'put', 'update'],
      sessions: ['get', 'update', 'batchGet'],
      subscriptions: ['query', 'update'],
      notifications: ['get', 'batchGet', 'update'],
    },
    sends: ['delivery'],
    sockets: ['post', 'delete'],
    refersToHttp: true,
    timeoutSeconds: 30,
    memoryMb: 1769, // as the fan-out's
  },
  delivery: {
    file: 'queues/delivery',
    does: 'posts messages to a page of a large topic’s subscribers',
    notes: true,
    tables: {
      connections: ['get', 'put', 'update'],
      sessions: ['get', 'update', 'batchGet'],
      notifications: ['get', 'batchGet'],
    },
    sockets: ['post', 'delete'],
    refersToHttp: true,
    timeoutSeconds: 30,
    memoryMb: 1769, // as the fan-out's
  },
  redrive: {
    file: 'queues/redrive',
    does: 'numbers and posts the messages that a batch of the stream gave up on',
    notes: true,
    tables: {
      connections: ['get', 'put', 'update'],
      sessions: ['get', 'update', 'batchGet'],
      subscriptions: ['query', 'update'],
      notifications: ['get', 'update', 'scan'],
    },
    sends: ['delivery'],
    sockets: ['post', 'delete'],
    refersToHttp: true,
    timeoutSeconds: 60,
    memoryMb: 1769, // as the fan-out's
    scansBecause:
      'What a stream mapping gives up on comes without its content, and a message without a number is in no index. It happens on bad days only.',
  },
  'session-stream': {
    file: 'streams/session-stream',
    does: 'tells the bus who came and went, and asks for a check of each session that was left',
    notes: true,
    tables: {},
    sends: ['session-check', 'parked-events'],
    putsEvents: true,
    timeoutSeconds: 30,
    memoryMb: 256,
  },
  'notification-bridge': {
    file: 'streams/notification-bridge',
    does: 'hands every notification on to the bus, for whoever is no browser',
    tables: {},
    sends: ['parked-events'],
    putsEvents: true,
    timeoutSeconds: 30,
    memoryMb: 256,
  },
  'parked-events': {
    file: 'queues/parked-events',
    does: 'hands events to the bus again that it did not take',
    notes: true,
    tables: {},
    putsEvents: true,
    timeoutSeconds: 30,
    memoryMb: 256,
  },
  'bridge-events': {
    file: 'queues/bridge-events',
    does: 'publishes events of a bus on topics',
    notes: true,
    tables: { notifications: ['put'] },
    sends: ['express'],
    timeoutSeconds: 30,
    memoryMb: 256,
  },
  'send-message': {
    file: 'http/send-message',
    does: 'posts a direct message to the connections that its criteria mean',
    notes: true,
    tables: {
      messages: ['get', 'put', 'update'],
      connections: ['get', 'put', 'update', 'batchGet', 'scan'],
      sessions: ['get', 'update', 'query', 'batchGet'],
      subscriptions: ['query'],
    },
    sends: ['message-pages'],
    sockets: ['post', 'delete'],
    timeoutSeconds: 28, // API Gateway gives up at 30 s
    memoryMb: 1769, // as the fan-out's
    scansBecause:
      'Everybody may be meant, or a session by its id alone: both are the table, and only the table itself can be read consistently.',
  },
  'read-message': {
    file: 'http/read-message',
    does: 'answers what became of a direct message',
    tables: { messages: ['get'], sessions: ['get'] },
    timeoutSeconds: 10,
    memoryMb: 512,
  },
  'message-pages': {
    file: 'queues/message-pages',
    does: 'posts a direct message to a page of its recipients',
    notes: true,
    tables: {
      messages: ['get', 'update'],
      connections: ['get', 'put', 'update'],
      sessions: ['update'],
    },
    sockets: ['post', 'delete'],
    timeoutSeconds: 60,
    memoryMb: 1769, // as the fan-out's
  },
  'sign-in': {
    file: 'http/sign-in',
    does: 'signs people in',
    tables: { throttles: ['update'] },
    knowsUserPool: true,
    timeoutSeconds: 10,
    memoryMb: 512,
  },
  'sign-up': {
    file: 'http/sign-up',
    does: 'makes an account for an unused invitation',
    tables: { throttles: ['update'], invitations: ['get', 'update'] },
    knowsUserPool: true,
    users: ['AdminCreateUser', 'AdminSetUserPassword', 'AdminGetUser', 'AdminDeleteUser'],
    timeoutSeconds: 20, // below CLAIM_SECONDS: a claim outlives whoever made it
    memoryMb: 512,
  },
  'access-token': {
    file: 'http/access-token',
    does: 'gives a new access token for a refresh token',
    tables: { throttles: ['update'] },
    knowsUserPool: true,
    timeoutSeconds: 10,
    memoryMb: 512,
  },
  'sign-out': {
    file: 'http/sign-out',
    does: 'ends what a refresh token may still mint',
    tables: { throttles: ['update'] },
    knowsUserPool: true,
    timeoutSeconds: 10,
    memoryMb: 512,
  },
  'validate-invitation': {
    file: 'http/validate-invitation',
    does: 'tells whether an invitation could be used',
    tables: { throttles: ['update'], invitations: ['get'] },
    timeoutSeconds: 10,
    memoryMb: 512,
  },
  'generate-invitation': {
    file: 'internal/generate-invitation',
    does: 'makes an invitation',
    tables: { invitations: ['put'], audit: ['put'] },
    isInvoked: true,
    timeoutSeconds: 10,
    memoryMb: 256,
  },
  'drop-connection': {
    file: 'internal/drop-connection',
    does: 'takes one connection out of its session and closes it',
    notes: true,
    tables: { connections: ['get', 'put', 'update'], sessions: ['update'], audit: ['put'] },
    sockets: ['delete'],
    isInvoked: true,
    timeoutSeconds: 15,
    memoryMb: 256,
  },
  revoke: {
    file: 'internal/revoke',
    does: 'shuts a user, or a session, out at once',
    notes: true,
    tables: {
      connections: ['get', 'put', 'update'],
      sessions: ['get', 'update', 'query'],
      subscriptions: ['update'],
      audit: ['put'],
    },
    sockets: ['delete'],
    knowsUserPool: true,
    users: ['AdminUserGlobalSignOut'],
    isInvoked: true,
    timeoutSeconds: 60,
    memoryMb: 512,
  },
  'broadcast-event': {
    file: 'internal/broadcast-event',
    does: 'posts an event to every connection of a tenant',
    notes: true,
    tables: {
      broadcasts: ['get', 'put'],
      connections: ['get', 'put', 'update', 'scan'],
      sessions: ['update'],
    },
    sockets: ['post', 'delete'],
    isInvoked: true,
    timeoutSeconds: 120, // 10,000 posts a second are an account's quota
    memoryMb: 1769, // as the fan-out's
    scansBecause:
      'Everybody is meant, and only the table itself can be read consistently: who was connected when it began must be found. Reading 10,000 rows costs a hundredth of what posting to them does.',
  },
  'check-session': {
    file: 'internal/check-session',
    does: 'cleans a session up that nobody is connected to',
    notes: true,
    tables: {
      connections: ['get', 'put', 'update'],
      sessions: ['get', 'update'],
      subscriptions: ['update'],
    },
    sockets: ['get', 'delete'],
    isInvoked: true,
    timeoutSeconds: 30,
    memoryMb: 256,
  },
  'connection-manager': {
    file: 'internal/connection-manager',
    does: 'administers connections: lists, changes, cleans up, redrives what was parked',
    notes: true,
    isNamed: true,
    tables: {
      connections: ['get', 'put', 'update', 'scan', 'batchGet', 'query UserIdIndex'],
      sessions: ['get', 'update', 'batchGet'],
      subscriptions: ['query', 'update'],
      notifications: ['get', 'update', 'batchGet', 'scan', 'query', 'query SeqIndex'],
      audit: ['put', 'query TargetIndex'],
    },
    sends: ['delivery'],
    sockets: ['post', 'get', 'delete'],
    refersToHttp: true,
    redrives: true,
    readsJournal: true,
    isInvoked: true,
    timeoutSeconds: 300, // a clean-up asks about 150,000 sockets at the most
    memoryMb: 1024,
    scansBecause:
      'Its document asks for all connections, and for those without a sign of life: both are the table. And a message without a number is in no index: who asks for all of those asks for the table of messages.',
  },
  'session-check': {
    file: 'queues/session-check',
    does: 'ends sessions whose grace time is over',
    notes: true,
    tables: { sessions: ['get', 'update'], subscriptions: ['update'] },
    sends: ['session-check'],
    timeoutSeconds: 30,
    memoryMb: 256,
  },
  reaper: {
    file: 'queues/reaper',
    does: 'closes sockets that did not authenticate in time',
    notes: true,
    tables: { connections: ['get', 'put'] },
    sends: ['reaper'],
    sockets: ['delete'],
    timeoutSeconds: 15,
    memoryMb: 256,
  },
  sweep: {
    file: 'schedules/sweep',
    does: 'probes sockets that gave no sign of life, and heals what a crash left behind',
    notes: true,
    tables: {
      connections: ['get', 'put', 'update', 'scan'],
      sessions: ['get', 'update', 'scan'],
      subscriptions: ['update'],
    },
    sockets: ['get', 'delete'],
    timeoutSeconds: 55, // ends before the next one starts
    memoryMb: 512,
    scansBecause:
      'It looks for rows that nobody else will ever name: sockets without a sign of life, sessions whose check was lost. An index for that would cost a write with every sign of life.',
  },
} as const satisfies Record<string, FunctionSpec>;

export type FunctionName = keyof typeof functions;

/** Those that are meant to be invoked by others [S0-14]. */
export type InvokedFunction = {
  [Name in FunctionName]: (typeof functions)[Name] extends { isInvoked: true } ? Name : never;
}[FunctionName];

export interface QueueSpec {
  readonly consumer: FunctionName;
  /** What a message waits unless it says otherwise. */
  readonly delaySeconds: number;
  /** @default 10 */
  readonly batchSize?: number;
}

/** Standard queues: what waits in them, for how long, and who takes it. */
export const queues = {
  reaper: {
    consumer: 'reaper',
    /** One message per new socket. */
    delaySeconds: AUTHENTICATE_WITHIN_SECONDS,
  },
  'session-check': {
    consumer: 'session-check',
    /** Each message carries its own delay: what is left of the grace time. */
    delaySeconds: 0,
  },
  delivery: {
    consumer: 'delivery',
    delaySeconds: 0,
    /** A page is a function's work for a while: a second one beside it would wait. */
    batchSize: 1,
  },
  express: {
    consumer: 'express',
    delaySeconds: 0,
  },
  'parked-events': {
    consumer: 'parked-events',
    /** A bus that did not take an event is not asked again at once. */
    delaySeconds: 30,
  },
  'parked-notifications': {
    consumer: 'redrive',
    /** Whatever made ten tries fail may be over by then. */
    delaySeconds: 60,
  },
  'bridged-events': {
    consumer: 'bridge-events',
    delaySeconds: 0,
  },
  'message-pages': {
    consumer: 'message-pages',
    delaySeconds: 0,
    /** As `delivery`'s. */
    batchSize: 1,
  },
} as const satisfies Record<QueueName, QueueSpec>;

/**
 * Stream functions whose batches, once given up on, lie in a queue of their own that nobody takes from: where
 * they were in the stream, not what was in them.
 */
export const streamFailures = ['notification-bridge', 'session-stream'] as const;
export type StreamFailures = (typeof streamFailures)[number];
