import type { RemovalPolicy } from 'aws-cdk-lib';
import type { IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Door } from '../../contract/environment.ts';
import {
  CONNECTIONS_PER_SESSION,
  EVENTS_KEPT_DAYS,
  GRACE_SECONDS,
  RETENTION_SECONDS,
  SESSIONS_PER_USER,
} from '../../contract/limits.ts';
import type { EncryptionKeyChoice } from './encryption-key.ts';
import type { SwitchboardState } from './switchboard-state.ts';

export interface SwitchboardProps {
  /**
   * Tables, users and bus of another stack, so that they outlive this one.
   * @default - state of its own
   */
  readonly state?: SwitchboardState;
  /**
   * What becomes of that state of its own with the stack; other than DESTROY, it is also protected.
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
  /**
   * How many days the bus of that state of its own keeps what it was told.
   * @default 30
   */
  readonly eventsKeptDays?: number;
  /**
   * What tables, queues and logs are encrypted with, unless `state` says so: `aws`, by AWS's own keys; `own`, by a key
   * that is made, and changed each year; or the ARN of a key, whose policy then has to admit CloudWatch Logs and
   * EventBridge (docs/OPERATIONS.md).
   * @default 'aws'
   */
  readonly encryptionKey?: EncryptionKeyChoice;
  /**
   * How clients get in. `message`: they authenticate by their first frame. `ticket`: with a one-time ticket
   * in the URL. `sub-protocol`: with a token beside the sub-protocol’s name. `iam`: by a handshake that is signed
   * as AWS's own APIs are, see `grantConnect`. `none`: nobody is anybody.
   * @default 'message'
   */
  readonly door?: Door;
  /**
   * How long a session without a connection stays, 1 to 900.
   * @default 30
   */
  readonly graceSeconds?: number;
  /**
   * How long missed notifications can be read, and ended sessions revived.
   * @default 6
   */
  readonly retentionHours?: number;
  /**
   * Raised after a restore, so that every cursor from before is told so.
   * @default '1'
   */
  readonly epoch?: string;
  /**
   * Whether publishers hand new messages on at once, so that they need not wait for their stream; it costs
   * two write and two read units more a message and topic, and a message of a queue.
   * @default false
   */
  readonly express?: boolean;
  /**
   * Topics that every signed-in user may use, or patterns of them, as `allowTopics` takes them.
   * @default - none: topics are closed until something opens them
   */
  readonly topics?: readonly string[];
  /**
   * Live sessions of one user, 1 to 500. Who has as many gets another one only in place of one that is dead,
   * or that nobody is connected to.
   * @default 50
   */
  readonly sessionsPerUser?: number;
  /**
   * Connections of one session, 1 to 100. A user has at most `sessionsPerUser` times as many.
   * @default 10
   */
  readonly connectionsPerSession?: number;
  /**
   * What a connection may send in a minute, pings aside; a write unit each. 0 for no limit.
   * @default 0
   */
  readonly messagesPerConnection?: number;
  /**
   * What a user may send in a minute over all connections, pings aside; a write unit each. 0 for no limit.
   * @default 0
   */
  readonly messagesPerUser?: number;
  /**
   * How often an address (of IPv6 a network of /64) may connect in a minute; a write unit each. 0 for no limit.
   * @default 0
   */
  readonly connectsPerAddress?: number;
  /**
   * Addresses and CIDR blocks, of IPv4 and IPv6, that may open a socket.
   * @default - none is named: all may
   */
  readonly allowedAddresses?: readonly string[];
  /**
   * Addresses and CIDR blocks that may not, even if they are allowed.
   * @default - none
   */
  readonly deniedAddresses?: readonly string[];
  /**
   * The pages that may call the HTTP API from a browser, as `https://host[:port]`. Where some are named, no other
   * page may open a socket.
   * @default - none
   */
  readonly allowedOrigins?: readonly string[];
  /**
   * Requests a second that each API admits.
   * @default 5000
   */
  readonly throttleRate?: number;
  /**
   * Requests at once that each API admits.
   * @default 2500
   */
  readonly throttleBurst?: number;
  /**
   * Whether functions that documents call by a name have that name, as `connection-manager`. Then there is
   * room for one Switchboard in each account and region.
   * @default true
   */
  readonly namesFunctions?: boolean;
  /**
   * How long every log is kept.
   * @default RetentionDays.ONE_MONTH
   */
  readonly logRetention?: RetentionDays;
  /**
   * A dashboard, and alarms whose meaning stands in docs/OPERATIONS.md. AWS charges for both.
   * @default true
   */
  readonly monitoring?: boolean;
  /**
   * From how many active connections on somebody is to know of it.
   * @default 10000
   */
  readonly manyConnections?: number;
  /**
   * What every alarm does, as to tell a topic.
   * @default - nothing: alarms change their state, and nobody is woken
   */
  readonly alarmActions?: readonly IAlarmAction[];
  /**
   * Writes a line for each request at the APIs. WebSocket APIs need a role for that which API Gateway
   * keeps once for the whole account.
   * @default false
   */
  readonly accessLogs?: boolean;
}

/** What holds where nothing is chosen, here and in the configuration. */
export const switchboardDefaults = {
  encryptionKey: 'aws',
  door: 'message',
  graceSeconds: GRACE_SECONDS,
  retentionHours: RETENTION_SECONDS / 3600,
  eventsKeptDays: EVENTS_KEPT_DAYS,
  epoch: '1',
  express: false,
  topics: [],
  sessionsPerUser: SESSIONS_PER_USER,
  connectionsPerSession: CONNECTIONS_PER_SESSION,
  messagesPerConnection: 0,
  messagesPerUser: 0,
  connectsPerAddress: 0,
  allowedAddresses: [],
  deniedAddresses: [],
  allowedOrigins: [],
  // Half of what an account has for all its APIs: the other half stays for what is posted to sockets.
  throttleRate: 5000,
  throttleBurst: 2500,
  namesFunctions: true,
  monitoring: true,
  manyConnections: 10_000,
  alarmActions: [],
  logRetention: RetentionDays.ONE_MONTH,
  accessLogs: false,
} as const satisfies SwitchboardProps;

type Defaulted = keyof typeof switchboardDefaults;

export type ChosenProps = SwitchboardProps & Required<Pick<SwitchboardProps, Defaulted>>;

/** An undefined prop is one that was not given. */
export function withDefaults(props: SwitchboardProps): ChosenProps {
  const given = Object.entries(props).filter(([, value]) => value !== undefined);
  return { ...switchboardDefaults, ...Object.fromEntries(given) };
}
