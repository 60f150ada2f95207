import { broadcastErrors, broadcastRequest } from '../../contract/broadcast.ts';
import { BROADCAST_RESERVE_MS } from '../../contract/limits.ts';
import { broadcast } from '../flows/broadcast.ts';
import { openTables } from '../platform/reach.ts';
import { openSockets } from '../platform/sockets.ts';
import { TaskFailure, taskEdge } from '../platform/task-edge.ts';

const reach = { ...openTables('broadcast-event'), sockets: openSockets('broadcast-event') };

/** [S4-03] To everybody of a tenant; fails where it failed for somebody. */
export const handler = taskEdge(
  'broadcastEvent',
  { shape: broadcastRequest, refused: broadcastErrors.refused },
  async ({ request, requestId, endsAt }) => {
    const asked = { ...request, broadcastId: request.broadcastId ?? requestId };
    const until = endsAt - BROADCAST_RESERVE_MS;
    const { isDone, ...report } = await broadcast(reach, asked, { now: Date.now, until });
    if (isDone) return report;
    const { delivered, gone, failed } = report;
    throw new TaskFailure(
      broadcastErrors.incomplete,
      `Not everybody was reached: ${delivered} delivered, ${gone} gone, ${failed} failed so far.`,
    );
  },
);
