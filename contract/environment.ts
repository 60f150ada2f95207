/** The names of environment variables, computed: CDK writes them, `lambdas/platform/environment.ts` reads them. */

import type { FunctionName, QueueName } from './functions.ts';
import type { TableName } from './tables.ts';
import type { TopicRule } from './topic-rules.ts';

const shout = (name: string): string => name.replaceAll('-', '_').toUpperCase();

export const tableVariable = (table: TableName): string => `${shout(table)}_TABLE_NAME`;
export const queueVariable = (queue: QueueName): string => `${shout(queue)}_QUEUE_URL`;
/** How a function that may invoke one of ours is told its name. */
export const functionVariable = (name: FunctionName): string => `${shout(name)}_FUNCTION_NAME`;
/** `https://…/prod`: where `@connections` answers. */
export const SOCKETS_VARIABLE = 'SOCKETS_ENDPOINT';
/** `https://…`: where the HTTP API answers, without a slash at its end. */
export const HTTP_VARIABLE = 'HTTP_URL';
export const EVENT_BUS_VARIABLE = 'EVENT_BUS_NAME';
/** Whose metrics they are: the dimension of each. */
export const DEPLOYMENT_VARIABLE = 'DEPLOYMENT_NAME';
/** What names of log groups begin with; the function's name follows. */
export const JOURNAL_VARIABLE = 'JOURNAL_LOG_PREFIX';
/**
 * Names of every work queue, then of the failures of streams, in the order of the contract, parted by commas.
 * Not URLs: a function's variables have 4 KB together.
 */
export const PARKED_QUEUES_VARIABLE = 'PARKED_QUEUES';
export const USER_POOL_VARIABLE = 'USER_POOL_ID';
export const USER_POOL_CLIENT_VARIABLE = 'USER_POOL_CLIENT_ID';

/**
 * How a client gets in. `message`: connect, then `authenticate`. `ticket`: with a one-time ticket in the
 * URL. `sub-protocol`: with a token beside the sub-protocol's name. `iam`: by a signature of AWS. `none`: no
 * user, no session.
 */
export const doors = ['message', 'ticket', 'sub-protocol', 'iam', 'none'] as const;
export type Door = (typeof doors)[number];

/** What an operator sets and the functions obey; each travels as text in the variable of its name. */
export interface Settings {
  readonly DOOR: Door;
  readonly GRACE_SECONDS: number;
  readonly RETENTION_SECONDS: number;
  /** Raised by an operator after a restore, so that every cursor from before is told so. */
  readonly EPOCH: string;
  /** `on`: publishers hand new messages on at once, ahead of their stream. */
  readonly EXPRESS: 'on' | 'off';
  /** Who may use which topics; travels as JSON. */
  readonly TOPICS: readonly TopicRule[];
  /** [S3-07] Live sessions of one user. */
  readonly SESSIONS_PER_USER: number;
  /** [S3-07] Connections of one session; times the sessions, those of a user. */
  readonly CONNECTIONS_PER_SESSION: number;
  /** [S3-07] A minute, pings aside; 0 for no limit. */
  readonly MESSAGES_PER_CONNECTION: number;
  readonly MESSAGES_PER_USER: number;
}

/** What is told besides to those who decide whether a socket is opened; lists are parted by commas. */
export interface DoorSettings {
  /** [S3-11] Addresses and CIDR blocks. */
  readonly ALLOWED_ADDRESSES: readonly string[];
  readonly DENIED_ADDRESSES: readonly string[];
  readonly ALLOWED_ORIGINS: readonly string[];
  /** [S3-07] A minute; 0 for no limit. */
  readonly CONNECTS_PER_ADDRESS: number;
}
