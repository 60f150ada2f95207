import { sessionCheckMessage } from '../../contract/internal.ts';
import { checkSession } from '../flows/check-session.ts';
import { settings } from '../platform/environment.ts';
import { queueEdge } from '../platform/queue-edge.ts';
import { openQueues } from '../platform/queues.ts';
import { openTables } from '../platform/reach.ts';

const reach = openTables('session-check');
const queues = openQueues('session-check');
const graceSeconds = settings.GRACE_SECONDS();
const retentionSeconds = settings.RETENTION_SECONDS();

/** [S0-07] The grace time of a session is over: is anybody back? */
export const handler = queueEdge('session-check', sessionCheckMessage, async (session, now) => {
  const times = { graceSeconds, retentionSeconds, now };
  const verdict = await checkSession(reach, session, times);
  if (verdict.is === 'waiting') await queues.send('session-check', session, verdict.seconds);
});
