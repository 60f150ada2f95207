import { SUB_PROTOCOL } from '../../contract/names.ts';
import { admissionOf, admissionOfSigner } from '../../rules/admission.ts';
import { newConnection } from '../../rules/connection.ts';
import { admitSocket } from '../flows/admit-socket.ts';
import { authenticate } from '../flows/authenticate.ts';
import { openCallers } from '../platform/callers.ts';
import { connectEdge } from '../platform/connect-edge.ts';
import { doorSettings, sessionLimits, settings } from '../platform/environment.ts';
import { note } from '../platform/log.ts';
import { measure } from '../platform/metrics.ts';
import { openTables } from '../platform/reach.ts';
import { openSockets } from '../platform/sockets.ts';
import { openTopics } from '../platform/topics.ts';
import { putConnection } from '../stores/connections.ts';

const reach = {
  ...openTables('enter'),
  sockets: openSockets('enter'),
  topics: openTopics(),
  demandCaller: openCallers(),
  connectsPerAddress: doorSettings.CONNECTS_PER_ADDRESS(),
};
const limits = sessionLimits();
const door = settings.DOOR();
/** Browsers give up a socket whose server names none of the sub-protocols that they offered. */
const named = door === 'sub-protocol' && {
  headers: { 'Sec-WebSocket-Protocol': SUB_PROTOCOL },
};

/**
 * [S3-01] `$connect` behind a door that knows who comes: the connection is one of their session before its
 * socket is open.
 */
export const handler = connectEdge(
  async ({ connectionId, now, caller, signer, query, authorizer }) => {
    await admitSocket(reach, caller, now);
    const { sessionId, replaces, accepts, ...identity } =
      door === 'iam' ? admissionOfSigner(signer, query, now) : admissionOf(authorizer);
    const isNew = await putConnection(reach, newConnection(connectionId, 'PENDING', now));
    if (!isNew) {
      measure({ ConnectionErrors: 1 });
      return { statusCode: 503 };
    }
    note('connection.opened', { connectionId });
    // A notice stays for a reply to tell it: nothing can be sent from here.
    const { session } = await authenticate(reach, identity, {
      connectionId,
      sessionId,
      now,
      limits,
      ...(replaces !== undefined && { replaces }),
      ...(accepts && { accepts }),
    });
    const { tenant, userId } = identity;
    note('session.bound', { tenant, userId, sessionId, connectionId, session });
    return { statusCode: 200, ...named };
  },
);
