import { dropConnectionRequest } from '../../contract/internal.ts';
import { dropConnection } from '../flows/drop-connection.ts';
import { internalEdge } from '../platform/internal-edge.ts';
import { openTables } from '../platform/reach.ts';
import { openSockets } from '../platform/sockets.ts';

const reach = { ...openTables('drop-connection'), sockets: openSockets('drop-connection') };

/** [S0-06] Out of its session, and closed. */
export const handler = internalEdge(
  'dropConnection',
  dropConnectionRequest,
  ({ connectionId }, now) => dropConnection(reach, connectionId, now),
);
