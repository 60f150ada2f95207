import { RECIPIENTS_PER_PAGE, SUBSCRIBERS_PER_SHARD } from '../../contract/limits.ts';
import type { NotificationRow } from '../../contract/tables.ts';
import { deliver } from '../flows/deliver.ts';
import { leaveOutTold } from '../flows/express.ts';
import { openRoutes } from '../flows/routes.ts';
import { stampAll } from '../flows/stamp.ts';
import { settings } from '../platform/environment.ts';
import { openQueues } from '../platform/queues.ts';
import { openTables } from '../platform/reach.ts';
import { openSockets } from '../platform/sockets.ts';
import { streamEdge } from '../platform/stream-edge.ts';
import { openTopics } from '../platform/topics.ts';

const reach = {
  ...openTables('fan-out'),
  sockets: openSockets('fan-out'),
  routes: openRoutes(),
  queues: openQueues('fan-out'),
  recipientsPerPage: RECIPIENTS_PER_PAGE,
  subscribersPerShard: SUBSCRIBERS_PER_SHARD,
  topics: openTopics(),
};

const hasExpress = settings.EXPRESS() === 'on';

/** [S1-07] New notifications: numbered, then posted. Topics do not wait for each other. */
export const handler = streamEdge<NotificationRow>(
  'notifications',
  ({ topic }) => topic,
  async ({ name: topic, changes }, now) => {
    const all = changes.map(({ row }) => row);
    const rows = hasExpress ? await leaveOutTold(reach, topic, all) : all;
    await deliver(reach, topic, await stampAll(reach, topic, rows), now);
  },
);
