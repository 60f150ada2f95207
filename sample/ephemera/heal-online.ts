import { paginateQuery, paginateScan } from '@aws-sdk/lib-dynamodb';
import { PLAYER_ITEM, type PlayerRow, playerOfKey } from '../../contract/tables.ts';
import { openPublisher } from '../../lambdas/flows/publisher.ts';
import { otherTableName, tableNameOf } from '../../lambdas/platform/environment.ts';
import { log } from '../../lambdas/platform/log.ts';
import { corrections } from './healing.ts';
import { record } from './record.ts';
import { ONLINE_TABLE_VARIABLE, type OnlineRow } from './rows.ts';

const publisher = openPublisher();
const client = publisher.documents;
const TableName = otherTableName(ONLINE_TABLE_VARIABLE);
const sessionsTable = tableNameOf('sessions');

/**
 * [S0-12] Sets right what events could not: those from before this stack was there, and those that
 * lie in a dead-letter queue. By the hour, or whenever somebody invokes it.
 */
export const handler = async (): Promise<{ readonly players: number; readonly healed: number }> => {
  const report = { players: 0, healed: 0 };
  for await (const player of publishedPlayers()) {
    const now = Date.now();
    for (const row of corrections(player, await knownOf(player), now)) {
      if (await record(publisher, TableName, row, now)) report.healed += 1;
    }
    report.players += 1;
  }
  log('online.healed', report);
  return report;
};

async function* publishedPlayers(): AsyncGenerator<PlayerRow> {
  const pages = paginateScan(
    { client },
    {
      TableName: sessionsTable,
      ConsistentRead: true,
      FilterExpression: '#item = :player',
      ExpressionAttributeNames: { '#item': 'item' },
      ExpressionAttributeValues: { ':player': PLAYER_ITEM },
    },
  );
  for await (const { Items } of pages) yield* (Items ?? []) as PlayerRow[];
}

async function knownOf({ player: key }: PlayerRow): Promise<OnlineRow[]> {
  const { tenant, userId: player } = playerOfKey(key);
  const rows: OnlineRow[] = [];
  const pages = paginateQuery(
    { client },
    {
      TableName,
      ConsistentRead: true,
      KeyConditionExpression: 'tenant = :tenant AND begins_with(who, :player)',
      FilterExpression: 'player = :player',
      ExpressionAttributeValues: { ':tenant': tenant, ':player': player },
    },
  );
  for await (const { Items } of pages) rows.push(...((Items ?? []) as OnlineRow[]));
  return rows;
}
