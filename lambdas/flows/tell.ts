import { type BusEvent, LIFECYCLE_SOURCE } from '../../contract/events.ts';
import type { EventBus } from '../platform/event-bus.ts';
import { log, note } from '../platform/log.ts';
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
  for (const { source, type, detail } of events) {
    if (source !== LIFECYCLE_SOURCE) continue;
    const { tenant, player: userId, sessionId, eventId, version } = JSON.parse(detail);
    note('event.told', { tenant, userId, sessionId, type, eventId, version });
  }
  if (left.length > 0) log('events.parked', { events: left.length });
}
