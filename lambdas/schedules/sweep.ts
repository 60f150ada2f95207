import { sweep } from '../flows/sweep.ts';
import { settings } from '../platform/environment.ts';
import { log, logDefect } from '../platform/log.ts';
import { measure } from '../platform/metrics.ts';
import { openTables } from '../platform/reach.ts';
import { openSockets } from '../platform/sockets.ts';

const reach = { ...openTables('sweep'), sockets: openSockets('sweep') };
const graceSeconds = settings.GRACE_SECONDS();
const retentionSeconds = settings.RETENTION_SECONDS();

/** Every minute. A late one still has the turn of its own minute. */
export const handler = async ({ time }: { readonly time?: string } = {}): Promise<void> => {
  try {
    const now = Date.now();
    const scheduled = Date.parse(time ?? '') || now;
    const report = await sweep(reach, { graceSeconds, retentionSeconds, now, scheduled });
    log('sweep.done', { ...report });
    const { rowsWithoutSocket, socketsWithoutRow } = report.drift;
    measure({
      ActiveConnections: report.active,
      RowsWithoutSocket: rowsWithoutSocket,
      SocketsWithoutRow: socketsWithoutRow,
    });
  } catch (fault) {
    logDefect('sweep.failed', fault);
    throw fault;
  }
};
