import { readFrame } from '../../rules/message.ts';
import { answer } from '../flows/answer.ts';
import { sessionLimits, settings } from '../platform/environment.ts';
import { openVerifier } from '../platform/identity.ts';
import { openTables } from '../platform/reach.ts';
import { socketEdge } from '../platform/socket-edge.ts';
import { openSockets } from '../platform/sockets.ts';
import { openTopics } from '../platform/topics.ts';

const reach = {
  ...openTables('default'),
  sockets: openSockets('default'),
  verify: openVerifier(),
  door: settings.DOOR(),
  topics: openTopics(),
  limits: sessionLimits(),
  messageLimits: {
    perConnection: settings.MESSAGES_PER_CONNECTION(),
    perUser: settings.MESSAGES_PER_USER(),
  },
};

/** Every frame of a client. The answer is the return value; its status stays 200, or AWS would replace it. */
export const handler = socketEdge('$default', async ({ connectionId, now, body }) => {
  const text = await answer(reach, readFrame(body), { connectionId, now });
  return { statusCode: 200, ...(text !== undefined && { body: text }) };
});
