import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { type Door, doors } from '../contract/environment.ts';
import {
  CONNECTIONS_PER_SESSION_MOST,
  GRACE_SECONDS_MOST,
  SESSIONS_PER_USER_MOST,
} from '../contract/limits.ts';
import { isNetwork } from '../contract/networks.ts';
import { isTopicPattern } from '../contract/topic-rules.ts';
import { switchboardDefaults } from './constructs/switchboard-props.ts';
import {
  type Context,
  matching,
  oneOf,
  readSetting,
  readSettings,
  type Setting,
  type Settings,
  trueOrFalse,
  wholeNumber,
} from './setting.ts';

const samples = ['all', 'pet-store', 'none'] as const;
type Samples = (typeof samples)[number];
type Environment = 'development' | 'production';

/** What an operator may choose: `cdk deploy -c switchboard:door=none`, or `context` in cdk.json. */
export interface Config {
  /** In `production`, tables, users and the bus outlive their stack and refuse deletion. */
  readonly environment: Environment;
  readonly door: Door;
  /** `aws`, `own`, or the ARN of a key: what tables, queues and logs are encrypted with. */
  readonly encryptionKey: string;
  /** How long a session without a connection stays. */
  readonly graceSeconds: number;
  /** How long missed notifications can be read. */
  readonly retentionHours: number;
  /** How long the bus keeps what it was told, for consumers that are new or were wrong. */
  readonly eventsKeptDays: number;
  /** Raised after a restore, so that every cursor from before is told so. */
  readonly epoch: string;
  /** Whether publishers hand new messages on at once, ahead of their stream. */
  readonly express: boolean;
  /** Topics that every signed-in user may use, or patterns of them; the application opens its own. */
  readonly topics: readonly string[];
  /** Live sessions of one user. */
  readonly sessionsPerUser: number;
  /** Connections of one session. */
  readonly connectionsPerSession: number;
  /** Messages a minute of one connection, pings aside; 0 for no limit. */
  readonly messagesPerConnection: number;
  /** Messages a minute of one user, pings aside; 0 for no limit. */
  readonly messagesPerUser: number;
  /** Connects a minute from one address; 0 for no limit. */
  readonly connectsPerAddress: number;
  /** Addresses and CIDR blocks that may open a socket; all may where none is named. */
  readonly allowedAddresses: readonly string[];
  /** Addresses and CIDR blocks that may not. */
  readonly deniedAddresses: readonly string[];
  /** The pages that may call the HTTP API from a browser: in development all, else none by default. */
  readonly allowedOrigins: readonly string[];
  /** Requests a second that each API admits. */
  readonly throttleRate: number;
  /** Requests at once that each API admits. */
  readonly throttleBurst: number;
  /** Whether functions have the names that documents call them by: one Switchboard in account and region. */
  readonly namesFunctions: boolean;
  readonly logRetentionDays: RetentionDays;
  /** A dashboard, and alarms whose meaning stands in docs/OPERATIONS.md. */
  readonly monitoring: boolean;
  /** From how many active connections on somebody is to know of it. */
  readonly manyConnections: number;
  /** The SNS topic that every alarm tells; nobody where it is empty. */
  readonly alarmTopic: string;
  /** WebSocket APIs write them with a role that API Gateway keeps once for the whole account. */
  readonly accessLogs: boolean;
  /** Which of the samples come along: an application of your own needs none. */
  readonly samples: Samples;
}

const listOf = (given: unknown): string[] =>
  Array.isArray(given) ? given.map(String) : String(given).split(',');

const environment = oneOf<Environment>(['development', 'production'], 'development');

const A_MINUTE_MOST = 1_000_000;

const networks = (fallback: readonly string[]): Setting<readonly string[]> => ({
  fallback,
  allowed: 'addresses or blocks such as 10.0.0.0/8 and 2001:db8::/32, parted by commas',
  read: (given) => {
    const named = listOf(given);
    return named.every(isNetwork) ? named : undefined;
  },
});

const settings: Settings<Omit<Config, 'allowedOrigins'>> = {
  environment,
  door: oneOf(doors, switchboardDefaults.door),
  encryptionKey: matching(
    /^(?:aws|own|arn:aws[\w-]*:kms:[\w-]+:\d{12}:key\/[\w-]+)$/,
    'aws, own, or the ARN of a key of KMS',
    switchboardDefaults.encryptionKey,
  ),
  graceSeconds: wholeNumber(1, GRACE_SECONDS_MOST, switchboardDefaults.graceSeconds),
  retentionHours: wholeNumber(1, 7 * 24, switchboardDefaults.retentionHours),
  eventsKeptDays: wholeNumber(1, 3650, switchboardDefaults.eventsKeptDays),
  epoch: matching(
    /^[\w-]{1,32}$/,
    '1 to 32 letters, digits, "_" or "-"',
    switchboardDefaults.epoch,
  ),
  express: trueOrFalse(switchboardDefaults.express),
  topics: {
    fallback: switchboardDefaults.topics,
    allowed: 'topics or patterns such as news/**, parted by commas',
    read: (given) => {
      const patterns = listOf(given);
      return patterns.every(isTopicPattern) ? patterns : undefined;
    },
  },
  sessionsPerUser: wholeNumber(1, SESSIONS_PER_USER_MOST, switchboardDefaults.sessionsPerUser),
  connectionsPerSession: wholeNumber(
    1,
    CONNECTIONS_PER_SESSION_MOST,
    switchboardDefaults.connectionsPerSession,
  ),
  messagesPerConnection: wholeNumber(0, A_MINUTE_MOST, switchboardDefaults.messagesPerConnection),
  messagesPerUser: wholeNumber(0, A_MINUTE_MOST, switchboardDefaults.messagesPerUser),
  connectsPerAddress: wholeNumber(0, A_MINUTE_MOST, switchboardDefaults.connectsPerAddress),
  allowedAddresses: networks(switchboardDefaults.allowedAddresses),
  deniedAddresses: networks(switchboardDefaults.deniedAddresses),
  throttleRate: wholeNumber(1, 10_000, switchboardDefaults.throttleRate),
  throttleBurst: wholeNumber(1, 5000, switchboardDefaults.throttleBurst),
  namesFunctions: trueOrFalse(switchboardDefaults.namesFunctions),
  monitoring: trueOrFalse(switchboardDefaults.monitoring),
  manyConnections: wholeNumber(1, 999_999_999, switchboardDefaults.manyConnections),
  alarmTopic: matching(
    /^$|^arn:aws[\w-]*:sns:[\w-]+:\d{12}:[\w-]+$/,
    'the ARN of an SNS topic, or nothing',
    '',
  ),
  logRetentionDays: {
    fallback: switchboardDefaults.logRetention,
    allowed: 'a number of days that CloudWatch Logs knows: 1, 3, 5, 7, 14, 30, 60, 90 …',
    read: (given) => (RetentionDays[Number(given)] === undefined ? undefined : Number(given)),
  },
  accessLogs: trueOrFalse(switchboardDefaults.accessLogs),
  samples: oneOf(samples, 'all'),
};

const EVERY_ORIGIN = '*';
const namedOrigins: Setting<readonly string[]> = {
  fallback: switchboardDefaults.allowedOrigins,
  allowed: 'origins such as https://shop.example.com, parted by commas',
  read: (given) => {
    const origins = listOf(given);
    return origins.every(isOrigin) ? origins : undefined;
  },
};
const everyOrNamedOrigins: Setting<readonly string[]> = {
  fallback: [EVERY_ORIGIN],
  allowed: `${namedOrigins.allowed}, or ${EVERY_ORIGIN}`,
  read: (given) => (given === EVERY_ORIGIN ? [EVERY_ORIGIN] : namedOrigins.read(given)),
};

/** Reads the CDK context; throws a `Mistake` that says what is wrong there. */
export function readConfig(context: Context): Config {
  const isDevelopment = readSetting(context, 'environment', environment) === 'development';
  return readSettings<Config>(context, {
    ...settings,
    allowedOrigins: isDevelopment ? everyOrNamedOrigins : namedOrigins,
  });
}

/** As browsers write it in their Origin header: API Gateway compares letter by letter. */
const isOrigin = (text: unknown): text is string =>
  typeof text === 'string' &&
  /^https?:/.test(text) &&
  URL.canParse(text) &&
  new URL(text).origin === text;
