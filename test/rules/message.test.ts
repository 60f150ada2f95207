import { describe, expect, it } from 'vitest';
import { FRAME_BYTES, JSON_DEPTH } from '../../contract/limits.ts';
import { isTooDeep } from '../../rules/json.ts';
import { readFrame } from '../../rules/message.ts';

const frame = (value: unknown) => readFrame(JSON.stringify(value));

describe('readFrame', () => {
  it('[S4-02] takes everything without an action for a ping or for another message', () => {
    expect(frame({ type: 'ping' })).toEqual({ kind: 'ping', message: { type: 'ping' } });
    for (const other of ['', 'hello', '{', 'null', '[]', '1', '"ping"', '{"type":"pong"}']) {
      expect(readFrame(other), other).toEqual({ kind: 'other' });
    }
  });

  it('[S4-02] answers a ping with odd extras as the plain one', () => {
    expect(frame({ type: 'ping', id: 'x', positions: 'nonsense' })).toEqual({
      kind: 'ping',
      message: { type: 'ping', id: 'x' },
    });
  });

  it('keeps the known fields of an action and drops the rest', () => {
    const read = readFrame(
      '{"action":"subscribe","id":"1","topics":["Pet"],"extra":1,"__proto__":{"polluted":true}}',
    );
    expect(read).toEqual({
      kind: 'action',
      message: { action: 'subscribe', id: '1', topics: ['Pet'] },
    });
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it('takes the last of two actions, as its parser does, whatever the gateway routed by', () => {
    expect(readFrame('{"action":"subscribe","topics":["a"],"action":"nothing"}')).toMatchObject({
      kind: 'refused',
      code: 'unknown-action',
      action: 'nothing',
    });
  });

  it.each([
    [{ action: 'authenticate' }],
    [{ action: 'authenticate', token: 1, sessionId: 's' }],
    [{ action: 'authenticate', token: 't', sessionId: 's', replaces: '' }],
    [{ action: 'authenticate', token: 't', sessionId: 's', replaces: 'x' }],
    [{ action: 'authenticate', token: 't', sessionId: 's', replaces: 'a#b4567890' }],
    [{ action: 'authenticate', token: 't', sessionId: 's', replaces: '\ud800'.repeat(8) }],
    [{ action: 'authenticate', token: 't', sessionId: 's', replaces: 7 }],
    [{ action: 'subscribe', topics: [] }],
    [{ action: 'subscribe', topics: 'Pet' }],
    [{ action: 'subscribe', topics: [1] }],
    [{ action: 'subscribe', topics: Array.from({ length: 101 }, () => 't') }],
    [{ action: 'readNotifications', cursors: [{ topic: 't', epoch: 'e', seq: -1 }] }],
    [{ action: 'readNotifications', cursors: [{ topic: 't', epoch: 'e', seq: 1.5 }] }],
    [{ action: 'readNotifications', cursors: [{ topic: 't', epoch: 'e', seq: '1' }] }],
    [{ action: 'readNotifications', cursors: [{ topic: 't', seq: 1 }] }],
    [{ action: 'readNotifications', cursors: {} }],
    [{ action: 7 }],
    [{ action: null }],
  ])('refuses %j as malformed and echoes its id', (message) => {
    expect(frame({ ...message, id: 'mine' })).toMatchObject({
      kind: 'refused',
      code: 'malformed',
      id: 'mine',
    });
  });

  it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])(
    'knows no action %s, which every object inherits',
    (action) => {
      expect(readFrame(`{"action":"${action}"}`)).toMatchObject({ code: 'unknown-action' });
    },
  );

  it('echoes no id that is none', () => {
    for (const id of [1, {}, 'x'.repeat(65)]) {
      expect(frame({ action: 'nothing', id })).not.toHaveProperty('id');
    }
  });

  it('refuses by size before it looks, and by depth before it parses', () => {
    expect(readFrame('x'.repeat(FRAME_BYTES + 1))).toMatchObject({ code: 'too-large' });
    expect(readFrame('é'.repeat(FRAME_BYTES / 2 + 1))).toMatchObject({ code: 'too-large' });
    expect(readFrame('['.repeat(5000))).toMatchObject({ code: 'malformed' });
  });
});

describe('isTooDeep', () => {
  it('counts brackets outside of strings only', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    expect(isTooDeep(nested(JSON_DEPTH))).toBe(false);
    expect(isTooDeep(nested(JSON_DEPTH + 1))).toBe(true);
    expect(isTooDeep(JSON.stringify('['.repeat(100)))).toBe(false);
    expect(isTooDeep(String.raw`"\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["`)).toBe(false);
    expect(isTooDeep('[],'.repeat(1000))).toBe(false);
  });
});
