import { httpOperations } from '../../contract/http.ts';
import { fillsReply } from '../../rules/frames.ts';
import { demandTopic } from '../../rules/topic-policy.ts';
import { readMissed } from '../flows/read-missed.ts';
import { demandStanding } from '../flows/standing.ts';
import { httpEdge } from '../platform/http-edge.ts';
import { openTables } from '../platform/reach.ts';
import { openTopics } from '../platform/topics.ts';

const reach = openTables('read-notifications');
const topics = openTopics();
const { request: shape } = httpOperations.readNotifications;

/** [S1-04] [S1-10] What the caller missed, over HTTP. */
export const handler = httpEdge(
  'readNotifications',
  shape,
  async ({ identity, origin, request, now }) => {
    const { cursors, limit } = request;
    await demandStanding(reach, identity);
    for (const { topic } of cursors) demandTopic(topics, identity, topic);
    const missed = await readMissed(reach, {
      tenant: identity.tenant,
      cursors,
      now,
      ...(origin && { reader: origin }),
      ...(limit !== undefined && { limit }),
    });
    return fillsReply({ type: 'notifications' }, 'topics', missed);
  },
);
