import { describe, expect, it } from 'vitest';
import { broadcastRequest, EVERY_TENANT } from '../../contract/broadcast.ts';
import { BROADCAST_LEFT_MOST, FRAME_BYTES } from '../../contract/limits.ts';
import type { ConnectionRow } from '../../contract/tables.ts';
import {
  advance,
  broadcastFrame,
  isHeld,
  isHopeless,
  isRecipient,
  isStillMeant,
  letGo,
  newBroadcast,
  take,
} from '../../rules/broadcast.ts';
import { newConnection } from '../../rules/connection.ts';

const NOW = Date.parse('2024-01-01T12:00:00.000Z');
const registered = {
  type: 'tournament.registered',
  tournamentId: 'tournament-123',
  data: { tournamentId: 'tournament-123', startTime: '2024-01-01T18:00:00.000Z' },
  timestamp: '2024-01-01T12:00:00.000Z',
};

describe('an event to broadcast', () => {
  const reads = (payload: unknown) => broadcastRequest.safeParse(payload).success;

  it.each([
    [
      'workflow.started',
      { tournamentId: 'tournament-123', executionArn: 'arn:aws:states:us-east-1:1:execution:a:b' },
    ],
    ['tournament.registered', registered.data],
    [
      'players.assigned',
      {
        tournamentId: 'tournament-123',
        teamId: 'team-tournament-123',
        assignedCount: 5,
      },
    ],
    [
      'teams.locked',
      { tournamentId: 'tournament-123', teamId: 'team-tournament-123', status: 'locked' },
    ],
  ])(
    '[S4-04] %s is taken as document s4 has it, and not without a part of its data',
    (type, data) => {
      expect(reads({ ...registered, type, data })).toBe(true);
      for (const name of Object.keys(data)) {
        expect(reads({ ...registered, type, data: { ...data, [name]: undefined } }), name).toBe(
          false,
        );
      }
    },
  );

  it('[S4-04] of another type brings its own data', () => {
    expect(reads({ type: 'day.begun', tournamentId: 't', data: { anything: [1] } })).toBe(true);
  });

  it.each([
    ['a type that a reply of the protocol could have', { type: 'pong' }],
    ['no tournament', { tournamentId: '' }],
    ['data that is no object', { data: 'text' }],
    ['a timestamp that is none', { timestamp: 'noon' }],
    ['a tenant that cannot be', { tenant: 'a#b' }],
    ['an empty id', { broadcastId: '' }],
  ])('with %s is none', (_, change) => {
    expect(reads({ ...registered, ...change })).toBe(false);
  });

  it('says where it is wrong, in the data as well', () => {
    const { error } = broadcastRequest.safeParse({ ...registered, data: { startTime: 'soon' } });
    expect(error?.issues[0]?.path).toEqual(['data', 'tournamentId']);
  });

  it('[S4-04] is sent as its envelope, in the order of the document, with nothing besides', () => {
    const asked = { ...registered, tenant: 'acme', broadcastId: 'one' };
    expect(broadcastFrame(asked)).toBe(JSON.stringify(registered));
  });

  it('must fit into a frame', () => {
    const data = { text: 'ü'.repeat(FRAME_BYTES / 2) };
    expect(() => broadcastFrame({ ...registered, data })).toThrow('too-large');
  });
});

describe('a broadcast', () => {
  const named = { ...registered, broadcastId: 'one' };

  it('is the same one by its id, its tenant and its event together', () => {
    const { broadcast } = newBroadcast(named, NOW);
    expect(newBroadcast(named, NOW + 5000).broadcast).toBe(broadcast);
    for (const change of [{ broadcastId: 'two' }, { tenant: 'acme' }, { type: 'day.begun' }]) {
      expect(newBroadcast({ ...named, ...change }, NOW).broadcast).not.toBe(broadcast);
    }
  });

  it('is the same one in whatever order a workflow hands its data over', () => {
    const data = { a: 1, b: { c: [1, { d: 2, e: 3 }], f: null } };
    const same = { b: { f: null, c: [1, { e: 3, d: 2 }] }, a: 1 };
    const other = { b: { f: null, c: [{ e: 3, d: 2 }, 1] }, a: 1 };
    const keyOf = (one: object) =>
      newBroadcast({ ...named, type: 'day.begun', data: { ...one } }, NOW).broadcast;
    expect(keyOf(same)).toBe(keyOf(data));
    expect(keyOf(other)).not.toBe(keyOf(data));
  });

  it('has the time of its beginning where the event brings none', () => {
    const { timestamp: _, ...timeless } = named;
    expect(newBroadcast(timeless, NOW + 5000).timestamp).toBe('2024-01-01T12:00:05.000Z');
  });

  const begun = newBroadcast(named, NOW);
  const made = { delivered: 2, gone: 1, left: [] as string[] };

  it('counts what came of it, and remembers how far it looked', () => {
    const next = advance(begun, { ...made, looked: { next: { 3: 'conn-7' } } }, NOW);
    expect(next).toEqual({ ...begun, delivered: 2, gone: 1, version: 2, after: { 3: 'conn-7' } });
    expect(advance(next, { ...made, looked: { next: {} } }, NOW)).toEqual({
      ...letGo(begun),
      state: 'done',
      delivered: 4,
      gone: 2,
      version: 3,
    });
  });

  it('is done only once everybody was looked at and none is left', () => {
    const some = advance(
      begun,
      { ...made, left: ['conn-1'], looked: { next: { 3: 'conn-7' } } },
      NOW,
    );
    // None left of those that were looked at, and others that were not.
    expect(advance(some, made, NOW)).toMatchObject({ state: 'begun', after: { 3: 'conn-7' } });
    const all = advance(some, { ...made, left: ['conn-1'], looked: { next: {} } }, NOW);
    expect(all).toMatchObject({ state: 'looked', left: new Set(['conn-1']) });
    expect(all).not.toHaveProperty('after');
    expect(advance(all, made, NOW).state).toBe('done');
    expect(advance(all, made, NOW)).not.toHaveProperty('left');
  });

  it('is held by the try that is at it, until it is done or lets go, or some time after it has died', () => {
    const later = NOW + 60_000;
    expect([isHeld(begun, NOW), isHeld(begun, NOW + 9_000), isHeld(begun, NOW + 10_000)]).toEqual([
      true,
      true,
      false,
    ]);
    expect(isHeld(advance(begun, { ...made, looked: { next: { 0: 'c' } } }, later), later)).toBe(
      true,
    );
    expect(isHeld(advance(begun, { ...made, looked: { next: {} } }, later), later)).toBe(false);
    expect(isHeld(letGo(begun), NOW)).toBe(false);
    expect(take(letGo(begun), later)).toMatchObject({ version: 3, heldUntil: later / 1000 + 10 });
  });

  it('is hopeless for now above so many failures', () => {
    const failures = (count: number) => ({
      ...begun,
      left: new Set(Array.from({ length: count }, (_, at) => `conn-${at}`)),
    });
    expect(isHopeless(begun)).toBe(false);
    expect(isHopeless(failures(BROADCAST_LEFT_MOST))).toBe(false);
    expect(isHopeless(failures(BROADCAST_LEFT_MOST + 1))).toBe(true);
  });
});

describe('a recipient', () => {
  const bound: ConnectionRow = {
    ...newConnection('connection-1', 'CONNECTED', NOW),
    tenant: 'acme',
    authExpiresAt: NOW / 1000 + 600,
  };

  it('[S4-03] is every connected one of the tenant, or of any where all are meant', () => {
    expect(isRecipient(bound, 'acme', NOW)).toBe(true);
    expect(isRecipient(bound, EVERY_TENANT, NOW)).toBe(true);
    expect(isRecipient(bound, 'default', NOW)).toBe(false);
  });

  it('[S4-08] without a user is of the default tenant', () => {
    const anonymous = newConnection('connection-1', 'CONNECTED', NOW);
    expect(isRecipient(anonymous, 'default', NOW)).toBe(true);
    expect(isRecipient(anonymous, 'acme', NOW)).toBe(false);
  });

  it.each(['PENDING', 'STALE', 'DISCONNECTED'] as const)('is none that is %s', (status) => {
    expect(isRecipient({ ...bound, status }, 'acme', NOW)).toBe(false);
  });

  it('[S3-06] that was not reached is meant again, though it is stale by then', () => {
    expect(isStillMeant({ ...bound, status: 'STALE' }, 'acme', NOW)).toBe(true);
    expect(isStillMeant({ ...bound, status: 'STALE' }, 'other', NOW)).toBe(false);
    for (const status of ['PENDING', 'DISCONNECTED'] as const) {
      expect(isStillMeant({ ...bound, status }, 'acme', NOW), status).toBe(false);
    }
  });

  it.each(['ttl', 'authExpiresAt'] as const)('is none past its %s', (name) => {
    expect(isRecipient({ ...bound, [name]: NOW / 1000 }, 'acme', NOW)).toBe(false);
    expect(isRecipient({ ...bound, [name]: NOW / 1000 + 1 }, 'acme', NOW)).toBe(true);
  });
});
