import type { BusEvent } from '../../contract/events.ts';
import type { EventBus } from '../platform/event-bus.ts';
import { log } from '../platform/log.ts';
import { inParallel } from '../platform/parallel.ts';
import type { Queues } from '../platform/queues.ts';

export interface TellReach {
  readonly bus: EventBus;
  readonly queues: Queues<'parked-events'>;
}

const PARKED_AT_ONCE = 10;

/**
 * Tells the bus [S0-09]. What it does not take is parked whole, so that one event neither gets lost nor
 * holds up those behind it. Resolves when each is with the bus or in the queue; a fault means that
 * neither took it.
 */
export async function tell({ bus, queues }: TellReach, events: readonly BusEvent[]): Promise<void> {
  const left = await bus.put(events);
  await inParallel(left, PARKED_AT_ONCE, (event) => queues.send('parked-events', event));
  if (left.length > 0) log('events.parked', { events: left.length });
}
