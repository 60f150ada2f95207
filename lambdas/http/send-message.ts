import { httpOperations } from '../../contract/http.ts';
import {
  DIRECT_MESSAGE_BODY_BYTES,
  DIRECT_MESSAGE_POST_MS,
  RECIPIENTS_PER_PAGE,
} from '../../contract/limits.ts';
import { sendMessage } from '../flows/send-message.ts';
import { demandStanding } from '../flows/standing.ts';
import { httpEdge } from '../platform/http-edge.ts';
import { openQueues } from '../platform/queues.ts';
import { openTables } from '../platform/reach.ts';
import { openSockets } from '../platform/sockets.ts';
import { openTopics } from '../platform/topics.ts';

const reach = {
  ...openTables('send-message'),
  sockets: openSockets('send-message'),
  queues: openQueues('send-message'),
  recipientsPerPage: RECIPIENTS_PER_PAGE,
  topics: openTopics(),
};

/** [S3-02] To the connections that the criteria mean. */
export const handler = httpEdge(
  'sendMessage',
  httpOperations.sendMessage.request,
  async (call) => {
    const until = Date.now() + DIRECT_MESSAGE_POST_MS;
    await demandStanding(reach, call.identity);
    return sendMessage(reach, call, { now: Date.now, until });
  },
  {
    statusOf: ({ state }) => (state === 'done' ? 200 : 202),
    bodyBytes: DIRECT_MESSAGE_BODY_BYTES,
  },
);
