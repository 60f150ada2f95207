import { newConnection } from '../../rules/connection.ts';
import { settings } from '../platform/environment.ts';
import { logDefect, note } from '../platform/log.ts';
import { measure } from '../platform/metrics.ts';
import { openQueues } from '../platform/queues.ts';
import { openTables } from '../platform/reach.ts';
import { socketEdge } from '../platform/socket-edge.ts';
import { putConnection } from '../stores/connections.ts';

const reach = openTables('connect');
const queues = openQueues('connect');
const door = settings.DOOR();

/**
 * [S1-01] A new socket. Its reaper is under way before its row is written: no socket can exist that
 * nobody will look at. What fails here is told as 503 [S3-05], the one status of a handshake that is ours.
 */
export const handler = socketEdge('$connect', async ({ connectionId, now }) => {
  try {
    const isAwaited = door === 'message';
    if (isAwaited) await queues.send('reaper', { connectionId, tries: 0 });
    const row = newConnection(connectionId, isAwaited ? 'PENDING' : 'CONNECTED', now);
    const isAdmitted = await putConnection(reach, row);
    if (isAdmitted) note('connection.opened', { connectionId });
    else measure({ ConnectionErrors: 1 });
    return { statusCode: isAdmitted ? 200 : 503 };
  } catch (fault) {
    measure({ ConnectionErrors: 1 });
    logDefect('connect.failed', fault, { connectionId });
    return { statusCode: 503 };
  }
});
