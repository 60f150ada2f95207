import { parkedBatchMessage } from '../../contract/internal.ts';
import { RECIPIENTS_PER_PAGE, SUBSCRIBERS_PER_SHARD } from '../../contract/limits.ts';
import { redrive } from '../flows/redrive.ts';
import { openRoutes } from '../flows/routes.ts';
import { queueEdge } from '../platform/queue-edge.ts';
import { openQueues } from '../platform/queues.ts';
import { openTables } from '../platform/reach.ts';
import { openSockets } from '../platform/sockets.ts';
import { openTopics } from '../platform/topics.ts';

const reach = {
  ...openTables('redrive'),
  sockets: openSockets('redrive'),
  routes: openRoutes(),
  queues: openQueues('redrive'),
  recipientsPerPage: RECIPIENTS_PER_PAGE,
  subscribersPerShard: SUBSCRIBERS_PER_SHARD,
  topics: openTopics(),
};

/** A batch of new notifications was given up on. It comes without its content: the rows tell. */
export const handler = queueEdge('parked-notifications', parkedBatchMessage, async (_, now) => {
  await redrive(reach, now);
});
