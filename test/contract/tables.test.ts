import { expect, it } from 'vitest';
import * as layout from '../../contract/tables.ts';

it('[S0-12] the published row layout is frozen: a change here breaks services that read the rows', () => {
  expect(layout.tables).toEqual({
    connections: {
      partition: { name: 'connectionId', type: 'S' },
      ttl: 'ttl',
      globalIndexes: {
        UserIdIndex: {
          partition: { name: 'userId', type: 'S' },
          sort: { name: 'status', type: 'S' },
          projection: 'KEYS_ONLY',
        },
      },
    },
    sessions: {
      partition: { name: 'player', type: 'S' },
      sort: { name: 'item', type: 'S' },
      ttl: 'ttl',
      stream: 'NEW_AND_OLD_IMAGES',
    },
    subscriptions: {
      partition: { name: 'topic', type: 'S' },
      sort: { name: 'subscriber', type: 'S' },
      ttl: 'ttl',
    },
    notifications: {
      partition: { name: 'topic', type: 'S' },
      sort: { name: 'id', type: 'S' },
      ttl: 'ttl',
      stream: 'NEW_IMAGE',
      localIndexes: {
        SeqIndex: {
          partition: { name: 'topic', type: 'S' },
          sort: { name: 'seq', type: 'N' },
          projection: 'ALL',
        },
      },
    },
    invitations: {
      partition: { name: 'code', type: 'S' },
      ttl: 'ttl',
    },
    throttles: {
      partition: { name: 'bucket', type: 'S' },
      ttl: 'ttl',
    },
    tickets: {
      partition: { name: 'ticket', type: 'S' },
      ttl: 'ttl',
    },
    audit: {
      partition: { name: 'day', type: 'S' },
      sort: { name: 'entry', type: 'S' },
      ttl: 'ttl',
      globalIndexes: {
        TargetIndex: {
          partition: { name: 'target', type: 'S' },
          sort: { name: 'entry', type: 'S' },
          projection: 'ALL',
        },
      },
    },
    broadcasts: {
      partition: { name: 'broadcast', type: 'S' },
      ttl: 'ttl',
    },
    messages: {
      partition: { name: 'message', type: 'S' },
      ttl: 'ttl',
    },
  });
});

it('[S0-12] keys are made and read back as published', () => {
  expect(layout.playerKey('t', 'u')).toBe('t#u');
  expect(layout.playerOfKey('t#u')).toEqual({ tenant: 't', userId: 'u' });
  expect(layout.sessionItem('s')).toBe('session#s');
  expect(layout.topicsItem('s')).toBe('topics#s');
  expect(layout.PLAYER_ITEM).toBe('player');
  expect(layout.topicKey('t', 'a/b')).toBe('t#a/b');
  expect(layout.subscriberKey('u', 's')).toBe('u#s');
  expect(layout.HEAD_ID).toBe('#head');
  expect(layout.bucketKey('192.0.2.7', 7)).toBe('192.0.2.7#7');
  expect(layout.auditEntry('2026-01-01T00:00:00.000Z', 'r', 'begun')).toBe(
    '2026-01-01T00:00:00.000Z#r#begun',
  );
  expect(layout.targetOf('session', 't', 'u', 's')).toBe('session#t#u#s');
  expect(layout.topicOfKey('t#a/b')).toEqual({ tenant: 't', topic: 'a/b' });
  expect(layout.SHARDS_ID).toBe('#shards');
  expect([0, 1].map((shard) => layout.shardKey('t#a/b', shard))).toEqual(['t#a/b', 't#a/b#1']);
  expect(layout.topicOfKey('t#a/b#1')).toEqual({ tenant: 't', topic: 'a/b' });
  expect(layout.inShard(12, 'a/b')).toBe('12#a/b');
  expect(layout.shardedTopic('12#a/b')).toEqual({ shard: 12, topic: 'a/b' });
  expect(layout.subscriberOfKey('u#s')).toEqual({ userId: 'u', sessionId: 's' });
  expect(layout.sessionOfKey('t#u', 'session#s')).toEqual({
    tenant: 't',
    userId: 'u',
    sessionId: 's',
  });
  expect(layout.sessionOfKey('t#u', 'player')).toBeUndefined();
  expect(layout.sessionOfKey('t#u', 'topics#s')).toBeUndefined();
});
