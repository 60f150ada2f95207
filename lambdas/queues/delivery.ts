import { deliveryPage } from '../../contract/internal.ts';
import { deliverPage } from '../flows/deliver-page.ts';
import { openRoutes } from '../flows/routes.ts';
import { queueEdge } from '../platform/queue-edge.ts';
import { openTables } from '../platform/reach.ts';
import { openSockets } from '../platform/sockets.ts';

const reach = {
  ...openTables('delivery'),
  sockets: openSockets('delivery'),
  routes: openRoutes(),
};

/** [S1-07] One page of a large topic's recipients. */
export const handler = queueEdge('delivery', deliveryPage, (page, now) =>
  deliverPage(reach, page, now),
);
