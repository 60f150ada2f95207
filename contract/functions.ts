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

export type QueueName = 'reaper' | 'session-check';
export type SocketCall = 'post' | 'get' | 'delete';

export interface FunctionSpec {
  /** Below `lambdas/`, without suffix: the folder says what triggers it. */
  readonly file: string;
  readonly does: string;
  readonly tables: { readonly [Table in TableName]?: readonly Right<Table>[] };
  readonly sends?: readonly QueueName[];
  readonly sockets?: readonly SocketCall[];
  /** Needs the user pool's ids to verify access tokens itself. */
  readonly verifiesTokens?: true;
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
    tables: { connections: ['put'] },
    sends: ['reaper'],
    timeoutSeconds: CONNECT_TIMEOUT_SECONDS, // it must not outlast its reaper
    memoryMb: 512,
  },
  disconnect: {
    file: 'routes/disconnect',
    does: 'takes a closed socket out of its session',
    tables: { connections: ['get', 'put', 'update'], sessions: ['update'] },
    timeoutSeconds: 15, // room for the retries of a contended transaction
    memoryMb: 512,
  },
  default: {
    file: 'routes/default',
    does: 'answers every frame of a client',
    tables: {
      connections: ['get', 'put', 'update'],
      sessions: ['get', 'update'],
      subscriptions: ['update', 'delete', 'batchWrite'],
      notifications: ['batchGet', 'query SeqIndex'],
    },
    sockets: ['post', 'delete'],
    verifiesTokens: true,
    timeoutSeconds: 25, // API Gateway gives up at 29 s
    memoryMb: 1024, // RSA verification and first parse are CPU; the user waits for them
  },
  'read-notifications': {
    file: 'http/read-notifications',
    does: 'answers what a client missed, over HTTP',
    tables: { notifications: ['batchGet', 'query SeqIndex'] },
    timeoutSeconds: 25,
    memoryMb: 512,
  },
  'fan-out': {
    file: 'streams/fan-out',
    does: 'stamps new notifications and posts them to every subscriber',
    tables: {
      connections: ['get', 'put', 'update'],
      sessions: ['get', 'update', 'batchGet'],
      subscriptions: ['query', 'update'],
      notifications: ['get', 'update'],
    },
    sockets: ['post', 'delete'],
    timeoutSeconds: 60,
    memoryMb: 1769, // posting is CPU-bound: a whole vCPU
  },
  'session-stream': {
    file: 'streams/session-stream',
    does: 'asks for a check of each session that lost its last connection',
    tables: {},
    sends: ['session-check'],
    timeoutSeconds: 15,
    memoryMb: 256,
  },
  'session-check': {
    file: 'queues/session-check',
    does: 'ends sessions whose grace time is over',
    tables: { sessions: ['get', 'update'], subscriptions: ['update'] },
    sends: ['session-check'],
    timeoutSeconds: 30,
    memoryMb: 256,
  },
  reaper: {
    file: 'queues/reaper',
    does: 'closes sockets that did not authenticate in time',
    tables: { connections: ['get', 'put'] },
    sends: ['reaper'],
    sockets: ['delete'],
    timeoutSeconds: 15,
    memoryMb: 256,
  },
  sweep: {
    file: 'schedules/sweep',
    does: 'probes sockets that gave no sign of life, and heals what a crash left behind',
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
} as const satisfies Record<QueueName, { consumer: FunctionName; delaySeconds: number }>;
