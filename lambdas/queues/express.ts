import { expressMessage } from '../../contract/internal.ts';
import { RECIPIENTS_PER_PAGE, SUBSCRIBERS_PER_SHARD } from '../../contract/limits.ts';
import { express } from '../flows/express.ts';
import { openRoutes } from '../flows/routes.ts';
import { queueBatchEdge } from '../platform/queue-edge.ts';
import { openQueues } from '../platform/queues.ts';
import { openTables } from '../platform/reach.ts';
import { openSockets } from '../platform/sockets.ts';
import { openTopics } from '../platform/topics.ts';

const reach = {
  ...openTables('express'),
  sockets: openSockets('express'),
  routes: openRoutes(),
  queues: openQueues('express'),
  recipientsPerPage: RECIPIENTS_PER_PAGE,
  subscribersPerShard: SUBSCRIBERS_PER_SHARD,
  topics: openTopics(),
};

/** New messages that were handed on at once: numbered and posted before their stream brings them. */
export const handler = queueBatchEdge('express', expressMessage, (messages, now) =>
  express(reach, messages, now),
);
