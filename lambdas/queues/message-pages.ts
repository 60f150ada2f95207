import { directMessagePage } from '../../contract/internal.ts';
import { DIRECT_MESSAGE_PAGE_POST_MS } from '../../contract/limits.ts';
import { postMessagePage } from '../flows/post-message-page.ts';
import { queueEdge } from '../platform/queue-edge.ts';
import { openTables } from '../platform/reach.ts';
import { openSockets } from '../platform/sockets.ts';

const reach = { ...openTables('message-pages'), sockets: openSockets('message-pages') };

/** [S3-02] One page of a direct message's recipients. */
export const handler = queueEdge('message-pages', directMessagePage, (page, now) =>
  postMessagePage(reach, page, { now: Date.now, until: now + DIRECT_MESSAGE_PAGE_POST_MS }),
);
