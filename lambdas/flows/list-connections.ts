import type {
  ConnectionList,
  ListedConnection,
  ManagerRequest,
} from '../../contract/connection-manager.ts';
import { INVOKE_ANSWER_BYTES } from '../../contract/limits.ts';
import { Refusal } from '../../contract/refusals.ts';
import type { ConnectionRow, USER_ID_INDEX } from '../../contract/tables.ts';
import type { AuditedCall } from '../../rules/audit.ts';
import { seconds } from '../../rules/connection.ts';
import type { Reaches } from '../platform/reach.ts';
import { connectionsOfUser, listConnections } from '../stores/connection-lists.ts';

/** [S2-01] [S2-10] The active connections of one user, on every device. */
export async function listOfUser(
  reach: Reaches<{ connections: 'batchGet' | `query ${typeof USER_ID_INDEX}` }>,
  { userId }: ManagerRequest<'get_user_connections'>,
  { now }: AuditedCall,
): Promise<ConnectionList> {
  const rows = await connectionsOfUser(reach, userId, 'CONNECTED', seconds(now));
  return { connections: rows.map(listed), count: rows.length };
}

/**
 * [S2-02] Everybody's active connections: every page of the table, or `limit` of them and where the rest
 * begins. Refuses `answer-too-large` where all of them would be more than an invocation answers: a list
 * is whole, or says that it is not.
 */
export async function listOfAll(
  reach: Reaches<{ connections: 'scan' }>,
  { limit = Number.POSITIVE_INFINITY, nextToken }: ManagerRequest<'get_all_connections'>,
  { now }: AuditedCall,
): Promise<ConnectionList> {
  const connections: ListedConnection[] = [];
  let bytes = ENVELOPE_BYTES;
  for await (const rows of listConnections(reach, 'CONNECTED', seconds(now), nextToken)) {
    for (const row of rows) {
      if (connections.length === limit) {
        const { connectionId = '' } = connections.at(-1) ?? {};
        return { connections, count: limit, nextToken: connectionId };
      }
      const connection = listed(row);
      connections.push(connection);
      bytes += Buffer.byteLength(JSON.stringify(connection)) + 1;
      if (bytes > INVOKE_ANSWER_BYTES) throw new Refusal('answer-too-large');
    }
  }
  return { connections, count: connections.length };
}

/** Room for what stands around the list. */
const ENVELOPE_BYTES = 1024;

const listed = ({ connectionId, userId, status, createdAt }: ConnectionRow): ListedConnection => ({
  connectionId,
  ...(userId !== undefined && { userId }),
  status,
  createdAt,
});
