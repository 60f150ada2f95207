import { dropConnectionRequest } from '../../contract/internal.ts';
import { targetOf } from '../../contract/tables.ts';
import { audited } from '../flows/audited.ts';
import { dropConnection } from '../flows/drop-connection.ts';
import { internalEdge } from '../platform/internal-edge.ts';
import { openTables } from '../platform/reach.ts';
import { openSockets } from '../platform/sockets.ts';
import { getConnection } from '../stores/connections.ts';

const reach = { ...openTables('drop-connection'), sockets: openSockets('drop-connection') };

/** [S0-06] Out of its session, and closed. */
export const handler = internalEdge(
  'dropConnection',
  dropConnectionRequest,
  async ({ connectionId }, { act, now }) => {
    const before = await getConnection(reach, connectionId);
    return audited(
      reach,
      act(targetOf('connection', connectionId)),
      before && { ...before },
      () => dropConnection(reach, connectionId, now),
      ({ dropped }) => ({ dropped }),
    );
  },
);
