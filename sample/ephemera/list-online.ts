import { paginateQuery } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { otherTableName } from '../../lambdas/platform/environment.ts';
import { httpEdge } from '../../lambdas/platform/http-edge.ts';
import { openDocuments } from '../../lambdas/platform/reach.ts';
import type { OnlineAnswer } from './operations.ts';
import { ONLINE_TABLE_VARIABLE, type OnlineRow } from './rows.ts';

const client = openDocuments();
const TableName = otherTableName(ONLINE_TABLE_VARIABLE);
const noBody = z.object({});

/** [S0-08] Who of the caller's tenant is online [S1-13], with the sessions of each [S2-10]. */
export const handler = httpEdge('listOnline', noBody, async ({ identity }) => {
  const rows: OnlineRow[] = [];
  const pages = paginateQuery(
    { client },
    {
      TableName,
      // A change from just before a page subscribed must be in this list, since no message will bring it.
      ConsistentRead: true,
      KeyConditionExpression: 'tenant = :tenant',
      FilterExpression: 'isOnline = :online',
      ExpressionAttributeValues: { ':tenant': identity.tenant, ':online': true },
    },
  );
  for await (const { Items } of pages) rows.push(...((Items ?? []) as OnlineRow[]));
  return { players: playersOf(rows) } satisfies OnlineAnswer;
});

function playersOf(rows: readonly OnlineRow[]): OnlineAnswer['players'] {
  const sessions = Map.groupBy(rows.filter(isOfSession), ({ player }) => player);
  return rows
    .filter((row) => !isOfSession(row))
    .map(({ player, since }) => ({
      player,
      since,
      sessions: (sessions.get(player) ?? [])
        .map((row) => ({ sessionId: row.sessionId, since: row.since }))
        .sort((a, b) => a.since.localeCompare(b.since)),
    }));
}

const isOfSession = (row: OnlineRow): row is OnlineRow & { sessionId: string } =>
  row.sessionId !== undefined;
