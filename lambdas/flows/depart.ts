import type { Notice } from '../../contract/protocol.ts';
import { ageInSeconds, sessionOf } from '../../rules/connection.ts';
import { note } from '../platform/log.ts';
import { measure } from '../platform/metrics.ts';
import type { Reaches } from '../platform/reach.ts';
import { transact } from '../platform/transact.ts';
import { getConnection, leaveConnection, putTombstone } from '../stores/connections.ts';
import { leaveSession } from '../stores/sessions.ts';

export type DepartReach = Reaches<{
  connections: 'get' | 'put' | 'update';
  sessions: 'update';
}>;

/**
 * Takes a connection out of everything, whichever door it leaves by: `$disconnect`, a 410, a
 * replacement, the sweep [S3-03]. Harmless when repeated, early or late; an early one leaves a tombstone that
 * a late bind fails on. Whether that was its session's last one shows in the table's stream, which a
 * crash here cannot lose. A notice waits in the session's row for its next connection.
 *
 * True when it was this call that took it out.
 */
export async function depart(
  reach: DepartReach,
  connectionId: string,
  now: number,
  notice?: Notice,
): Promise<boolean> {
  for (;;) {
    const row = await getConnection(reach, connectionId);
    if (row?.status === 'DISCONNECTED') return false;
    const session = row && sessionOf(row);
    if (row === undefined || session === undefined) {
      if (await putTombstone(reach, connectionId, now, row)) {
        if (row) note('connection.left', { connectionId });
        return row !== undefined;
      }
      continue; // It was written, bound or left between the read and the write: look again.
    }
    const outcome = await transact(reach, [
      leaveConnection(reach, connectionId, now),
      leaveSession(reach, session, connectionId, now, notice),
    ]);
    if (outcome.isDone) {
      note('connection.left', { connectionId, ...session });
      measure({ ConnectionDuration: ageInSeconds(row, now) });
      return true;
    }
    if (outcome.lost[1] && !outcome.lost[0]) {
      // Cannot be while rows are written by these flows alone: a bound connection has its session's row.
      throw new Error(`The session of connection ${connectionId} has no row.`);
    }
  }
}
