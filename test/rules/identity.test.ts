import { describe, expect, it } from 'vitest';
import { isConnectionId, isSessionId, isTenant, isTopic, isUserId } from '../../contract/names.ts';
import { demandScope, identify } from '../../rules/identity.ts';

const claims = { sub: 'user-1', exp: 2_000_000_000, token_use: 'access' };

describe('identify', () => {
  it('[S1-13] takes the tenant from the groups, and `default` without any', () => {
    expect(identify(claims)).toEqual({
      tenant: 'default',
      userId: 'user-1',
      expiresAt: 2_000_000_000,
      issuedAt: 0,
      scopes: [],
    });
    const uptown = { ...claims, 'cognito:groups': ['admins', 'tenant:uptown'] };
    expect(identify(uptown).tenant).toBe('uptown');
    expect(identify(uptown, 'uptown').tenant).toBe('uptown');
  });

  it('reads claims as an HTTP API hands them on: everything is text', () => {
    const text = { ...claims, exp: '2000000000', 'cognito:groups': '[tenant:a other]' };
    expect(identify({ ...text, iat: '1999996400' })).toMatchObject({
      tenant: 'a',
      userId: 'user-1',
      expiresAt: 2_000_000_000,
      issuedAt: 1_999_996_400,
    });
  });

  it.each([
    { as: 'as a token has it', scope: 'openid switchboard/messages' },
    { as: 'by a group', 'cognito:groups': ['tenant:a', 'scope:switchboard/messages'] },
    { as: 'by a group, as text', 'cognito:groups': '[scope:switchboard/messages tenant:a]' },
  ])('[S3-10] knows a scope $as', ({ as: _, ...more }) => {
    const identity = identify({ ...claims, ...more });
    expect(() => demandScope(identity, 'switchboard/messages')).not.toThrow();
    expect(() => demandScope(identity, 'switchboard')).toThrow('scope-needed');
  });

  it.each([
    {},
    { scope: 'aws.cognito.signin.user.admin' },
    { scope: 'switchboard/messages/more' },
    { scope: 'scope:switchboard/messages' },
    { 'cognito:groups': ['switchboard/messages', 'tenant:switchboard/messages'] },
    { 'custom:scope': 'switchboard/messages' },
  ])('[S3-10] gives no scope for %j', (more) => {
    const identity = identify({ ...claims, ...more });
    expect(() => demandScope(identity, 'switchboard/messages')).toThrow('scope-needed');
  });

  it('[S1-13] never lets anybody into a tenant that their token does not name', () => {
    const both = { ...claims, 'cognito:groups': ['tenant:a', 'tenant:b'] };
    expect(() => identify(both)).toThrow('tenant-needed');
    expect(identify(both, 'b').tenant).toBe('b');
    for (const wanted of ['c', 'default', '', 'a#x', 'A']) {
      expect(() => identify(both, wanted), wanted).toThrow('tenant-not-allowed');
    }
    expect(() => identify(claims, 'a')).toThrow('tenant-not-allowed');
    const odd = { ...claims, 'cognito:groups': ['tenant:', 'tenant:A#b', 'tenant:../x'] };
    expect(identify(odd).tenant).toBe('default');
  });

  it.each([
    [{ exp: 1 }],
    [{ sub: 'x' }],
    [{ sub: '', exp: 1 }],
    [{ sub: 'a#b', exp: 1 }],
    [{ sub: 1, exp: 1 }],
    [{ sub: 'x'.repeat(129), exp: 1 }],
    [{ sub: 'x', exp: 'soon' }],
    [{ sub: 'x', exp: 0 }],
  ])('[S3-10] demands sub and exp: %j', (bad) => {
    expect(() => identify({ token_use: 'access', ...bad })).toThrow('token-invalid');
  });

  it('[S3-10] takes access tokens only', () => {
    expect(() => identify({ ...claims, token_use: 'id' })).toThrow('token-invalid');
    expect(() => identify({ ...claims, token_use: undefined })).toThrow('token-invalid');
  });
});

describe('names', () => {
  it('admit nothing that could part a key', () => {
    for (const isName of [isTopic, isSessionId, isTenant, isUserId, isConnectionId]) {
      expect(isName('a#b')).toBe(false);
      expect(isName('')).toBe(false);
    }
  });

  it.each([
    ['Pet', true],
    ['user/1/inbox', true],
    ['a:b.c-d_e~f', true],
    ['/a', false],
    ['a/', false],
    ['a//b', false],
    ['a b', false],
    ['ä', false],
    ['x'.repeat(256), true],
    ['x'.repeat(257), false],
  ])('topic %s: %s', (name, is) => {
    expect(isTopic(name)).toBe(is);
  });

  it('know what API Gateway calls a connection', () => {
    expect(isConnectionId('PJqB0fHsqRcCHlw=')).toBe(true);
    expect(isConnectionId('short')).toBe(false);
  });
});
