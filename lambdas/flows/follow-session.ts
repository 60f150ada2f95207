import { LIFECYCLE_SOURCE } from '../../contract/events.ts';
import {
  PLAYER_ITEM,
  type PlayerRow,
  type SessionRow,
  sessionOfKey,
} from '../../contract/tables.ts';
import { lifecycleEvents } from '../../rules/lifecycle.ts';
import type { EventBus } from '../platform/event-bus.ts';
import type { Queues } from '../platform/queues.ts';
import type { Change } from '../platform/stream-edge.ts';
import { tell } from './tell.ts';

export interface FollowSessionReach {
  readonly bus: EventBus;
  readonly queues: Queues<'session-check' | 'parked-events'>;
  readonly graceSeconds: number;
}

/**
 * What follows from the changes of one row, in the order of the stream: of a user's, the bus hears who came
 * and went [S0-08]; a session whose last connection has just left is to be checked when its grace time is
 * over. Harmless when repeated or late: events keep their ids, and a check looks first.
 */
export async function followSession(
  { bus, queues, graceSeconds }: FollowSessionReach,
  changes: readonly Change<PlayerRow | SessionRow>[],
): Promise<void> {
  await tell({ bus, queues }, changes.flatMap(eventsOf));
  const [left] = changes;
  const session = left && sessionOfKey(left.row.player, left.row.item);
  if (session) await queues.send('session-check', session, graceSeconds);
}

function eventsOf({ row, before, at }: Change<PlayerRow | SessionRow>) {
  if (row.item !== PLAYER_ITEM) return [];
  return lifecycleEvents(before as PlayerRow | undefined, row as PlayerRow, at).map(
    ({ type, detail }) => ({ source: LIFECYCLE_SOURCE, type, detail: JSON.stringify(detail) }),
  );
}
