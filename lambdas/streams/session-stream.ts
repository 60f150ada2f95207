import { LIFECYCLE_SOURCE } from '../../contract/events.ts';
import {
  PLAYER_ITEM,
  type PlayerRow,
  type SessionRow,
  sessionOfKey,
} from '../../contract/tables.ts';
import { lifecycleEvents } from '../../rules/lifecycle.ts';
import { tell } from '../flows/tell.ts';
import { settings } from '../platform/environment.ts';
import { openEventBus } from '../platform/event-bus.ts';
import { openQueues } from '../platform/queues.ts';
import { type Change, streamEdge } from '../platform/stream-edge.ts';

const queues = openQueues('session-stream');
const bus = openEventBus('session-stream');
const grace = settings.GRACE_SECONDS();

/**
 * What follows from the rows of users and sessions: the bus hears who came and went [S0-08], and each
 * session whose last connection has just left is to be checked when its grace time is over. It comes
 * from the table's stream, so that no crash of whoever wrote the row can lose it.
 */
export const handler = streamEdge<PlayerRow | SessionRow>(
  'sessions',
  ({ player, item }) => `${player}\n${item}`,
  async ({ changes }) => {
    await tell({ bus, queues }, changes.flatMap(eventsOf));
    const [left] = changes;
    const session = left && sessionOfKey(left.row.player, left.row.item);
    if (session) await queues.send('session-check', session, grace);
  },
);

function eventsOf({ row, before, at }: Change<PlayerRow | SessionRow>) {
  if (row.item !== PLAYER_ITEM) return [];
  return lifecycleEvents(before as PlayerRow | undefined, row as PlayerRow, at).map(
    ({ type, detail }) => ({ source: LIFECYCLE_SOURCE, type, detail: JSON.stringify(detail) }),
  );
}
