import { describe, expect, it } from 'vitest';
import { type Criteria, directMessageRequest } from '../../contract/direct-message.ts';
import { NAMES_PER_CRITERION } from '../../contract/limits.ts';
import type { ConnectionRow } from '../../contract/tables.ts';
import { newConnection } from '../../rules/connection.ts';
import { demandCriteria, isMeant } from '../../rules/criteria.ts';
import { type Audience, compileTopics } from '../../rules/topic-policy.ts';

const NOW = Date.parse('2026-01-01T12:00:00.000Z');

describe('criteria', () => {
  const reads = (to: unknown) => directMessageRequest.safeParse({ to, message: 1 }).success;

  it.each([
    { all: true },
    { userIds: ['joe'] },
    { sessionIds: ['tab'] },
    { connectionIds: ['PJqB0fHsqRcCHlw='] },
    { topics: ['Pet'] },
    { all: true, status: 'STALE', tenant: 'acme', except: { userIds: ['joe'] } },
    { userIds: ['joe'], sessionIds: ['tab'], topics: ['Pet'] },
    { topics: Array.from({ length: NAMES_PER_CRITERION }, String) },
  ])('%j are some', (to) => expect(reads(to)).toBe(true));

  it.each([
    ['nobody named, and not all', {}],
    ['a status alone', { status: 'STALE' }],
    ['a tenant alone', { tenant: 'acme' }],
    ['only who is not meant', { except: { userIds: ['joe'] } }],
    ['all, and somebody', { all: true, userIds: ['joe'] }],
    ['all, and a topic', { all: true, topics: ['Pet'] }],
    ['not all', { all: false }],
    ['an empty list', { userIds: [] }],
    ['more names than a list takes', { topics: Array(NAMES_PER_CRITERION + 1).fill('x') }],
    ['a user that cannot be', { userIds: ['a#b'] }],
    ['a session that cannot be', { sessionIds: ['a b'] }],
    ['a connection that cannot be', { connectionIds: ['short'] }],
    ['a state that gets no messages', { all: true, status: 'PENDING' }],
    ['a state that gets no messages', { all: true, status: 'DISCONNECTED' }],
    ['an exception that cannot be', { all: true, except: { sessionIds: ['a#b'] } }],
  ])('%s are none', (_, to) => expect(reads(to)).toBe(false));

  it('[S1-13] name no other tenant, and no topic of another user', () => {
    const joe = { tenant: 'acme', userId: 'joe', scopes: [] };
    const policy = compileTopics([{ topics: 'Pet' }]);
    const demand = (to: Criteria) => () => demandCriteria(policy, joe, to);
    expect(demand({ all: true, tenant: 'acme' })).not.toThrow();
    expect(demand({ topics: ['Pet', 'user/joe/inbox'] })).not.toThrow();
    expect(demand({ all: true, tenant: 'other' })).toThrow('tenant-not-allowed');
    expect(demand({ topics: ['Pet', 'user/sam/inbox'] })).toThrow('topic-not-allowed');
    expect(demand({ topics: ['Other'] })).toThrow('topic-not-allowed');
    expect(demand({ topics: ['a#b'] })).toThrow('topic-invalid');
  });
});

describe('a connection', () => {
  const row: ConnectionRow = {
    ...newConnection('connection-1', 'CONNECTED', NOW),
    ...{ tenant: 'acme', userId: 'joe', sessionId: 'tab' },
    authExpiresAt: NOW / 1000 + 600,
  };
  const listening = (names: string[], audience: Audience = 'everybody') => ({
    subscribers: new Set(names),
    audience,
  });
  const meant = (
    to: Criteria,
    is: Partial<ConnectionRow> = {},
    subscribers?: string[],
    audience?: Audience,
  ) => {
    const listeners = subscribers && [listening([]), listening(subscribers, audience)];
    const all = { tenant: 'acme', to, ...(listeners && { listeners }) };
    return isMeant({ ...row, ...is }, all, NOW);
  };

  it('[S3-02] is meant where every criterion that is given holds', () => {
    expect(meant({ all: true })).toBe(true);
    const every = { userIds: ['joe'], sessionIds: ['tab'], connectionIds: ['connection-1'] };
    expect(meant(every, {}, ['joe#tab'])).toBe(true);
  });

  it.each([
    ['its user', { userIds: ['sam', 'jo'] }],
    ['its session', { sessionIds: ['other'] }],
    ['itself', { connectionIds: ['connection-2'] }],
  ])('[S3-02] is not meant where only others than %s are named', (_, to) => {
    expect(meant(to)).toBe(false);
    expect(meant({ userIds: ['joe'], sessionIds: ['tab'], ...to })).toBe(false);
  });

  it('[S3-02] is not meant where its session listens to none of the topics', () => {
    expect(meant({ topics: ['Pet'] }, {}, ['joe#other', 'sam#tab'])).toBe(false);
    expect(meant({ topics: ['Pet'] }, {}, [])).toBe(false);
  });

  it('[S3-13] is not meant where the topic that it listens to has been closed to it', () => {
    const isStaff: Audience = ({ scopes }) => scopes.includes('staff');
    const topics = { topics: ['desk'] };
    expect(meant(topics, {}, ['joe#tab'], isStaff)).toBe(false);
    expect(meant(topics, { scopes: ['staff'] }, ['joe#tab'], isStaff)).toBe(true);
  });

  it.each([{ userIds: ['joe'] }, { sessionIds: ['tab'] }, { connectionIds: ['connection-1'] }])(
    '[S3-02] is not meant where it is excepted: %j',
    (except) => {
      expect(meant({ all: true, except })).toBe(false);
      expect(meant({ userIds: ['joe'], except })).toBe(false);
    },
  );

  it('[S4-12] of another tenant is never meant', () => {
    for (const to of [{ all: true as const }, { userIds: ['joe'] }]) {
      expect(meant(to, { tenant: 'other' })).toBe(false);
    }
  });

  it('[S3-02] is active, or in the state that is asked for', () => {
    for (const status of ['PENDING', 'STALE', 'DISCONNECTED'] as const) {
      expect(meant({ all: true }, { status }), status).toBe(false);
    }
    expect(meant({ all: true, status: 'STALE' }, { status: 'STALE' })).toBe(true);
    expect(meant({ all: true, status: 'STALE' })).toBe(false);
  });

  it.each(['ttl', 'authExpiresAt'] as const)('[S3-10] is not meant past its %s', (name) => {
    expect(meant({ all: true }, { [name]: NOW / 1000 })).toBe(false);
    expect(meant({ all: true }, { [name]: NOW / 1000 + 1 })).toBe(true);
  });

  it('without a user is in the default tenant, and has no name', () => {
    const anonymous = newConnection('connection-1', 'CONNECTED', NOW);
    const all = { tenant: 'default', to: { all: true } } as const;
    expect(isMeant(anonymous, all, NOW)).toBe(true);
    const topics = { tenant: 'default', to: { topics: ['Pet'] }, listeners: [] };
    expect(isMeant(anonymous, topics, NOW)).toBe(false);
  });
});
