import { type CheckSessionAnswer, checkSessionRequest } from '../../contract/internal.ts';
import { DEFAULT_TENANT } from '../../contract/names.ts';
import { probeSession } from '../flows/probe-session.ts';
import { settings } from '../platform/environment.ts';
import { internalEdge } from '../platform/internal-edge.ts';
import { openTables } from '../platform/reach.ts';
import { openSockets } from '../platform/sockets.ts';

const reach = { ...openTables('check-session'), sockets: openSockets('check-session') };
const graceSeconds = settings.GRACE_SECONDS();
const retentionSeconds = settings.RETENTION_SECONDS();

/** [S0-07] Is anybody there? If nobody has been for the grace time, the session ends. */
export const handler = internalEdge(
  'checkSession',
  checkSessionRequest,
  ({ tenant = DEFAULT_TENANT, userId, sessionId }, { now }): Promise<CheckSessionAnswer> =>
    probeSession(reach, { tenant, userId, sessionId }, { graceSeconds, retentionSeconds, now }),
);
