import { parkedBatchMessage } from '../../contract/internal.ts';
import { redrive } from '../flows/redrive.ts';
import { openRoutes } from '../flows/routes.ts';
import { queueEdge } from '../platform/queue-edge.ts';
import { openTables } from '../platform/reach.ts';
import { openSockets } from '../platform/sockets.ts';

const reach = {
  ...openTables('redrive'),
  sockets: openSockets('redrive'),
  routes: openRoutes(),
};

/** A batch of new notifications was given up on. It comes without its content: the rows tell. */
export const handler = queueEdge('parked-notifications', parkedBatchMessage, (_, now) =>
  redrive(reach, now),
);
