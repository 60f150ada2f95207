import { describe, expect, it } from 'vitest';
import { HEAD_ID, PLAYER_ITEM, sessionItem, topicsItem } from '../../contract/tables.ts';
import { type StreamFunction, streamSources } from '../../lib/constructs/stream-sources.ts';
import { matches } from '../../local/events/patterns.ts';

const notification = (eventName: string, id: string) => ({
  eventName,
  dynamodb: { Keys: { topic: { S: 'default#Pet' }, id: { S: id } } },
});

interface Image {
  readonly state?: string;
  readonly conns?: readonly string[];
  readonly sessions?: readonly string[];
  readonly topics?: readonly string[];
}

const image = ({ state, ...sets }: Image) => ({
  ...(state && { state: { S: state } }),
  ...Object.fromEntries(Object.entries(sets).map(([name, SS]) => [name, { SS }])),
});
const change =
  (item: string) => (eventName: string, before: Image | undefined, after: Image | undefined) => ({
    eventName,
    dynamodb: {
      Keys: { player: { S: 'default#joe' }, item: { S: item } },
      ...(before && { OldImage: image(before) }),
      ...(after && { NewImage: image(after) }),
    },
  });
const session = change(sessionItem('tab'));
const player = change(PLAYER_ITEM);
const topics = change(topicsItem('tab'));

const wakes = (name: StreamFunction, record: object) =>
  streamSources[name].filters.some((filter) => matches(filter, record));

describe.each(['fan-out', 'notification-bridge'] as const)('%s is woken', (name) => {
  it('[S1-12] by a new notification', () => {
    expect(wakes(name, notification('INSERT', '01H'))).toBe(true);
  });
  it.each([
    ['by its stamping', notification('MODIFY', '01H')],
    ['by its expiry', notification('REMOVE', '01H')],
    ['by the first counter of a topic', notification('INSERT', HEAD_ID)],
    ['by a counter that counts', notification('MODIFY', HEAD_ID)],
  ])('not %s', (_, record) => {
    expect(wakes(name, record)).toBe(false);
  });
});

describe('the session stream is woken', () => {
  const connected = { state: 'live', conns: ['c1'] };
  const alone = { state: 'live' };

  it.each([
    [
      '[S0-07] when the last connection of a live session leaves',
      session('MODIFY', connected, alone),
    ],
    ['[S0-08] by the first session of a user', player('INSERT', undefined, { sessions: ['a'] })],
    ['[S0-08] by the first one after a while', player('MODIFY', {}, { sessions: ['a'] })],
    ['[S0-08] by a second one', player('MODIFY', { sessions: ['a'] }, { sessions: ['a', 'b'] })],
    ['[S0-08] by the end of the last one', player('MODIFY', { sessions: ['a'] }, {})],
  ])('%s', (_, record) => {
    expect(wakes('session-stream', record)).toBe(true);
  });
  it.each([
    ['when one of two leaves', session('MODIFY', { ...connected, conns: ['c1', 'c2'] }, connected)],
    ['when one joins', session('MODIFY', alone, connected)],
    ['again while nobody is there', session('MODIFY', alone, alone)],
    ['when the session ends', session('MODIFY', alone, { state: 'ended' })],
    ['when a session is new', session('INSERT', undefined, connected)],
    ['when its row expires', session('REMOVE', { state: 'ended' }, undefined)],
    ['when it subscribes', topics('INSERT', undefined, { topics: ['Pet'] })],
    ['when it subscribes to more', topics('MODIFY', { topics: ['Pet'] }, { topics: ['A', 'B'] })],
  ])('not %s', (_, record) => {
    expect(wakes('session-stream', record)).toBe(false);
  });
});

it('no function has more filters than Lambda admits', () => {
  for (const { filters } of Object.values(streamSources)) expect(filters.length).toBeLessThan(6);
});
