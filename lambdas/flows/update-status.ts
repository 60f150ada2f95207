import type { ManagerRequest } from '../../contract/connection-manager.ts';
import { Refusal } from '../../contract/refusals.ts';
import { type ConnectionRow, targetOf } from '../../contract/tables.ts';
import type { AuditedCall } from '../../rules/audit.ts';
import { stepBetween } from '../../rules/connection-states.ts';
import { getConnection, markStale, touchConnection } from '../stores/connections.ts';
import { type AuditReach, audited } from './audited.ts';
import { type EvictReach, evict } from './evict.ts';

export type UpdateStatusReach = EvictReach & AuditReach;

/**
 * Brings a connection into another state, as whatever happens to connections would: never by writing the
 * status alone [S2-03]. To be DISCONNECTED it leaves its session and its socket is closed, also when it
 * had left before. Answers the row as it is then.
 *
 * Refuses `not-found`, `transition-illegal`, and `busy` where the gateway does not close the socket.
 */
export async function updateStatus(
  reach: UpdateStatusReach,
  request: ManagerRequest<'update_connection_status'>,
  { act, now }: AuditedCall,
): Promise<ConnectionRow> {
  const { connectionId } = request;
  const before = await getConnection(reach, connectionId);
  return audited(
    reach,
    act(targetOf('connection', connectionId)),
    before && { ...before },
    () => takeSteps(reach, request, now, before),
    (row) => ({ ...row }),
  );
}

async function takeSteps(
  reach: UpdateStatusReach,
  { connectionId, status }: ManagerRequest<'update_connection_status'>,
  now: number,
  before: ConnectionRow | undefined,
): Promise<ConnectionRow> {
  for (let row = before; ; row = await getConnection(reach, connectionId)) {
    if (row === undefined) throw new Refusal('not-found');
    const step = stepBetween(row.status, status);
    if (step === undefined) {
      throw new Refusal('transition-illegal', `It is ${row.status}, and was to be ${status}.`);
    }
    if (status === 'DISCONNECTED') return closed(reach, row, now);
    if (step === 'stay') return row;
    if (step === 'hear') await touchConnection(reach, connectionId, now);
    if (step === 'miss') await markStale(reach, connectionId);
    // Whoever was quicker may have brought it elsewhere: look where it stands.
  }
}

async function closed(
  reach: UpdateStatusReach,
  row: ConnectionRow,
  now: number,
): Promise<ConnectionRow> {
  const { connectionId } = row;
  if ((await evict(reach, connectionId, now)) === 'stays') {
    throw new Refusal('busy', `The gateway did not close ${connectionId}.`);
  }
  return (await getConnection(reach, connectionId)) ?? row;
}
