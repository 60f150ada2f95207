import { manageConnections } from '../flows/manage-connections.ts';
import { openJournal } from '../platform/journal.ts';
import { managerEdge } from '../platform/manager-edge.ts';
import { openTables } from '../platform/reach.ts';
import { openSockets } from '../platform/sockets.ts';

const reach = {
  ...openTables('connection-manager'),
  sockets: openSockets('connection-manager'),
  journal: openJournal(),
};

/** [S2] Administration: who is connected, and what becomes of them. For IAM principals, and every hour. */
export const handler = managerEdge((payload, call) => manageConnections(reach, payload, call));
