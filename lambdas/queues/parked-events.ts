import { busEvent } from '../../contract/events.ts';
import { openEventBus } from '../platform/event-bus.ts';
import { queueEdge } from '../platform/queue-edge.ts';

const bus = openEventBus('parked-events');

/** Events that the bus did not take: once more, until the queue gives them up to its dead letters. */
export const handler = queueEdge('parked-events', busEvent, async (event) => {
  const left = await bus.put([event]);
  if (left.length > 0) throw new Error(`The bus did not take a "${event.type}" again.`);
});
