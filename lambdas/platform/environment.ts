import {
  DEPLOYMENT_VARIABLE,
  type DoorSettings,
  EVENT_BUS_VARIABLE,
  functionVariable,
  HTTP_VARIABLE,
  JOURNAL_VARIABLE,
  PARKED_QUEUES_VARIABLE,
  queueVariable,
  type Settings,
  SOCKETS_VARIABLE,
  tableVariable,
  USER_POOL_CLIENT_VARIABLE,
  USER_POOL_VARIABLE,
} from '../../contract/environment.ts';
import { functions, type InvokedFunction, type QueueName } from '../../contract/functions.ts';
import type { TableName } from '../../contract/tables.ts';
import type { SessionLimits } from '../../rules/session.ts';

/** The one reader of `process.env`. A missing variable is a defect of the deployment and says its name. */
function read(variable: string): string {
  const value = process.env[variable];
  if (value === undefined) throw new Error(`The environment variable ${variable} is not set.`);
  return value;
}

export const tableNameOf = (table: TableName): string => read(tableVariable(table));
export const queueUrlOf = (queue: QueueName): string => read(queueVariable(queue));
/** Tests and benches that run flows by themselves have none. */
export const deploymentName = (): string | undefined => process.env[DEPLOYMENT_VARIABLE];
/** Of the functions that note facts. */
export const journalLogGroups = (): string[] => {
  const prefix = read(JOURNAL_VARIABLE);
  const noting = Object.entries(functions).filter(([, spec]) => 'notes' in spec);
  return noting.map(([name]) => `${prefix}${name}`);
};
/** In the order of the contract: work queues, then failures of streams. */
export const parkedQueueNames = (): string[] => read(PARKED_QUEUES_VARIABLE).split(',');
/** Of a function that this one may invoke. */
export const functionNameOf = (name: InvokedFunction): string => read(functionVariable(name));
export const eventBusName = (): string => read(EVENT_BUS_VARIABLE);
export const socketsEndpoint = (): string => read(SOCKETS_VARIABLE);
export const httpUrl = (): string => read(HTTP_VARIABLE);

/** Whose rights the function has: Lambda puts them into its environment. */
export const credentials = () => {
  const sessionToken = process.env.AWS_SESSION_TOKEN;
  return {
    accessKeyId: read('AWS_ACCESS_KEY_ID'),
    secretAccessKey: read('AWS_SECRET_ACCESS_KEY'),
    ...(sessionToken !== undefined && { sessionToken }),
  };
};
export const region = (): string => read('AWS_REGION');

export const userPool = () => ({
  userPoolId: read(USER_POOL_VARIABLE),
  clientId: read(USER_POOL_CLIENT_VARIABLE),
});

/** Where the SDKs look for Cognito too; set outside AWS only. */
export const cognitoEndpoint = (): string | undefined =>
  process.env.AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER;

export const settings: { readonly [Name in keyof Settings]: () => Settings[Name] } = {
  DOOR: () => read('DOOR') as Settings['DOOR'],
  GRACE_SECONDS: () => Number(read('GRACE_SECONDS')),
  RETENTION_SECONDS: () => Number(read('RETENTION_SECONDS')),
  EPOCH: () => read('EPOCH'),
  EXPRESS: () => read('EXPRESS') as Settings['EXPRESS'],
  TOPICS: () => JSON.parse(read('TOPICS')) as Settings['TOPICS'],
  SESSIONS_PER_USER: () => Number(read('SESSIONS_PER_USER')),
  CONNECTIONS_PER_SESSION: () => Number(read('CONNECTIONS_PER_SESSION')),
  MESSAGES_PER_CONNECTION: () => Number(read('MESSAGES_PER_CONNECTION')),
  MESSAGES_PER_USER: () => Number(read('MESSAGES_PER_USER')),
};

const list = (variable: string): string[] => read(variable).split(',').filter(Boolean);

/** Of the functions that decide whether a socket is opened. */
export const doorSettings: { readonly [Name in keyof DoorSettings]: () => DoorSettings[Name] } = {
  ALLOWED_ADDRESSES: () => list('ALLOWED_ADDRESSES'),
  DENIED_ADDRESSES: () => list('DENIED_ADDRESSES'),
  ALLOWED_ORIGINS: () => list('ALLOWED_ORIGINS'),
  CONNECTS_PER_ADDRESS: () => Number(read('CONNECTS_PER_ADDRESS')),
};

/** [S3-07] What one user may have, as this deployment was told. */
export const sessionLimits = (): SessionLimits => ({
  sessionsPerUser: settings.SESSIONS_PER_USER(),
  connectionsPerSession: settings.CONNECTIONS_PER_SESSION(),
  retentionSeconds: settings.RETENTION_SECONDS(),
});

/** A table outside the published layout (the sample store's), by the name of its variable. */
export const otherTableName = (variable: string): string => read(variable);

/** What else a stack of one's own tells its functions, by the name of its variable. */
export const otherSetting = (variable: string): string => read(variable);
