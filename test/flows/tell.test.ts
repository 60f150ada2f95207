import { marshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { BusEvent } from '../../contract/events.ts';
import { EVENT_DEADLINE_MS, EVENT_TRIES } from '../../contract/limits.ts';
import { type NotificationRow, topicKey } from '../../contract/tables.ts';
import type { tell as Tell } from '../../lambdas/flows/tell.ts';
import type { openEventBus } from '../../lambdas/platform/event-bus.ts';
import { openQueues } from '../../lambdas/platform/queues.ts';
import type { handler as ParkedEvents } from '../../lambdas/queues/parked-events.ts';
import type { handler as Bridge } from '../../lambdas/streams/notification-bridge.ts';
import { type EventEndpoint, startEventEndpoint } from '../support/event-endpoint.ts';

let endpoint: EventEndpoint;
let bus: ReturnType<typeof openEventBus>;
let tell: typeof Tell;
let parkedEvents: typeof ParkedEvents;
let bridge: typeof Bridge;

beforeAll(async () => {
  endpoint = await startEventEndpoint();
  endpoint.setEnvironment();
  bus = (await import('../../lambdas/platform/event-bus.ts')).openEventBus('session-stream');
  ({ tell } = await import('../../lambdas/flows/tell.ts'));
  ({ handler: parkedEvents } = await import('../../lambdas/queues/parked-events.ts'));
  ({ handler: bridge } = await import('../../lambdas/streams/notification-bridge.ts'));
});
afterAll(() => endpoint.stop());
beforeEach(() => {
  endpoint.calls.length = 0;
  endpoint.taken.length = 0;
  endpoint.messages.length = 0;
  endpoint.refuses = () => undefined;
  endpoint.fails = () => undefined;
});

const events = (count: number): BusEvent[] =>
  Array.from({ length: count }, (_, at) => ({
    source: 'mtw.connections',
    type: 'Session Connect',
    detail: JSON.stringify({ at }),
  }));
const told = (all: readonly BusEvent[]) => tell({ bus, queues: openQueues('session-stream') }, all);
const parked = () => endpoint.messages.filter(({ queue }) => queue === 'parked-events');
const isDown = (target: string) => (target === 'AWSEvents.PutEvents' ? 500 : undefined);

describe('the bus', () => {
  it('is told of nothing by no call', async () => {
    await told([]);
    expect(endpoint.calls).toEqual([]);
  });

  it('gets ten events at once at the most', async () => {
    await told(events(25));
    expect(endpoint.calls.map(({ length }) => length).sort()).toEqual([10, 10, 5]);
    expect(endpoint.taken).toHaveLength(25);
    expect(parked()).toEqual([]);
  });

  it('[S0-09] gets again only what it did not take of a call that succeeded', async () => {
    const all = events(4);
    endpoint.refuses = ({ detail }, call) =>
      call === 1 && [all[1]?.detail, all[3]?.detail].includes(detail)
        ? 'ThrottlingException'
        : undefined;
    await told(all);
    expect(endpoint.calls).toEqual([all, [all[1], all[3]]]);
    expect(endpoint.taken).toEqual([all[0], all[2], all[1], all[3]]);
  });

  it('[S0-09] parks whole what it does not take at all, and the rest goes on', async () => {
    const all = events(3);
    endpoint.refuses = ({ detail }) => (detail === all[1]?.detail ? 'InternalFailure' : undefined);
    await told(all);
    expect(endpoint.calls).toHaveLength(EVENT_TRIES);
    expect(endpoint.taken).toEqual([all[0], all[2]]);
    expect(parked()).toEqual([{ queue: 'parked-events', body: all[1], delay: 30 }]);
  });

  it('that fails as a whole parks everything', async () => {
    endpoint.fails = isDown;
    await told(events(12));
    expect(endpoint.taken).toEqual([]);
    expect(parked()).toHaveLength(12);
  });

  it('that does not answer is asked again before the function runs out of time', async () => {
    endpoint.unanswered = 1;
    const began = performance.now();
    await told(events(1));
    expect(endpoint.taken).toHaveLength(1);
    expect(performance.now() - began).toBeLessThan(EVENT_DEADLINE_MS + 2000);
  });

  it('[S0-09] a fault when the queue does not take it either: the stream then delivers again', async () => {
    endpoint.fails = () => 500;
    await expect(told(events(1))).rejects.toThrow();
  });
});

describe('parked events', () => {
  const received = (all: readonly BusEvent[]) => ({
    Records: all.map((event, at) => ({ messageId: `m${at}`, body: JSON.stringify(event) })),
  });

  it('are handed to the bus again as they were', async () => {
    const all = events(3);
    expect(await parkedEvents(received(all))).toEqual({ batchItemFailures: [] });
    expect(endpoint.taken).toHaveLength(3);
    expect(endpoint.taken).toEqual(expect.arrayContaining(all));
  });

  it('stay in the queue, one by one, while the bus does not take them', async () => {
    const all = events(3);
    endpoint.refuses = ({ detail }) => (detail === all[1]?.detail ? 'InternalFailure' : undefined);
    expect(await parkedEvents(received(all))).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm1' }],
    });
    expect(parked()).toEqual([]);
  });
});

describe('the bridge', () => {
  const row = (topic: string, id: string): NotificationRow => ({
    topic: topicKey('default', topic),
    id,
    payload: '{"petId":"rex"}',
    at: '2026-01-01T12:00:00.000Z',
    ttl: 1,
    topics: [topic],
  });
  const record = (each: NotificationRow, at: number) => ({
    dynamodb: {
      ApproximateCreationDateTime: 1,
      SequenceNumber: String(at),
      Keys: marshall({ topic: each.topic, id: each.id }),
      NewImage: marshall(each),
    },
  });

  it('[S1-12] hands every new notification on to the bus', async () => {
    const rows = [row('Pet', 'n1'), row('Pet', 'n2'), row('Order', 'n3')];
    expect(await bridge({ Records: rows.map(record) })).toEqual({ batchItemFailures: [] });
    const ids = endpoint.taken.map(({ detail }) => JSON.parse(detail).id);
    expect(ids.sort()).toEqual(['n1', 'n2', 'n3']);
    expect(JSON.parse(endpoint.taken[0]?.detail ?? '')).toMatchObject({
      payload: { petId: 'rex' },
    });
  });

  it('one topic that neither bus nor queue takes is not another’s failure', async () => {
    endpoint.refuses = ({ detail }) => (detail.includes('"n2"') ? 'InternalFailure' : undefined);
    endpoint.fails = (target) => (target === 'AmazonSQS.SendMessage' ? 500 : undefined);
    const rows = [row('Pet', 'n1'), row('Order', 'n2')];
    expect(await bridge({ Records: rows.map(record) })).toEqual({
      batchItemFailures: [{ itemIdentifier: '1' }],
    });
  });
});
