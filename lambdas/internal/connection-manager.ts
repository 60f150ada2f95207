import { RECIPIENTS_PER_PAGE, SUBSCRIBERS_PER_SHARD } from '../../contract/limits.ts';
import { manageConnections } from '../flows/manage-connections.ts';
import { openRoutes } from '../flows/routes.ts';
import { openJournal } from '../platform/journal.ts';
import { managerEdge } from '../platform/manager-edge.ts';
import { openParkedQueues } from '../platform/parked-queues.ts';
import { openQueues } from '../platform/queues.ts';
import { openTables } from '../platform/reach.ts';
import { openSockets } from '../platform/sockets.ts';
import { openTopics } from '../platform/topics.ts';

const reach = {
  ...openTables('connection-manager'),
  sockets: openSockets('connection-manager'),
  journal: openJournal(),
  routes: openRoutes(),
  queues: openQueues('connection-manager'),
  recipientsPerPage: RECIPIENTS_PER_PAGE,
  subscribersPerShard: SUBSCRIBERS_PER_SHARD,
  parked: openParkedQueues(),
  topics: openTopics(),
};

/** [S2] Administration: who is connected, and what becomes of them. For IAM principals, and every hour. */
export const handler = managerEdge((payload, call) => manageConnections(reach, payload, call));
