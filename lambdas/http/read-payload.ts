import { httpOperations } from '../../contract/http.ts';
import { Refusal } from '../../contract/refusals.ts';
import { topicKey } from '../../contract/tables.ts';
import { seconds } from '../../rules/connection.ts';
import { demandTopic } from '../../rules/topic-policy.ts';
import { demandStanding } from '../flows/standing.ts';
import { httpEdge } from '../platform/http-edge.ts';
import { openTables } from '../platform/reach.ts';
import { openTopics } from '../platform/topics.ts';
import { getNotification, getPayload } from '../stores/notifications.ts';

const reach = openTables('read-payload');
const topics = openTopics();

/** What a message refers to. Its topic decides who may read it: the id must be one of that topic. */
export const handler = httpEdge(
  'readPayload',
  httpOperations.readPayload.request,
  async ({ identity, request: { topic, id }, now }) => {
    await demandStanding(reach, identity);
    demandTopic(topics, identity, topic);
    const { tenant } = identity;
    const row = await getNotification(reach, topicKey(tenant, topic), id);
    const isKept = row?.bytes !== undefined && row.ttl > seconds(now);
    const large = isKept ? await getPayload(reach, tenant, id) : undefined;
    if (large === undefined) throw new Refusal('not-found');
    return `{"payload":${large.payload}}`;
  },
);
