import type { Surroundings } from '../lib/constructs/function-environment.ts';

export const REGION = 'us-east-1';
export const USER_POOL = { userPoolId: `${REGION}_bench`, userPoolClientId: 'bench-client' };

/** What functions are told in a bench that runs them by themselves; everything answers at one address. */
export const surroundingsOf = (url: string): Surroundings => ({
  settings: {
    DOOR: 'message',
    GRACE_SECONDS: 30,
    RETENTION_SECONDS: 3600,
    EPOCH: '0',
    EXPRESS: 'off',
    SESSIONS_PER_USER: 50,
    CONNECTIONS_PER_SESSION: 10,
    MESSAGES_PER_CONNECTION: 0,
    MESSAGES_PER_USER: 0,
  },
  doorSettings: {
    ALLOWED_ADDRESSES: [],
    DENIED_ADDRESSES: [],
    ALLOWED_ORIGINS: [],
    CONNECTS_PER_ADDRESS: 0,
  },
  topics: '[]',
  socketsEndpoint: `${url}/prod`,
  httpUrl: url,
  ...USER_POOL,
  deployment: 'bench',
  logPrefix: '/bench/',
  parkedQueues: ['bench'],
  eventBusName: 'bench',
  tableName: (table) => `bench-${table}`,
  queueUrl: (queue) => `${url}/000000000000/${queue}`,
});
