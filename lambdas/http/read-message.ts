import { httpOperations } from '../../contract/http.ts';
import { readMessage } from '../flows/read-message.ts';
import { demandStanding } from '../flows/standing.ts';
import { httpEdge } from '../platform/http-edge.ts';
import { openTables } from '../platform/reach.ts';

const reach = openTables('read-message');

/** [S3-02] How far a message has come that the caller sent. */
export const handler = httpEdge(
  'readMessage',
  httpOperations.readMessage.request,
  async ({ identity, path: { messageId = '' }, now }) => {
    await demandStanding(reach, identity);
    return readMessage(reach, identity, messageId, now);
  },
);
