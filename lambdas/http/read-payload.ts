import { httpOperations } from '../../contract/http.ts';
import { Refusal } from '../../contract/refusals.ts';
import { topicKey } from '../../contract/tables.ts';
import { seconds } from '../../rules/connection.ts';
import { demandTopic } from '../../rules/topic-policy.ts';
import { httpEdge } from '../platform/http-edge.ts';
import { openTables } from '../platform/reach.ts';
import { getNotification, getPayload } from '../stores/notifications.ts';

const reach = openTables('read-payload');

/** What a message refers to. Its topic decides who may read it: the id must be one of that topic. */
export const handler = httpEdge(
  'readPayload',
  httpOperations.readPayload.request,
  async ({ identity, request: { topic, id }, now }) => {
    demandTopic(identity, topic);
    const { tenant } = identity;
    const row = await getNotification(reach, topicKey(tenant, topic), id);
    const isKept = row?.bytes !== undefined && row.ttl > seconds(now);
    const large = isKept ? await getPayload(reach, tenant, id) : undefined;
    if (large === undefined) throw new Refusal('not-found');
    return `{"payload":${large.payload}}`;
  },
);
