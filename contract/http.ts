/** The HTTP operations of Switchboard itself: path, request, who may call. The sample store has its own. */

import * as z from 'zod/mini';
import { readNotifications } from './protocol.ts';

/** [S1-06] Names the caller's own session, so that what it causes is not sent back to it. */
export const SESSION_HEADER = 'SessionId';
/** Needed only by a user of several tenants. */
export const TENANT_HEADER = 'X-Tenant';

export const httpOperations = {
  /** [S1-04] The same answer as over the socket, for clients that would rather fetch. */
  readNotifications: {
    method: 'POST',
    path: '/readNotifications',
    function: 'read-notifications',
    request: z.omit(readNotifications, { action: true, id: true }),
  },
} as const;
