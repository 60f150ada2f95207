import { describe, expect, it } from 'vitest';
import {
  functionEnvironment,
  type Surroundings,
} from '../../lib/constructs/function-environment.ts';

const known: Surroundings = {
  settings: {
    DOOR: 'message',
    GRACE_SECONDS: 30,
    RETENTION_SECONDS: 21600,
    EPOCH: '1',
    EXPRESS: 'off',
    SESSIONS_PER_USER: 50,
    CONNECTIONS_PER_SESSION: 10,
    MESSAGES_PER_CONNECTION: 0,
    MESSAGES_PER_USER: 0,
  },
  doorSettings: {
    ALLOWED_ADDRESSES: ['10.0.0.0/8', '::1'],
    DENIED_ADDRESSES: [],
    ALLOWED_ORIGINS: ['*'],
    CONNECTS_PER_ADDRESS: 0,
  },
  topics: '[{"topics":"Pet"}]',
  deployment: 'this one',
  socketsEndpoint: 'https://sockets/prod',
  httpUrl: 'https://http',
  logPrefix: '/logs/',
  parkedQueues: ['queue-a', 'queue-b'],
  eventBusName: 'bus',
  userPoolId: 'pool',
  userPoolClientId: 'client',
  tableName: (table) => `the-${table}`,
  queueUrl: (queue) => `https://queues/${queue}`,
};
const spec = { file: 'f', does: 'nothing', tables: {}, timeoutSeconds: 1, memoryMb: 128 };
const settings = {
  DOOR: 'message',
  GRACE_SECONDS: '30',
  RETENTION_SECONDS: '21600',
  EPOCH: '1',
  EXPRESS: 'off',
  TOPICS: '[{"topics":"Pet"}]',
  SESSIONS_PER_USER: '50',
  CONNECTIONS_PER_SESSION: '10',
  MESSAGES_PER_CONNECTION: '0',
  MESSAGES_PER_USER: '0',
  DEPLOYMENT_NAME: 'this one',
};

describe('environment', () => {
  it('of a function that declares nothing: the settings, as text', () => {
    expect(functionEnvironment(spec, known)).toEqual(settings);
  });

  it.each([
    [{ tables: { connections: ['put'] } }, { CONNECTIONS_TABLE_NAME: 'the-connections' }],
    [{ sends: ['session-check'] }, { SESSION_CHECK_QUEUE_URL: 'https://queues/session-check' }],
    [{ sockets: ['post'] }, { SOCKETS_ENDPOINT: 'https://sockets/prod' }],
    [
      { isDoor: true },
      {
        ALLOWED_ADDRESSES: '10.0.0.0/8,::1',
        DENIED_ADDRESSES: '',
        ALLOWED_ORIGINS: '*',
        CONNECTS_PER_ADDRESS: '0',
      },
    ],
    [{ readsJournal: true }, { JOURNAL_LOG_PREFIX: '/logs/' }],
    [{ redrives: true }, { PARKED_QUEUES: 'queue-a,queue-b' }],
    [{ putsEvents: true }, { EVENT_BUS_NAME: 'bus' }],
    [{ knowsUserPool: true }, { USER_POOL_ID: 'pool', USER_POOL_CLIENT_ID: 'client' }],
  ] as const)('what is declared is told, and no more: %j', (declared, told) => {
    expect(functionEnvironment({ ...spec, ...declared }, known)).toEqual({ ...settings, ...told });
  });
});
