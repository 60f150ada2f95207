import { newConnection } from '../../rules/connection.ts';
import { admitSocket } from '../flows/admit-socket.ts';
import { openCallers } from '../platform/callers.ts';
import { connectEdge } from '../platform/connect-edge.ts';
import { doorSettings, settings } from '../platform/environment.ts';
import { note } from '../platform/log.ts';
import { measure } from '../platform/metrics.ts';
import { openQueues } from '../platform/queues.ts';
import { openTables } from '../platform/reach.ts';
import { putConnection } from '../stores/connections.ts';

const reach = {
  ...openTables('connect'),
  demandCaller: openCallers(),
  connectsPerAddress: doorSettings.CONNECTS_PER_ADDRESS(),
};
const queues = openQueues('connect', { isAlwaysUsed: true });
const door = settings.DOOR();

/**
 * [S1-01] A new socket. Its reaper is under way before its row is written: no socket can exist that
 * nobody will look at.
 */
export const handler = connectEdge(async ({ connectionId, caller, now }) => {
  await admitSocket(reach, caller, now);
  const isAwaited = door === 'message';
  if (isAwaited) await queues.send('reaper', { connectionId, tries: 0 });
  const row = newConnection(connectionId, isAwaited ? 'PENDING' : 'CONNECTED', now);
  const isAdmitted = await putConnection(reach, row);
  if (isAdmitted) note('connection.opened', { connectionId });
  else measure({ ConnectionErrors: 1 });
  return { statusCode: isAdmitted ? 200 : 503 };
});
