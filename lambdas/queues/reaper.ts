import { reaperMessage } from '../../contract/internal.ts';
import { REAP_AGAIN_AFTER_SECONDS, REAP_TRIES } from '../../contract/limits.ts';
import { reap } from '../flows/reap.ts';
import { queueEdge } from '../platform/queue-edge.ts';
import { openQueues } from '../platform/queues.ts';
import { openTables } from '../platform/reach.ts';
import { openSockets } from '../platform/sockets.ts';

const reach = { ...openTables('reaper'), sockets: openSockets('reaper') };
const queues = openQueues('reaper');

/** [S1-05] Five seconds after each `$connect`: has it authenticated? */
export const handler = queueEdge('reaper', reaperMessage, async ({ connectionId, tries }, now) => {
  const outcome = await reap(reach, connectionId, now, tries === 0);
  if (outcome === 'again' && tries + 1 < REAP_TRIES) {
    await queues.send('reaper', { connectionId, tries: tries + 1 }, REAP_AGAIN_AFTER_SECONDS);
  }
});
