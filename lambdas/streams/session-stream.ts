import { type SessionRow, sessionOfKey } from '../../contract/tables.ts';
import { settings } from '../platform/environment.ts';
import { openQueues } from '../platform/queues.ts';
import { streamEdge } from '../platform/stream-edge.ts';

const queues = openQueues('session-stream');
const grace = settings.GRACE_SECONDS();

/**
 * Sessions whose last connection has just left: each is to be checked when its grace time is over.
 * It comes from the table's stream, so that no crash of whoever took the connection out can lose it.
 */
export const handler = streamEdge<SessionRow>(
  'sessions',
  ({ player, item }) => `${player}\n${item}`,
  async ({ rows }) => {
    const [row] = rows;
    const session = row && sessionOfKey(row.player, row.item);
    if (session) await queues.send('session-check', session, grace);
  },
);
