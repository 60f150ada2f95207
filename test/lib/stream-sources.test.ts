import { describe, expect, it } from 'vitest';
import { HEAD_ID } from '../../contract/tables.ts';
import { streamSources } from '../../lib/constructs/stream-sources.ts';
import { matches } from '../../local/events/patterns.ts';

const notification = (eventName: string, id: string) => ({
  eventName,
  dynamodb: { Keys: { topic: { S: 'default#Pet' }, id: { S: id } } },
});

interface Image {
  readonly state?: string;
  readonly conns?: readonly string[];
}

const image = ({ state, conns }: Image) => ({
  ...(state && { state: { S: state } }),
  ...(conns && { conns: { SS: conns } }),
});
const session = (eventName: string, before: Image | undefined, after: Image | undefined) => ({
  eventName,
  dynamodb: {
    ...(before && { OldImage: image(before) }),
    ...(after && { NewImage: image(after) }),
  },
});

describe('the fan-out is woken', () => {
  const wakes = (record: object) => matches(streamSources['fan-out'].filter, record);

  it('by a new notification', () => {
    expect(wakes(notification('INSERT', '01H'))).toBe(true);
  });
  it.each([
    ['by its stamping', notification('MODIFY', '01H')],
    ['by its expiry', notification('REMOVE', '01H')],
    ['by the first counter of a topic', notification('INSERT', HEAD_ID)],
    ['by a counter that counts', notification('MODIFY', HEAD_ID)],
  ])('not %s', (_, record) => {
    expect(wakes(record)).toBe(false);
  });
});

describe('the session check is asked for', () => {
  const wakes = (record: object) => matches(streamSources['session-stream'].filter, record);
  const connected = { state: 'live', conns: ['c1'] };
  const alone = { state: 'live' };

  it('when the last connection of a live session leaves', () => {
    expect(wakes(session('MODIFY', connected, alone))).toBe(true);
  });
  it.each([
    ['when one of two leaves', session('MODIFY', { ...connected, conns: ['c1', 'c2'] }, connected)],
    ['when one joins', session('MODIFY', alone, connected)],
    ['again while nobody is there', session('MODIFY', alone, alone)],
    ['when the session ends', session('MODIFY', alone, { state: 'ended' })],
    ['when a session is new', session('INSERT', undefined, connected)],
    ['when its row expires', session('REMOVE', { state: 'ended' }, undefined)],
  ])('not %s', (_, record) => {
    expect(wakes(record)).toBe(false);
  });
});
