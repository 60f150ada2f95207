import { describe, expect, it } from 'vitest';
import { functions, queues, streamFailures } from '../../contract/functions.ts';
import { type Arns, functionRights } from '../../lib/constructs/function-rights.ts';
import {
  consumeRight,
  lookIntoRight,
  publishRight,
  putEventsRight,
  sendBackRight,
  sendRight,
  socketRight,
  streamRights,
  tableRights,
  takeDeadLettersRight,
  usersRight,
} from '../../lib/constructs/right.ts';
import { streamSources } from '../../lib/constructs/stream-sources.ts';
import { keysOf } from '../../lib/records.ts';

const arns: Arns = {
  table: (table) => `table/${table}`,
  stream: (table) => `table/${table}/stream`,
  queue: (queue) => `queue/${queue}`,
  deadLetters: (queue) => `dead/${queue}`,
  failures: (name) => `failures/${name}`,
  socketCall: (call) => `sockets/${call}/*`,
  journal: ['log-a', 'log-b'],
  eventBus: 'bus',
  userPool: 'pool',
};

describe('rights', () => {
  it.each([
    ['get', 'dynamodb:GetItem'],
    ['put', 'dynamodb:PutItem'],
    ['update', 'dynamodb:UpdateItem'],
    ['delete', 'dynamodb:DeleteItem'],
    ['query', 'dynamodb:Query'],
    ['scan', 'dynamodb:Scan'],
    ['batchGet', 'dynamodb:BatchGetItem'],
    ['batchWrite', 'dynamodb:BatchWriteItem'],
  ] as const)('%s is %s on the table, and nothing on its indexes', (verb, action) => {
    expect(tableRights('pets', [verb])).toEqual([{ actions: [action], resources: ['pets'] }]);
  });

  it('the query of an index is no query of the table', () => {
    expect(tableRights('pets', ['get', 'query ByName', 'update'])).toEqual([
      { actions: ['dynamodb:GetItem', 'dynamodb:UpdateItem'], resources: ['pets'] },
      { actions: ['dynamodb:Query'], resources: ['pets/index/ByName'] },
    ]);
  });

  it('no verb is no right', () => {
    expect(tableRights('pets', [])).toEqual([]);
  });

  it('to publish is to put notifications', () => {
    expect(publishRight('n')).toEqual({ actions: ['dynamodb:PutItem'], resources: ['n'] });
  });

  it.each(keysOf(functions))('%s: a wildcard stands only beside its reason', (name) => {
    for (const { resources, wildcardBecause } of functionRights(name, arns)) {
      const isWide = resources.some((resource) => resource.endsWith('*'));
      expect(wildcardBecause !== undefined).toBe(isWide);
    }
  });

  it.each(keysOf(functions))('%s: scans only if it says why', (name) => {
    const actions = functionRights(name, arns).flatMap((right) => right.actions);
    expect(actions.includes('dynamodb:Scan')).toBe('scansBecause' in functions[name]);
  });

  it('connect may send to the reaper, put connections and count what an address opens', () => {
    expect(functionRights('connect', arns)).toEqual([
      { actions: ['dynamodb:PutItem'], resources: ['table/connections'] },
      { actions: ['dynamodb:UpdateItem'], resources: ['table/throttles'] },
      sendRight('queue/reaper'),
    ]);
  });

  it('a queue is taken from by its consumer alone', () => {
    const takers = keysOf(functions).filter((name) =>
      functionRights(name, arns).some(
        ({ actions, resources }) =>
          actions.includes('sqs:ReceiveMessage') &&
          resources.some((resource) => resource.startsWith('queue/')),
      ),
    );
    expect(takers).toEqual([
      'express',
      'delivery',
      'redrive',
      'parked-events',
      'bridge-events',
      'message-pages',
      'session-check',
      'reaper',
    ]);
    expect(functionRights('reaper', arns)).toContainEqual(consumeRight('queue/reaper'));
  });

  it('dead letters are taken by the connection manager alone, which takes nothing from a queue that has a function', () => {
    const takers = keysOf(functions).filter((name) =>
      functionRights(name, arns).some(({ resources }) => resources.includes('dead/delivery')),
    );
    expect(takers).toEqual(['connection-manager']);
    const rights = functionRights('connection-manager', arns);
    expect(rights).toContainEqual(sendBackRight(keysOf(queues).map((name) => `queue/${name}`)));
    expect(rights).toContainEqual(
      takeDeadLettersRight(keysOf(queues).map((name) => `dead/${name}`)),
    );
    expect(rights).toContainEqual(
      lookIntoRight(['failures/notification-bridge', 'failures/session-stream']),
    );
    const parted = keysOf(streamSources).filter((name) => !('parksIn' in streamSources[name]));
    expect(parted).toEqual(streamFailures);
  });

  it('a stream is read, and its failures are put aside, by its function alone', () => {
    expect(functionRights('session-stream', arns)).toEqual([
      sendRight('queue/session-check'),
      sendRight('queue/parked-events'),
      putEventsRight('bus'),
      ...streamRights('table/sessions/stream'),
      sendRight('failures/session-stream'),
    ]);
  });

  it('[S0-14] users are made by the sign-up and signed out by the revocation alone, by exactly the calls that each declares', () => {
    const administrators = keysOf(functions).filter((name) =>
      functionRights(name, arns).some(({ resources }) => resources.includes('pool')),
    );
    expect(administrators).toEqual(['sign-up', 'revoke']);
    expect(functionRights('revoke', arns)).toContainEqual(
      usersRight('pool', ['AdminUserGlobalSignOut']),
    );
    expect(functionRights('sign-up', arns)).toContainEqual(
      usersRight('pool', functions['sign-up'].users),
    );
    expect(usersRight('pool', ['AdminGetUser'])).toEqual({
      actions: ['cognito-idp:AdminGetUser'],
      resources: ['pool'],
    });
  });

  it('the bus is told by those alone that declare it', () => {
    const tellers = keysOf(functions).filter((name) =>
      functionRights(name, arns).some(({ actions }) => actions.includes('events:PutEvents')),
    );
    expect(tellers).toEqual(['session-stream', 'notification-bridge', 'parked-events']);
  });

  it('sockets are called by the declared methods alone', () => {
    expect(functionRights('reaper', arns)).toContainEqual(socketRight(['sockets/delete/*']));
  });
});
