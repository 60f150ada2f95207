import { revokeRequest } from '../../contract/internal.ts';
import { revoke } from '../flows/revoke.ts';
import { settings } from '../platform/environment.ts';
import { internalEdge } from '../platform/internal-edge.ts';
import { openTables } from '../platform/reach.ts';
import { openSockets } from '../platform/sockets.ts';
import { openUsers } from '../platform/users.ts';

const reach = {
  ...openTables('revoke'),
  sockets: openSockets('revoke'),
  users: openUsers('revoke'),
  retentionSeconds: settings.RETENTION_SECONDS(),
};

/** [S3-05] Out at once, and not in again by any token that was issued until now. */
export const handler = internalEdge('revoke', revokeRequest, (request, call) =>
  revoke(reach, request, call, Date.now),
);
