import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { BroadcastRow } from '../../contract/tables.ts';
import type { Reaches } from '../platform/reach.ts';
import { conditional, ex, holds } from './expression.ts';

type Reach<Rights extends 'get' | 'put'> = Reaches<{ broadcasts: Rights }>;

/** False when it has begun already. */
export const beginBroadcast = (reach: Reach<'put'>, row: BroadcastRow): Promise<boolean> =>
  holds(() =>
    reach.documents.send(
      new PutCommand({
        TableName: reach.tables.broadcasts.name,
        Item: row,
        ...conditional(ex`attribute_not_exists(#broadcast)`),
      }),
    ),
  );

/** Notes how far it got since `was`; false when another try has noted something meanwhile. */
export const advanceBroadcast = (
  reach: Reach<'put'>,
  was: BroadcastRow,
  row: BroadcastRow,
): Promise<boolean> =>
  holds(() =>
    reach.documents.send(
      new PutCommand({
        TableName: reach.tables.broadcasts.name,
        Item: row,
        ...conditional(ex`#version = ${was.version}`),
      }),
    ),
  );

export async function getBroadcast(
  reach: Reach<'get'>,
  broadcast: string,
): Promise<BroadcastRow | undefined> {
  const { Item } = await reach.documents.send(
    new GetCommand({
      TableName: reach.tables.broadcasts.name,
      Key: { broadcast },
      ConsistentRead: true,
    }),
  );
  return Item as BroadcastRow | undefined;
}
