import { expect, test } from 'vitest';
import { type Seen, wayOf } from '../../web/src/hops.ts';

const event = (at: number, durationMs: number, event: Partial<Seen>): Seen => ({
  at,
  durationMs,
  kind: 'call',
  by: '',
  what: '',
  on: '',
  outcome: 'ok',
  receivedAt: at + durationMs,
  ...event,
});

const transaction = 'dynamodb:TransactWriteItems';
const ofRequest = [
  event(1015, 5, { by: 'UpdatePet', what: transaction, on: 'Pets' }),
  event(1004, 20, { by: 'client', what: 'HttpApi:PUT /pets/{petId}', on: 'UpdatePet' }),
];
const ofStamp = event(1034, 6, { by: 'FanOut', what: transaction, on: 'Notifications' });
const ofRun = event(1030, 40, {
  by: 'Notifications',
  what: 'stream',
  on: 'FanOut',
  kind: 'invoke',
});
const post = (at: number, connection: string) =>
  event(at, 2, { by: 'FanOut', what: 'execute-api:POST', on: connection });

const inShort = (way: ReturnType<typeof wayOf>) => way.hops.map(({ name, ms }) => [name, ms]);

test('each hop begins where the one before it ended, from the click to the other page', () => {
  const seen = [...ofRequest, ofStamp, post(1045, 'a'), post(1046, 'b'), ofRun];
  const way = wayOf({ clickedAt: 1000, arrivedAt: 1050 }, seen);
  expect(inShort(way)).toEqual([
    ['request', 15],
    ['transaction', 5],
    ['stream', 10],
    ['stamp', 10],
    ['fan-out', 5],
    ['post', 2],
    ['frame', 3],
  ]);
  expect(way.recipients).toBe(2);
});

test('without a recipient the way ends at the stamp', () => {
  const way = wayOf({ clickedAt: 1000 }, [...ofRequest, ofStamp, ofRun]);
  expect(inShort(way).at(-1)).toEqual(['stamp', 10]);
  expect(way.recipients).toBe(0);
});

test('what others write at the same time is not taken for a hop', () => {
  const authentication = event(1010, 4, { by: 'Default', what: transaction, on: 'Sessions' });
  const departure = event(1032, 4, { by: 'Disconnect', what: transaction, on: 'Sessions' });
  const seen = [authentication, ...ofRequest, departure, ofStamp, ofRun];
  expect(inShort(wayOf({ clickedAt: 1000 }, seen))).toEqual(
    inShort(wayOf({ clickedAt: 1000 }, [...ofRequest, ofStamp, ofRun])),
  );
});

test('what was seen before the click belongs to an earlier update', () => {
  expect(wayOf({ clickedAt: 2000 }, [...ofRequest, ofStamp, ofRun]).hops).toEqual([]);
});

test('a frame that seems to arrive before its post was answered took no time', () => {
  const seen = [...ofRequest, ofStamp, post(1045, 'a'), ofRun];
  expect(inShort(wayOf({ clickedAt: 1000, arrivedAt: 1046 }, seen)).at(-1)).toEqual(['frame', 0]);
});

test('what it cost is what its own functions called while they ran, and the frames that went out', () => {
  const invoked = (at: number, durationMs: number, on: string) =>
    event(at, durationMs, { kind: 'invoke', by: 'x', what: 'lambda:Invoke', on });
  const units = (at: number, by: string, detail: Seen['detail']) =>
    event(at, 1, { by, what: 'dynamodb:Query', detail });
  const frame = (at: number, bytes: number) =>
    event(at, 0, { kind: 'frame', by: 'gateway', what: 'sent', on: 'a', detail: { bytes } });
  const mine = [
    ...[invoked(1006, 17, 'UpdatePet'), units(1010, 'UpdatePet', { reads: 1 })],
    ...[units(1016, 'UpdatePet', { writes: 8 }), invoked(1031, 38, 'FanOut')],
    ...[units(1040, 'FanOut', { reads: 2.5 }), frame(1046, 300), frame(1047, 33_000)],
  ];
  const others = [
    ...[units(1010, 'Default', { writes: 7 }), invoked(1010, 90, 'Default'), frame(1010, 9)],
    ...[units(1090, 'FanOut', { reads: 9 }), invoked(1090, 90, 'FanOut'), frame(1090, 9)],
  ];
  const seen = [...ofRequest, ofStamp, post(1045, 'a'), ofRun, ...mine, ...others];
  expect(wayOf({ clickedAt: 1000 }, seen).cost).toEqual({
    ...{ reads: 3.5, writes: 8, messages: 3, functionMs: 55 },
  });
  expect(wayOf({ clickedAt: 1000 }, []).cost).toEqual({
    ...{ reads: 0, writes: 0, messages: 0, functionMs: 0 },
  });
});
