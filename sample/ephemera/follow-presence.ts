import { type LifecycleType, lifecycleEnvelope } from '../../contract/events.ts';
import { openPublisher } from '../../lambdas/flows/publisher.ts';
import { otherTableName } from '../../lambdas/platform/environment.ts';
import { queueEdge } from '../../lambdas/platform/queue-edge.ts';
import { record } from './record.ts';
import { ONLINE_TABLE_VARIABLE, onlineRow } from './rows.ts';

const publisher = openPublisher();
const TableName = otherTableName(ONLINE_TABLE_VARIABLE);

const meanings: Readonly<Record<LifecycleType, { of: 'player' | 'session'; isOnline: boolean }>> = {
  'Player Connect': { of: 'player', isOnline: true },
  'Player Disconnect': { of: 'player', isOnline: false },
  'Session Connect': { of: 'session', isOnline: true },
  'Session Disconnect': { of: 'session', isOnline: false },
};

/** [S0-08] Who is online, from events alone. */
export const handler = queueEdge('presence', lifecycleEnvelope, async (event, now) => {
  const { sessionId, at: since, tenant, player, version } = event.detail;
  const { of, isOnline } = meanings[event['detail-type']];
  const about = { tenant, player, version, isOnline, since };
  const row = onlineRow(of === 'session' ? { ...about, sessionId } : about);
  await record(publisher, TableName, row, now);
});
