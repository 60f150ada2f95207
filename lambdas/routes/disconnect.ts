import { depart } from '../flows/depart.ts';
import { openTables } from '../platform/reach.ts';
import { socketEdge } from '../platform/socket-edge.ts';

const reach = openTables('disconnect');

/** [S3-03] A socket that was closed, by whomever; may come late, twice, early or never. */
export const handler = socketEdge('$disconnect', async ({ connectionId, now }) => {
  await depart(reach, connectionId, now);
  return { statusCode: 200 };
});
